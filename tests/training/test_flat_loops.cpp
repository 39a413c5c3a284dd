// SPDX-License-Identifier: GPL-3.0-or-later
// The loops over flat numbers against the same arithmetic written out, to the last bit: vectors change none.
#include "support/test_program.h"
#include "training/flat_loops.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace test_flat_loops {

using namespace feedline;

namespace {

std::vector<float> numbers(std::int64_t count, double turn) {
  std::vector<float> all;
  for (std::int64_t i = 0; i < count; ++i)
    all.push_back(static_cast<float>(std::sin(turn + 0.37 * static_cast<double>(i))));
  return all;
}

}  // namespace

class TestFlatLoops : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void sums_data();
  void sums();
  void what_is_no_number_stays_none();
  void averages_data();
  void averages();
};

void TestFlatLoops::sums_data() {
  QTest::addColumn<int>("count");
  QTest::addColumn<int>("replicas");
  QTest::addColumn<double>("scale");
  QTest::addColumn<double>("clip_value");
  // Whole blocks, a part of one, and a rest that fills no vector.
  for (const int count : {16, 1024, 2048 + 48, 1024 + 21, 5})
    for (const int replicas : {1, 2, 3})
      for (const double scale : {1.0, 0.3})
        for (const double clip_value : {0.0, 0.5})
          QTest::addRow("%d of %d, scale %g, clip %g", count, replicas, scale, clip_value)
              << count << replicas << scale << clip_value;
}
void TestFlatLoops::sums() {
  QFETCH(int, count);
  QFETCH(int, replicas);
  QFETCH(double, scale);
  QFETCH(double, clip_value);
  std::vector<std::vector<float>> gradients;
  for (int i = 0; i < replicas; ++i) gradients.push_back(numbers(count, i));
  std::vector<float> wanted = gradients.front();
  double squares = 0;
  for (int i = 0; i < count; ++i) {
    float& sum = wanted[static_cast<std::size_t>(i)];
    for (int r = 1; r < replicas; ++r) sum += gradients[static_cast<std::size_t>(r)][static_cast<std::size_t>(i)];
    if (scale != 1) sum *= static_cast<float>(scale);
    if (clip_value > 0) sum = std::clamp(sum, -static_cast<float>(clip_value), static_cast<float>(clip_value));
    squares += static_cast<double>(sum) * static_cast<double>(sum);
  }
  const GradientSum how{.scale = scale, .clip_value = clip_value};
  for (const bool measures : {false, true}) {
    std::vector<std::vector<float>> own = gradients;
    std::vector<float*> places;
    for (std::vector<float>& one : own) places.push_back(one.data());
    if (measures) {
      const double found = sum_and_measure(places, count, how);
      QVERIFY2(std::abs(found - squares) <= 1e-6 * squares, qPrintable(QString::number(found / squares - 1)));
    } else {
      sum_gradients(places, count, how);
    }
    QVERIFY(own.front() == wanted);
    for (int r = 1; r < replicas; ++r)
      QVERIFY(own[static_cast<std::size_t>(r)] == std::vector<float>(static_cast<std::size_t>(count), 0.0F));
  }
}

/// As clamp_ leaves it: who looks at the norm or the loss afterwards sees it.
void TestFlatLoops::what_is_no_number_stays_none() {
  for (const std::size_t at : {std::size_t{3}, std::size_t{33}}) {  // in a vector, and behind the last one
    std::vector<float> gradient(34, 0.25F);
    gradient[at] = std::numeric_limits<float>::quiet_NaN();
    gradient[at - 1] = -std::numeric_limits<float>::infinity();
    float* const place = gradient.data();
    const double squares = sum_and_measure({&place, 1}, 34, {.clip_value = 0.5});
    QVERIFY(std::isnan(squares) && std::isnan(gradient[at]));
    QCOMPARE(gradient[at - 1], -0.5F);
    QCOMPARE(gradient[0], 0.25F);
  }
}

void TestFlatLoops::averages_data() {
  QTest::addColumn<double>("weight");
  QTest::newRow("slow") << 0.01;
  QTest::newRow("half") << 0.5;
  QTest::newRow("fast") << 0.9;
}
void TestFlatLoops::averages() {
  QFETCH(double, weight);
  const std::vector<float> to = numbers(1024 + 13, 1);
  const auto share = static_cast<float>(weight);
  std::vector<float> average = numbers(1024 + 13, 2);
  std::vector<float> wanted = average;
  for (std::size_t i = 0; i < to.size(); ++i) {
    const float apart = to[i] - wanted[i];
    wanted[i] = share < 0.5F ? wanted[i] + share * apart : to[i] - apart * (1 - share);
  }
  move_average(average.data(), to.data(), static_cast<std::int64_t>(to.size()), weight);
  scale_numbers(average.data(), static_cast<std::int64_t>(to.size()), 0.7F);
  for (std::size_t i = 0; i < to.size(); ++i) {
#if defined(__x86_64__)
    QVERIFY(average[i] == wanted[i] * 0.7F);
#else  // where the compiler may contract
    QVERIFY(std::abs(average[i] - wanted[i] * 0.7F) <= 1e-6F);
#endif
  }
}

FEEDLINE_TEST(TestFlatLoops)

}  // namespace test_flat_loops

#include "test_flat_loops.moc"
