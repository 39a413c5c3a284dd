// SPDX-License-Identifier: GPL-3.0-or-later
// Predicted against true numbers, in bins that depend on the numbers alone: counted anew here from the numbers
// themselves, for made-up ones, a network's validation pass and an estimator's.
#include "base/torch.h"
#include "networks.h"
#include "support/test_program.h"
#include "training/estimator_scores.h"
#include "training/evaluator.h"
#include "training/report.h"
#include "training/residual_tally.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace test_residuals {

using namespace feedline;

namespace {

using Pair = std::pair<double, double>;  ///< true, predicted

std::vector<Pair> pairs_around(double middle, double spread, int count) {
  torch::manual_seed(static_cast<std::uint64_t>(count));
  const at::Tensor numbers = at::randn({count, 2}, at::kDouble).mul(spread).add(middle);
  std::vector<Pair> pairs;
  for (int i = 0; i < count; ++i) pairs.emplace_back(numbers[i][0].item<double>(), numbers[i][1].item<double>());
  return pairs;
}

ResidualPlot plot_of(const std::vector<Pair>& pairs) {
  ResidualTally tally;
  for (const auto& [truth, predicted] : pairs) tally.add(truth, predicted);
  return tally.take();
}

std::uint64_t total(const std::vector<std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

bool same(const ResidualPlot& a, const ResidualPlot& b) {
  return a.count == b.count && a.first == b.first && a.width == b.width && a.counts == b.counts &&
         a.residuals.first == b.residuals.first && a.residuals.width == b.residuals.width &&
         a.residuals.counts == b.residuals.counts;
}

/// What is wrong with a plot of these pairs; empty: nothing.
QByteArray wrong_with(const ResidualPlot& plot, const std::vector<Pair>& pairs) {
  if (plot.count != pairs.size() || total(plot.counts) != pairs.size()) return "not all are counted";
  if (plot.counts.size() != plot.bins * plot.bins || plot.bins > ResidualPlot::kMostBins) return "too many bins";
  if (plot.residuals.counts.size() > ResidualPlot::kMostResidualBins) return "too many bins of residuals";
  std::vector<std::uint64_t> counts(plot.counts.size());
  std::vector<std::uint64_t> residuals(plot.residuals.counts.size());
  double sum = 0;
  for (const auto& [truth, predicted] : pairs) {
    const auto bin = [&plot](double number) {
      return static_cast<std::size_t>(std::floor(number / plot.width) - plot.first / plot.width);
    };
    if (std::max(bin(truth), bin(predicted)) >= plot.bins) return "a number lies outside";
    ++counts[bin(predicted) * plot.bins + bin(truth)];
    const NumberBins& own = plot.residuals;
    const double place = std::floor((predicted - truth) / own.width) - own.first / own.width;
    if (!(place >= 0 && place < static_cast<double>(residuals.size()))) return "a residual lies outside";
    ++residuals[static_cast<std::size_t>(place)];
    sum += predicted - truth;
  }
  if (counts != plot.counts) return "the bins are counted wrongly";
  if (residuals != plot.residuals.counts) return "the residuals are counted wrongly";
  const double mean = sum / static_cast<double>(pairs.size());
  double squares = 0;
  for (const auto& [truth, predicted] : pairs) squares += std::pow(predicted - truth - mean, 2);
  const double deviation = std::sqrt(squares / static_cast<double>(pairs.size()));
  if (std::abs(plot.mean - mean) > 1e-9 * (1 + std::abs(mean))) return "another mean";
  if (std::abs(plot.deviation - deviation) > 1e-9 * (1 + deviation)) return "another deviation";
  return {};
}

/// A network of one layer whose loss compares `numbers` of them.
ModelPlan regression(std::int64_t numbers) {
  ModelPlan plan = network({linear(numbers)}, features());
  plan.loss.spec = &spec_of("mse");
  plan.loss.params = plan.loss.spec->complete({});
  return plan;
}

}  // namespace

class TestResiduals : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void bins_are_right_data();
  void bins_are_right();
  void bins_depend_on_no_order();
  void a_far_number_widens_at_once();
  void axes_use_half_their_bins_at_least();
  void what_is_no_number_is_left_out();
  void a_network_is_measured_data();
  void a_network_is_measured();
  void long_predictions_are_thinned();
  void estimators_are_measured_too();
  void the_report_has_them();
};

void TestResiduals::bins_are_right_data() {
  QTest::addColumn<double>("middle");
  QTest::addColumn<double>("spread");
  QTest::addColumn<int>("count");
  QTest::newRow("around 0") << 0.0 << 1.0 << 1000;
  QTest::newRow("few") << 3.0 << 2.0 << 5;
  QTest::newRow("one") << -7.5 << 1.0 << 1;
  QTest::newRow("far from 0") << 1e6 << 3.0 << 400;
  QTest::newRow("below 0") << -1000.0 << 250.0 << 400;
  QTest::newRow("small") << 0.0 << 1e-6 << 400;
  QTest::newRow("large") << 0.0 << 1e30 << 400;
  QTest::newRow("equal") << 12.0 << 0.0 << 30;
  QTest::newRow("all 0") << 0.0 << 0.0 << 30;
}
void TestResiduals::bins_are_right() {
  QFETCH(double, middle);
  QFETCH(double, spread);
  QFETCH(int, count);
  const auto pairs = pairs_around(middle, spread, count);
  const QByteArray told = wrong_with(plot_of(pairs), pairs);
  QVERIFY2(told.isEmpty(), told);
}

/// The first numbers lie close together, the last far away: or the other way round.
void TestResiduals::bins_depend_on_no_order() {
  std::vector<Pair> pairs = pairs_around(0.3, 0.01, 200);
  for (const Pair& far : pairs_around(-40, 30, 50)) pairs.push_back(far);
  pairs.emplace_back(5000, -20);
  const ResidualPlot first = plot_of(pairs);
  QVERIFY2(wrong_with(first, pairs).isEmpty(), wrong_with(first, pairs));
  std::reverse(pairs.begin(), pairs.end());
  QVERIFY(same(plot_of(pairs), first));
  std::rotate(pairs.begin(), pairs.begin() + 77, pairs.end());
  QVERIFY(same(plot_of(pairs), first));
}

/// From one pair to the next the bins become 2^100 times as wide.
void TestResiduals::a_far_number_widens_at_once() {
  const std::vector<Pair> pairs = {{0, 0}, {-1e-3, 1e-3}, {1e30, -1e30}, {1, 2}};
  const ResidualPlot plot = plot_of(pairs);
  QVERIFY2(wrong_with(plot, pairs).isEmpty(), wrong_with(plot, pairs));
  QVERIFY(same(plot_of({pairs.rbegin(), pairs.rend()}), plot));
}

void TestResiduals::axes_use_half_their_bins_at_least() {
  for (const double spread : {1e-3, 0.7, 1.0, 90.0, 1e5}) {
    const ResidualPlot plot = plot_of(pairs_around(2 * spread, spread, 500));
    QVERIFY2(2 * plot.bins >= ResidualPlot::kMostBins, QByteArray::number(spread));
    QVERIFY2(2 * plot.residuals.counts.size() >= ResidualPlot::kMostResidualBins, QByteArray::number(spread));
    int exponent = 0;
    QCOMPARE(std::frexp(plot.width, &exponent), 0.5);  // a power of two
    QCOMPARE(std::fmod(plot.first, plot.width), 0.0);
  }
}

void TestResiduals::what_is_no_number_is_left_out() {
  const double infinite = std::numeric_limits<double>::infinity();
  ResidualTally tally;
  QVERIFY(!tally.take().any());
  tally.add(1, std::nan(""));
  tally.add(infinite, 1);
  tally.add(1, -infinite);
  tally.add(-1e308, 1e308);  // each is finite, what lies between them is not
  const ResidualPlot none = tally.take();
  QVERIFY(none.any() && none.count == 0 && none.not_finite == 4 && none.counts.empty() && std::isnan(none.mean));
  tally.add(2, 3);
  const ResidualPlot one = tally.take();  // a fresh start
  QVERIFY(one.count == 1 && one.not_finite == 0 && one.mean == 1 && one.deviation == 0);
}

void TestResiduals::a_network_is_measured_data() {
  QTest::addColumn<int>("replicas");
  QTest::addColumn<int>("numbers");
  for (const int replicas : {1, 2})
    for (const int numbers : {1, 3}) QTest::addRow("%d, %d numbers", replicas, numbers) << replicas << numbers;
}
void TestResiduals::a_network_is_measured() {
  QFETCH(int, replicas);
  QFETCH(int, numbers);
  const ModelPlan plan = regression(numbers);
  const auto team = replicas_of(plan, static_cast<std::size_t>(replicas));
  Evaluator evaluator(plan);
  std::vector<Pair> pairs;
  for (const std::int64_t rows : {9, 4, 1}) {
    std::vector<at::Tensor> fields = batch(rows, features(), rows);
    fields[1] = at::randn(numbers == 1 ? std::vector<std::int64_t>{rows} : std::vector<std::int64_t>{rows, numbers});
    const std::vector<Part> parts = team->evaluate(fields);
    const std::vector<std::uint64_t> ids(static_cast<std::size_t>(rows));
    evaluator.add(parts, ids);
    at::Tensor target = fields[1].reshape({rows, numbers});
    for (const Part& part : parts) {
      const at::Tensor& predicted = part.outcome.compared.front().prediction();
      for (std::int64_t row = 0; row < predicted.size(0); ++row)
        for (std::int64_t i = 0; i < numbers; ++i)
          pairs.emplace_back(target[row][i].item<double>(), predicted[row][i].item<double>());
      target = target.narrow(0, predicted.size(0), target.size(0) - predicted.size(0));
    }
  }
  QCOMPARE(pairs.size(), static_cast<std::size_t>(14 * numbers));
  QVERIFY(evaluator.take().worst.empty());
  const ResidualPlot plot = evaluator.take_residuals();
  QVERIFY2(wrong_with(plot, pairs).isEmpty(), wrong_with(plot, pairs));
  QVERIFY(!evaluator.take_residuals().any());
}

void TestResiduals::long_predictions_are_thinned() {
  const ModelPlan plan = regression(130);
  const auto team = replicas_of(plan, 1);
  Evaluator evaluator(plan);
  std::vector<at::Tensor> fields = batch(7, features());
  fields[1] = at::zeros({7, 130});
  evaluator.add(team->evaluate(fields), std::vector<std::uint64_t>(7));
  QCOMPARE(evaluator.take_residuals().count, std::uint64_t{7 * 44});  // each third
}

void TestResiduals::estimators_are_measured_too() {
  EstimatorScores scores({.node = "it"}, {}, true);
  scores.add_number(1, 2);
  scores.add_number(3, 3);
  const ResidualPlot plot = scores.take_residuals();
  QVERIFY2(wrong_with(plot, {{1, 2}, {3, 3}}).isEmpty(), wrong_with(plot, {{1, 2}, {3, 3}}));
  EstimatorScores classes({.node = "it", .classes = 3}, {}, true);
  classes.add_class(0, 1, std::vector<float>{0.5F, 0.25F, 0.25F});
  QVERIFY(!classes.take_residuals().any());
}

void TestResiduals::the_report_has_them() {
  const auto residuals_of = [](const RunResult& result) {
    return QJsonDocument::fromJson(QByteArray::fromStdString(report_json(result))).object().value("residuals");
  };
  RunResult result;
  result.epochs.push_back({.epoch = 1});
  QVERIFY(residuals_of(result).isNull());
  ResidualPlot plot = plot_of({{0, 0.5}, {2, 1}, {2, 2}});
  plot.epoch = 1;
  result.epochs.front().residuals = std::make_shared<const ResidualPlot>(plot);
  result.epochs.push_back({.epoch = 2});  // broken off before it was validated
  const QJsonObject json = residuals_of(result).toObject();
  QCOMPARE(json["epoch"].toInt(), 1);
  QCOMPARE(json["count"].toInt(), 3);
  QCOMPARE(json["counts"].toArray().size(), static_cast<qsizetype>(plot.bins));
  QCOMPARE(json["width"].toDouble(), plot.width);
  int all = 0;
  for (const QJsonValue& row : json["counts"].toArray())
    for (const QJsonValue& count : row.toArray()) all += count.toInt();
  QCOMPARE(all, 3);
  QCOMPARE(json["residual_counts"].toArray().size(), static_cast<qsizetype>(plot.residuals.counts.size()));
  QVERIFY(std::abs(json["mean"].toDouble() + 0.5 / 3) < 1e-12);
}

FEEDLINE_TEST(TestResiduals)

}  // namespace test_residuals

#include "test_residuals.moc"
