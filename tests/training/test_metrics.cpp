// SPDX-License-Identifier: GPL-3.0-or-later
// Metrics against scikit-learn (tests/data/make_metric_values.py), and which of them a run measures. That each is the
// same in pieces and over replicas is in test_replicas.cpp.
#include "base/torch.h"
#include "graph/edit.h"
#include "graph/validate.h"
#include "networks.h"
#include "schema/metric_keys.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/test_program.h"
#include "training/estimator_scores.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <set>

namespace test_metrics {

using namespace feedline;

namespace {

at::Tensor tensor_of(const QJsonValue& value) {
  std::vector<double> list;
  for (const QJsonValue& item : value.toArray()) list.push_back(item.toDouble());
  return at::tensor(list, at::kDouble);
}

const MetricRule* rule_of(const std::string& key, bool labels = false) {
  for (const MetricRule& rule : MetricRules::instance().all())
    if (metric_key(rule.name) == key && (rule.target == TargetKind::Labels) == labels) return &rule;
  return nullptr;
}

std::vector<std::string> keys_of(const Metrics& metrics) {
  std::vector<std::string> keys;
  for (const MetricValue& metric : metrics) keys.push_back(metric_key(metric.name));
  return keys;
}

Comparison classes(std::int64_t count, bool scores = true) {
  return {.node = "loss", .target = TargetKind::Classes, .classes = count, .scores = scores};
}
const Comparison kNumbers{.node = "loss", .target = TargetKind::Numbers};

std::vector<std::string> measured(const Comparison& one, std::vector<std::string> wanted, std::string_view split) {
  return keys_of(MetricSet(std::span(&one, 1), wanted, split).values());
}

}  // namespace

class TestMetrics : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void keys_are_the_names_of_the_files();
  void equal_scikit_learns_data();
  void equal_scikit_learns();
  void auc_in_bins_is_near();
  void auc_of_labels_in_bins_is_near();
  void auc_of_numbers_that_are_none();
  void the_usual_ones_are_measured();
  void those_wanted_are_measured_in_their_order();
  void what_cannot_be_measured_is_refused();
  void the_trainer_knows_their_names();
  void estimators_are_measured_by_the_same_rules();
};

void TestMetrics::keys_are_the_names_of_the_files() {
  std::set<std::string> rules;
  for (const MetricRule& rule : MetricRules::instance().all()) rules.insert(metric_key(rule.name));
  const std::set<std::string> files(metric_keys().begin(), metric_keys().end());
  QVERIFY(files == rules);
  QVERIFY(files.size() >= 10);
}

void TestMetrics::equal_scikit_learns_data() {
  QTest::addColumn<QJsonObject>("wanted");
  QTest::addColumn<int>("parts");
  const QJsonObject all =
      QJsonDocument::fromJson(test::read_file(test::source_dir("/tests/data/metric_values.json"))).object();
  QVERIFY(all["cases"].toArray().size() >= 5);
  for (const QJsonValue& item : all["cases"].toArray())
    for (const int parts : {1, 2, 3})
      QTest::addRow("%s in %d", item["name"].toString().toUtf8().constData(), parts) << item.toObject() << parts;
}

void TestMetrics::equal_scikit_learns() {
  QFETCH(QJsonObject, wanted);
  QFETCH(int, parts);
  const QJsonArray shape = wanted["shape"].toArray();
  const auto rows = static_cast<std::int64_t>(shape[0].toInt());
  const auto columns = static_cast<std::int64_t>(shape[1].toInt());
  const at::Tensor prediction = tensor_of(wanted["prediction"]).to(at::kFloat).view({rows, columns});
  at::Tensor target = tensor_of(wanted["target"]).to(wanted["classes"].toBool() ? at::kLong : at::kFloat);
  if (!wanted["classes"].toBool()) target = target.view({rows, columns});
  const QJsonObject values = wanted["values"].toObject();
  QVERIFY(!values.isEmpty());
  for (auto value = values.begin(); value != values.end(); ++value) {
    const MetricRule* const rule = rule_of(value.key().toStdString(), wanted["labels"].toBool());
    QVERIFY2(rule != nullptr, qPrintable(value.key()));
    const auto merged = rule->make();
    for (int part = 0; part < parts; ++part) {
      const Rows own = rows_of(rows, static_cast<std::size_t>(part), static_cast<std::size_t>(parts));
      const auto replica = rule->make();
      for (std::int64_t first = 0; first < own.count; first += 7) {
        const std::int64_t count = std::min<std::int64_t>(7, own.count - first);
        replica->add({prediction.narrow(0, own.first + first, count), target.narrow(0, own.first + first, count)});
      }
      // As it comes from another rank.
      const auto carried = rule->make();
      carried->restore(replica->state());
      merged->merge(*carried);
    }
    QVERIFY2(std::abs(merged->value() - value->toDouble()) < 1e-6, qPrintable(QString("%1: %2, not %3")
                                                                                  .arg(value.key())
                                                                                  .arg(merged->value(), 0, 'g', 10)
                                                                                  .arg(value->toDouble(), 0, 'g', 10)));
  }
}

/// Labels are ranked by their log-odds, in bins as exactly.
void TestMetrics::auc_of_labels_in_bins_is_near() {
  torch::manual_seed(5);
  const at::Tensor truth = at::randint(0, 2, {1 << 16, 5}, at::kLong).to(at::kFloat);
  const at::Tensor scores = at::randn({1 << 16, 5}) + truth;
  const auto exact = rule_of("auc", true)->make();
  exact->add({scores, truth});
  const auto binned = rule_of("auc", true)->make();
  for (int i = 0; i < 4; ++i) binned->add({scores, truth});
  QVERIFY2(std::abs(binned->value() - exact->value()) < 1e-4, QByteArray::number(binned->value()));
  QVERIFY(exact->value() > 0.7 && exact->value() < 0.8);  // of two normal distributions 1 apart: 0.76
}

/// Beyond a million scores they are counted in bins: of one set as of two that are merged.
void TestMetrics::auc_in_bins_is_near() {
  torch::manual_seed(3);
  const std::int64_t rows = 1 << 15;
  for (const std::int64_t count : {2, 40}) {
    const at::Tensor truth = at::randint(0, count, {rows}, at::kLong);
    const at::Tensor scores = at::randn({rows, count}) + at::one_hot(truth, count);
    const auto exact = rule_of("auc")->make();
    const auto binned = rule_of("auc")->make();
    const auto second = rule_of("auc")->make();
    const std::int64_t part = count == 2 ? rows : rows / 2;
    exact->add({scores.narrow(0, 0, part), truth.narrow(0, 0, part)});
    const int times = count == 2 ? 40 : 3;  // the same rows again change nothing but the number of scores
    for (int i = 0; i < times; ++i)
      (i % 2 == 0 ? binned : second)->add({scores.narrow(0, 0, part), truth.narrow(0, 0, part)});
    binned->merge(*second);
    const double error = std::abs(binned->value() - exact->value());
    QVERIFY2(error < 1e-4 && (count == 40 || error > 0), QByteArray::number(error));
  }
}

void TestMetrics::auc_of_numbers_that_are_none() {
  const auto metric = rule_of("auc")->make();
  const at::Tensor truth = at::tensor({0, 1, 0, 1}, at::kLong);
  metric->add({at::full({4, 2}, std::nan("")), truth});
  (void)metric->value();  // comes back
  const auto one_class = rule_of("auc")->make();
  one_class->add({at::randn({4, 2}), at::zeros({4}, at::kLong)});
  QVERIFY(std::isnan(one_class->value()));
  const auto one_label = rule_of("auc", true)->make();
  one_label->add({at::randn({4, 3}), at::ones({4, 3})});
  QVERIFY(std::isnan(one_label->value()));
}

void TestMetrics::the_usual_ones_are_measured() {
  using Keys = std::vector<std::string>;
  QCOMPARE(measured(classes(10), {}, kTrainSplit), Keys{"accuracy"});
  QCOMPARE(measured(classes(10), {}, kValSplit), (Keys{"accuracy", "macro_f1"}));
  QCOMPARE(measured({.node = "loss", .target = TargetKind::Labels}, {}, kValSplit),
           (Keys{"label_accuracy", "label_f1"}));
  QCOMPARE(measured(kNumbers, {}, kTrainSplit), Keys{"r2"});
  QCOMPARE(measured(kNumbers, {}, kValSplit), Keys{"r2"});
}

void TestMetrics::those_wanted_are_measured_in_their_order() {
  using Keys = std::vector<std::string>;
  const Keys wanted = {"auc", "rmse", "top_5_accuracy", "accuracy"};
  QCOMPARE(measured({.node = "loss", .target = TargetKind::Labels}, wanted, kValSplit), Keys{"auc"});
  QCOMPARE(measured(classes(10), wanted, kValSplit), (Keys{"auc", "top_5_accuracy", "accuracy"}));
  QCOMPARE(measured(classes(10), wanted, kTrainSplit), Keys{"accuracy"});
  QCOMPARE(measured(classes(5), wanted, kValSplit), (Keys{"auc", "accuracy"}));  // any is among five
  QCOMPARE(measured(classes(10, false), wanted, kValSplit), Keys{"accuracy"});   // nothing to rank
  QCOMPARE(measured(kNumbers, wanted, kTrainSplit), Keys{"rmse"});
  ModelPlan plan = plain_network();
  plan.metrics = {"macro_recall"};
  QCOMPARE(keys_of(MetricSet(plan, kValSplit).values()), Keys{"macro_recall"});
}

void TestMetrics::what_cannot_be_measured_is_refused() {
  const auto check = [](const Comparison& one, std::vector<std::string> wanted) {
    return check_metrics(std::span(&one, 1), wanted);
  };
  QVERIFY(check(classes(10), {"auc", "top_5_accuracy"}));
  QVERIFY(check(kNumbers, {}));
  const auto refused = check(classes(4), {"accuracy", "top_5_accuracy"});
  QVERIFY(!refused);
  QCOMPARE(refused.error().parameter, std::string("metrics"));
  QVERIFY(refused.error().reason.find("top_5_accuracy") != std::string::npos);
  QVERIFY(refused.error().remedy.find("macro_f1") != std::string::npos);
  QVERIFY(!check(kNumbers, {"accuracy"}));
  QVERIFY(!check(classes(10, false), {"auc"}));
}

void TestMetrics::the_trainer_knows_their_names() {
  const ParamSpec& metrics = *spec_of("trainer").param("metrics");
  for (const std::string& key : metric_keys()) QVERIFY2(metrics.check(ValueList{key}), key.c_str());
  const auto refused = metrics.check(ValueList{std::string("accuracy"), std::string("f2")});
  QVERIFY(!refused);
  QVERIFY2(refused.error().line().find("macro_f1") != std::string::npos, refused.error().line().c_str());
  const ParamMap set = {{"metrics", ValueList{std::string("auc"), std::string("accuracy")}}};
  QCOMPARE(spec_of("trainer").trainer(spec_of("trainer").complete(set)).metrics,
           (std::vector<std::string>{"auc", "accuracy"}));
  QVERIFY(spec_of("trainer").trainer(spec_of("trainer").complete({})).metrics.empty());
}

void TestMetrics::estimators_are_measured_by_the_same_rules() {
  const EstimatorPlan plan{.node = "it", .classes = 3};
  const std::vector<std::string> wanted = {"macro_f1", "auc", "accuracy"};
  EstimatorScores scores(plan, wanted, true);
  QVERIFY(scores.check());
  torch::manual_seed(9);
  const at::Tensor shares = at::randn({30, 3}).softmax(1).contiguous();
  const at::Tensor truth = at::randint(0, 3, {30}, at::kLong);
  for (int pass = 0; pass < 2; ++pass) {  // reading makes a fresh start
    for (std::int64_t i = 0; i < 30; ++i) {
      const auto* row = shares.data_ptr<float>() + 3 * i;
      scores.add_class(static_cast<std::uint64_t>(i), truth[i].item<std::int64_t>(), {row, 3});
      if (i % 8 == 7) scores.end_batch();
    }
    const Learner::Progress found = scores.read();
    QCOMPARE(keys_of(found.metrics), wanted);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto rule = rule_of(wanted[i])->make();
      rule->add({shares.log(), truth});
      QVERIFY2(std::abs(found.metrics[i].value - rule->value()) < 1e-6, wanted[i].c_str());
    }
    const double loss = -shares.gather(1, truth.view({-1, 1})).to(at::kDouble).log().mean().item<double>();
    QVERIFY(std::abs(found.loss - loss) < 1e-6);
    QCOMPARE(scores.take().worst.size(), std::size_t{Evaluation::kMostWorst});
  }
  EstimatorScores numbers({.node = "it"}, {}, true);
  numbers.add_number(1, 2);
  numbers.add_number(3, 3);
  const Learner::Progress found = numbers.read();
  QCOMPARE(found.loss, 0.5);
  QCOMPARE(keys_of(found.metrics), std::vector<std::string>{"r2"});
  QCOMPARE(found.metrics.front().value, 0.5);
  EstimatorScores decides(plan, std::vector<std::string>{"auc"}, false);
  QVERIFY(!decides.check());
}

FEEDLINE_TEST(TestMetrics)

}  // namespace test_metrics

#include "test_metrics.moc"
