// SPDX-License-Identifier: GPL-3.0-or-later
// Masks of dropout: their share, and their bytes, which are those of every machine.
#include "nodes/model/random_mask.h"
#include "support/test_program.h"

#include <QByteArray>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace test_random_mask {

using namespace feedline;

namespace {

std::vector<float> mask_of(std::size_t count, double keep, std::uint64_t seed) {
  std::vector<float> mask(count, -1);
  fill_kept(mask, keep, seed);
  return mask;
}

double share_of(const std::vector<float>& mask) {
  return static_cast<double>(mask.size() - static_cast<std::size_t>(std::count(mask.begin(), mask.end(), 0.0F))) /
         static_cast<double>(mask.size());
}

}  // namespace

class TestRandomMask : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void keeps_its_share_data() {
    QTest::addColumn<double>("keep");
    for (const double keep : {0.01, 0.3, 0.5, 0.9, 0.999}) QTest::addRow("%g", keep) << keep;
  }
  void keeps_its_share() {
    QFETCH(double, keep);
    constexpr std::size_t kCount = 400'000;
    const std::vector<float> mask = mask_of(kCount, keep, 5);
    const double deviation = std::sqrt(keep * (1 - keep) / static_cast<double>(kCount));
    QVERIFY2(std::abs(share_of(mask) - keep) < 4 * deviation, QByteArray::number(share_of(mask)));
    for (const float value : mask) QVERIFY(value == 0 || value == static_cast<float>(1 / keep));
    // Neighbours, and numbers a step of all generators apart, know nothing of each other.
    for (const std::size_t apart : {1U, 8U, 16U}) {
      std::size_t both = 0;
      for (std::size_t i = apart; i < kCount; ++i) both += mask[i] != 0 && mask[i - apart] != 0 ? 1 : 0;
      const double share = static_cast<double>(both) / static_cast<double>(kCount - apart);
      QVERIFY(std::abs(share - keep * keep) < 6 * deviation);
    }
  }

  /// With the instructions of this machine and without: written down once.
  void bytes_follow_the_seed() {
    QByteArray drawn;
    for (const float value : mask_of(37, 0.5, 1)) drawn += value > 0 ? '1' : '0';
    QCOMPARE(drawn, QByteArray("0101110000101111111010111111111011011"));
    const std::vector<float> longer = mask_of(100, 0.5, 1);
    for (qsizetype i = 0; i < drawn.size(); ++i) QCOMPARE(longer[static_cast<std::size_t>(i)] > 0, drawn[i] == '1');
    QVERIFY(mask_of(1000, 0.5, 1) != mask_of(1000, 0.5, 2));
    QVERIFY(mask_of(1000, 0.5, 0) != mask_of(1000, 0.5, ~std::uint64_t{0}));
    QVERIFY(mask_of(0, 0.5, 1).empty());
  }
};

FEEDLINE_TEST(TestRandomMask)

}  // namespace test_random_mask

#include "test_random_mask.moc"
