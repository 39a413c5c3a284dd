// SPDX-License-Identifier: GPL-3.0-or-later
// Schedules of the learning rate against PyTorch's (tests/data/make_optimizer_values.py), and early stopping.
#include "networks.h"
#include "optimizer_values.h"
#include "support/test_program.h"
#include "training/early_stop.h"

#include <QTest>

#include <cmath>

namespace test_schedules {

using namespace feedline;
using namespace feedline::optimizer_values;

namespace {

ScheduleSettings settings_of(const QJsonObject& json) {
  ParamMap params = params_of(json);
  params["learning_rate"] = 0.4;
  const NodeSpec& spec = spec_of("sgd");
  return spec.optimizer_settings(spec.complete(params));
}

}  // namespace

class TestSchedules : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void schedules_equal_pytorch();
  void plateaus_equal_pytorch();
  void a_curve_has_both_ends();
  void early_stop_waits();
};

void TestSchedules::schedules_equal_pytorch() {
  for (const QJsonValue& one : expected()["schedules"].toArray()) {
    const ScheduleSettings settings = settings_of(one["settings"].toObject());
    const auto rates = numbers_of(one["rates"]);
    const auto total = static_cast<std::uint64_t>(one["total"].toInteger());
    QCOMPARE(rates.size(), static_cast<std::size_t>(total));
    for (std::uint64_t step = 0; step < total; ++step)
      QVERIFY2(std::abs(rate_at(settings, step, total) - rates[step]) < 1e-7,
               (settings.schedule + " at step " + std::to_string(step)).c_str());
    // Beyond the end nothing new happens.
    QVERIFY(rate_at(settings, 10 * total, total) <= rate_at(settings, total - 1, total));
  }
}

void TestSchedules::plateaus_equal_pytorch() {
  for (const QJsonValue& one : expected()["plateaus"].toArray()) {
    const ScheduleSettings settings = settings_of(one["settings"].toObject());
    const auto values = numbers_of(one["values"]);
    const auto rates = numbers_of(one["rates"]);
    PlateauState state;
    for (std::size_t i = 0; i < values.size(); ++i) {
      state.observe(settings, values[i], one["higher_is_better"].toBool());
      QVERIFY2(std::abs(rate_at(settings, i, 0, state.drops) - rates[i]) < 1e-9, std::to_string(i).c_str());
    }
    QCOMPARE(state.drops, 2U);
  }
  PlateauState state;
  ScheduleSettings settings{.schedule = "plateau", .plateau_patience = 0};
  QVERIFY(state.observe(settings, std::nan(""), false));  // no improvement
  QVERIFY(!state.observe(settings, 3, false));
}

void TestSchedules::a_curve_has_both_ends() {
  const NodeSpec& spec = spec_of("adam");
  const ParamMap params = spec.complete({{"schedule", std::string("cosine")}, {"warmup", 0.1}});
  const auto curve = rate_curve(spec, params, 5000, 100);
  QCOMPARE(curve.size(), std::size_t{100});
  QCOMPARE(curve.front().step, 0.0);
  QCOMPARE(curve.back().step, 4999.0);
  QVERIFY(std::abs(curve.front().rate - 1e-3 / 500) < 1e-12);
  QVERIFY(curve.back().rate < 2e-6);
  QCOMPARE(rate_curve(spec, params, 3).size(), std::size_t{3});
  QCOMPARE(rate_curve(spec, params, 1).size(), std::size_t{1});
  QVERIFY(rate_curve(spec, params, 0).empty());
  QVERIFY(rate_curve(spec_of("linear"), {}, 10).empty());
  QVERIFY(needs_total(spec.optimizer_settings(params)));
  QVERIFY(!needs_total(spec.optimizer_settings(spec.complete({{"warmup", 10.0}}))));
}

void TestSchedules::early_stop_waits() {
  const auto metrics = [](double loss) { return Metrics{loss_metric(kTrainSplit, 9), loss_metric(kValSplit, loss)}; };
  EarlyStop stop({.stop_early = "val_loss", .patience = 2, .least_change = 0.1, .restore_best = true});
  QVERIFY(stop.observe(1, metrics(1.0)));
  QVERIFY(!stop.observe(2, metrics(0.95)) && !stop.reached());  // better, but not by enough
  QVERIFY(stop.observe(3, metrics(0.8)));
  QVERIFY(!stop.observe(4, {}) && !stop.reached());  // not measured
  QVERIFY(!stop.observe(5, metrics(2)) && !stop.reached());
  EarlyStop resumed({.stop_early = "val_loss", .patience = 2, .least_change = 0.1, .restore_best = true});
  resumed.restore(stop.state());
  for (EarlyStop* one : {&stop, &resumed}) {
    QVERIFY(!one->observe(6, metrics(0.75)) && one->reached());
    QCOMPARE(one->best_epoch(), 3U);
    QVERIFY2(QString::fromStdString(one->notice(6).reason).contains("the weights are those of epoch 3"),
             one->notice(6).reason.c_str());
  }
  EarlyStop off({});
  QVERIFY(!off.observe(1, metrics(1)) && !off.on() && !off.restores());
  // Of a metric that should grow.
  EarlyStop accuracy({.stop_early = "val_accuracy", .patience = 1, .least_change = 0, .restore_best = false});
  const auto share = [](double value) { return Metrics{{"accuracy", std::string(kValSplit), value, "share", true}}; };
  QVERIFY(accuracy.observe(1, share(0.5)) && accuracy.observe(2, share(0.6)));
  QVERIFY(!accuracy.observe(3, share(0.6)) && accuracy.reached());

  const Status unknown = check_metric_named("val_loss", {loss_metric(kTrainSplit, 1)}, "stop_early");
  QVERIFY(!unknown && unknown.error().parameter == "stop_early");
  QVERIFY(QString::fromStdString(unknown.error().line()).contains("train_loss"));
  QVERIFY(QString::fromStdString(unknown.error().remedy).contains("validation_split"));
  QVERIFY(check_metric_named("train_loss", {loss_metric(kTrainSplit, 1)}, "stop_early"));
}

FEEDLINE_TEST(TestSchedules)

}  // namespace test_schedules

#include "test_schedules.moc"
