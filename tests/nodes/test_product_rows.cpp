// SPDX-License-Identifier: GPL-3.0-or-later
// Rows that are mostly zeros are multiplied as dense ones are, and the learners find the same with them.
#include "base/random.h"
#include "nodes/estimator/dual_svm.h"
#include "nodes/estimator/fit_pace.h"
#include "nodes/estimator/product_rows.h"
#include "support/learner_fits.h"
#include "support/test_program.h"

#include <QTest>

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace test_product_rows {

using namespace feedline;
using namespace feedline::test;

namespace {

/// One in `every` numbers is not 0; a row of zeros among them.
std::vector<float> some_rows(std::size_t rows, std::size_t columns, std::uint32_t every) {
  std::vector<float> numbers(rows * columns, 0);
  Rng rng(1, 2, 3, 4);
  for (std::size_t i = columns; i < numbers.size(); ++i)
    if (rng.below(every) == 0) numbers[i] = static_cast<float>(rng.below(200)) / 100 - 1;
  return numbers;
}

}  // namespace

class TestProductRows : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void multiply_as_dense_rows_do_data() {
    QTest::addColumn<std::size_t>("columns");
    QTest::addColumn<std::uint32_t>("every");
    QTest::addColumn<bool>("sparse");
    QTest::newRow("mostly zeros") << std::size_t{100} << 10U << true;
    QTest::newRow("an odd number of them") << std::size_t{33} << 5U << true;
    QTest::newRow("half of them") << std::size_t{100} << 2U << false;
    QTest::newRow("too narrow") << std::size_t{7} << 10U << false;
  }
  void multiply_as_dense_rows_do() {
    QFETCH(std::size_t, columns);
    QFETCH(std::uint32_t, every);
    QFETCH(bool, sparse);
    constexpr std::size_t kRows = 40;
    const std::vector<float> numbers = some_rows(kRows, columns, every);
    PatientControl control;
    FitPace pace(control, 1);
    const auto made = ProductRows::of(numbers, columns, pace);
    QVERIFY(made);
    const ProductRows& rows = *made;
    QCOMPARE(rows.sparse(), sparse);
    QCOMPARE(rows.count(), kRows);
    std::vector<double> weights(columns);
    for (std::size_t i = 0; i < columns; ++i) weights[i] = std::sin(static_cast<double>(i));
    for (std::size_t row = 0; row < kRows; ++row) {
      double sum = 0;
      double squares = 0;
      std::vector<double> added = weights;
      std::vector<double> expected = weights;
      for (std::size_t i = 0; i < columns; ++i) {
        const auto number = static_cast<double>(numbers[row * columns + i]);
        sum += number * weights[i];
        squares += number * number;
        expected[i] += 0.5 * number;
      }
      rows.fetch(row);
      rows.add_scaled(0.5, row, added.data());
      QVERIFY(std::abs(rows.weighted_sum(row, weights.data()) - sum) < 1e-12);
      QVERIFY(std::abs(rows.squares(row) - squares) < 1e-12);
      for (std::size_t i = 0; i < columns; ++i) QVERIFY(std::abs(added[i] - expected[i]) < 1e-15);
    }
  }

  /// The same rows, kept in both ways, give one machine.
  void one_machine_from_both() {
    constexpr std::size_t kRows = 200;
    constexpr std::size_t kColumns = 20;
    const std::vector<float> sparse = some_rows(kRows, kColumns, 6);
    std::vector<signed char> sides;
    for (std::size_t row = 0; row < kRows; ++row) sides.push_back(sparse[row * kColumns + 3] > 0.1F ? 1 : -1);
    const std::vector<double> costs(kRows, 1);
    const auto solved = [&](const std::vector<float>& numbers, std::size_t columns, bool expected) {
      PatientControl control;
      FitPace pace(control, 1);
      const auto rows = ProductRows::of(numbers, columns, pace);
      if (!rows || rows->sparse() != expected) return std::vector<double>();
      Rng rng(1, 1, 1, 1);
      std::vector<double> weights(columns + 1, 0);
      const DualSvm solver{.tolerance = 1e-9, .iterations = 100'000};
      const auto end = solver.solve(
          {.rows = *rows, .sides = sides, .costs = costs}, weights,
          [&](std::size_t below) { return rng.below(static_cast<std::uint32_t>(below)); }, [](double) { return true; });
      return end == DualSvm::End::Converged ? weights : std::vector<double>();
    };
    // 60 columns of zeros more have them kept as sparse rows; 15 alone are too narrow for that.
    std::vector<float> wide;
    std::vector<float> narrow;
    for (std::size_t row = 0; row < kRows; ++row) {
      const auto begin = sparse.begin() + static_cast<std::ptrdiff_t>(row * kColumns);
      wide.insert(wide.end(), begin, begin + 15);
      wide.insert(wide.end(), 60, 0.0F);
      narrow.insert(narrow.end(), begin, begin + 15);
    }
    const std::vector<double> of_wide = solved(wide, 75, true);
    const std::vector<double> of_narrow = solved(narrow, 15, false);
    QCOMPARE(of_wide.size(), std::size_t{76});
    QCOMPARE(of_narrow.size(), std::size_t{16});
    for (std::size_t i = 0; i < 15; ++i) QVERIFY(std::abs(of_wide[i] - of_narrow[i]) < 1e-6);
    QVERIFY(std::abs(of_wide.back() - of_narrow.back()) < 1e-6);
  }
};

FEEDLINE_TEST(TestProductRows)

}  // namespace test_product_rows

#include "test_product_rows.moc"
