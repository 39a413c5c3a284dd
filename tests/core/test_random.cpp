// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/random.h"
#include "support/test_program.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

namespace test_random {

using namespace feedline;

class TestRandom : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  // Known answers of Random123 (kat_vectors, philox4x32 10).
  void philoxKnownAnswers() {
    using Words = std::array<std::uint32_t, 4>;
    QCOMPARE(philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    QCOMPARE(philox({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    QCOMPARE(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
             (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
  }

  void everyKeyHasItsOwnStream() {
    std::set<std::vector<std::uint32_t>> streams;
    int made = 0;
    for (const std::uint64_t seed : {0ULL, 1ULL, 2ULL, 1ULL << 31})
      for (const std::uint32_t epoch : {1U, 2U, 3U})
        for (const std::uint64_t record : {0ULL, 1ULL, 2ULL, 1ULL << 33})
          for (const std::uint32_t node : {0U, 1U, 2U, 3U}) {
            Rng rng(seed, epoch, record, node);
            std::vector<std::uint32_t> words(6);
            std::generate(words.begin(), words.end(), [&] { return rng.bits(); });
            streams.insert(words);
            ++made;
          }
    QCOMPARE(streams.size(), static_cast<std::size_t>(made));
  }

  void sameKeySameStream() {
    Rng a(3, 1, 99, 4);
    Rng b(3, 1, 99, 4);
    for (int i = 0; i < 100; ++i) QCOMPARE(a.bits(), b.bits());
  }

  /// Draws of neighbouring records and nodes must not move together.
  void neighboursAreIndependent_data() {
    QTest::addColumn<int>("record");
    QTest::addColumn<int>("epoch");
    QTest::addColumn<int>("node");
    QTest::newRow("record") << 1 << 0 << 0;
    QTest::newRow("epoch") << 0 << 1 << 0;
    QTest::newRow("node") << 0 << 0 << 1;
  }
  void neighboursAreIndependent() {
    QFETCH(int, record);
    QFETCH(int, epoch);
    QFETCH(int, node);
    double sum = 0;
    constexpr int kCount = 20'000;
    for (int i = 0; i < kCount; ++i) {
      Rng a(7, 5, static_cast<std::uint64_t>(i), 2);
      Rng b(7, 5U + static_cast<unsigned>(epoch), static_cast<std::uint64_t>(i + record),
            2U + static_cast<unsigned>(node));
      sum += (a.uniform() - 0.5) * (b.uniform() - 0.5) * 12;
    }
    QVERIFY(std::abs(sum / kCount) < 5 / std::sqrt(kCount));
  }

  void distributions() {
    Rng rng(1, 1, 1, 1);
    constexpr int kCount = 100'000;
    double uniform = 0;
    double normal = 0;
    double square = 0;
    std::array<int, 7> below{};
    for (int i = 0; i < kCount; ++i) {
      const double u = rng.uniform(-2, 4);
      QVERIFY(u >= -2 && u < 4);
      uniform += u;
      const double n = rng.normal();
      QVERIFY(std::isfinite(n));
      normal += n;
      square += n * n;
      ++below.at(rng.below(7));
    }
    QVERIFY(std::abs(uniform / kCount - 1) < 0.03);
    QVERIFY(std::abs(normal / kCount) < 0.02);
    QVERIFY(std::abs(square / kCount - 1) < 0.03);
    for (const int count : below) QVERIFY(std::abs(count - kCount / 7) < 600);
  }

  void chanceHasItsLimits() {
    Rng rng(1, 1, 1, 1);
    for (int i = 0; i < 1000; ++i) {
      QVERIFY(!rng.chance(0));
      QVERIFY(rng.chance(1));
    }
  }

  void permutationIsBijective() {
    std::vector<std::uint64_t> sizes(70);
    for (std::uint64_t i = 0; i < sizes.size(); ++i) sizes[i] = i + 1;
    for (const std::uint64_t more : {127, 128, 129, 255, 256, 257, 1000, 4095, 4096, 4097, 65'537})
      sizes.push_back(more);
    for (const std::uint64_t size : sizes) {
      const Permutation permute(size, 12345, 3);
      std::vector<bool> seen(size, false);
      for (std::uint64_t i = 0; i < size; ++i) {
        const std::uint64_t to = permute(i);
        QVERIFY(to < size);
        QVERIFY2(!seen[to], qPrintable(QString("size %1").arg(size)));
        seen[to] = true;
      }
    }
  }

  void aRememberedPermutationIsTheSame() {
    RememberedPermutation remembered;
    for (const std::uint64_t size : {1, 2, 3, 100, 65'537, 100'000'000})
      for (const std::uint32_t stream : {3U, 4U}) {
        const Permutation permute(size, 12345, stream);
        for (std::uint64_t i = 0; i < std::min<std::uint64_t>(size, 3000); ++i)
          QCOMPARE(remembered.at(permute, size - 1 - i), permute(size - 1 - i));
        std::vector<std::uint64_t> many(std::min<std::uint64_t>(size, 3000));
        std::iota(many.begin(), many.end(), std::uint64_t{0});
        remembered.replace(permute, many);
        for (std::uint64_t i = 0; i < many.size(); ++i) QCOMPARE(many[i], permute(i));
      }
  }

  void permutationOfHugeSets() {
    const std::uint64_t size = (std::uint64_t{1} << 40) + 3;
    const Permutation permute(size, 1, 1);
    std::set<std::uint64_t> seen;
    for (std::uint64_t i = 0; i < 2000; ++i) {
      QVERIFY(permute(size - 1 - i) < size);
      seen.insert(permute(size - 1 - i));
    }
    QCOMPARE(seen.size(), 2000U);
  }

  void permutationShuffles() {
    constexpr std::uint64_t kSize = 10'000;
    const Permutation first(kSize, 1, 1);
    const Permutation other_epoch(kSize, 1, 2);
    const Permutation other_seed(kSize, 2, 1);
    int fixed = 0;
    int same_epoch = 0;
    int same_seed = 0;
    int neighbours = 0;
    for (std::uint64_t i = 0; i < kSize; ++i) {
      fixed += first(i) == i ? 1 : 0;
      same_epoch += first(i) == other_epoch(i) ? 1 : 0;
      same_seed += first(i) == other_seed(i) ? 1 : 0;
      neighbours += i > 0 && first(i) == first(i - 1) + 1 ? 1 : 0;
    }
    for (const int count : {fixed, same_epoch, same_seed, neighbours}) QVERIFY(count < 12);  // 1 is expected of each
  }
};

FEEDLINE_TEST(TestRandom)

}  // namespace test_random

#include "test_random.moc"
