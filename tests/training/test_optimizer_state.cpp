// SPDX-License-Identifier: GPL-3.0-or-later
// What must not depend on how an optimiser's step is divided, over replicas, batches or runs: weights, their average,
// and the state that a run goes on from.
#include "networks.h"
#include "support/test_program.h"
#include "training/collect_state.h"

#include <QTest>

#include <cmath>

namespace test_optimizer_state {

using namespace feedline;

namespace {

constexpr double kTolerance = 1e-5;

/// Networks whose rule keeps something, with all that optimisers share.
ModelPlan busy_network(const char* optimizer) {
  ModelPlan plan = random_network(optimizer);
  ParamMap params{{"learning_rate", 0.02},
                  {"weight_decay", 0.01},
                  {"l1", 1e-4},
                  {"clip_norm", 1.0},
                  {"clip_value", 0.5},
                  {"decay_norm_and_bias", false},
                  {"ema", 0.8},
                  {"schedule", "cosine"},
                  {"warmup", 3.0},
                  {"rates", ValueList{std::string("linear4=3")}}};
  params["schedule"] = std::string("cosine");
  plan.optimizer_params = plan.optimizer->complete(params);
  return plan;
}

std::unique_ptr<Replicas> replicas_for(const ModelPlan& plan, std::size_t count) {
  auto made = Replicas::build(plan, model_of(plan),
                              {.count = count, .intra_op_threads = 1, .seed = 11, .stop = {}, .total_steps = 20});
  if (!made) qFatal("%s", made.error().line().c_str());
  return std::move(*made);
}

std::vector<at::Tensor> rows_of(const std::vector<at::Tensor>& fields, std::int64_t first, std::int64_t count) {
  std::vector<at::Tensor> rows;
  for (const at::Tensor& field : fields) rows.push_back(field.narrow(0, first, count));
  return rows;
}

QByteArray refusal(const ModelPlan& plan, std::uint64_t total = 20) {
  auto made = Replicas::build(plan, model_of(plan), {.count = 1, .seed = 11, .stop = {}, .total_steps = total});
  return made ? QByteArray() : QByteArray::fromStdString(made.error().line());
}

}  // namespace

class TestOptimizerState : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void any_division_of_a_step_is_equal_data();
  void any_division_of_a_step_is_equal();
  void accumulated_batches_are_one_data();
  void accumulated_batches_are_one();
  void the_average_is_what_is_validated_and_saved();
  void state_goes_on_to_the_same_bytes_data();
  void state_goes_on_to_the_same_bytes();
  void a_state_of_other_settings_is_refused();
  void layers_have_rates_of_their_own();
};

void TestOptimizerState::any_division_of_a_step_is_equal_data() {
  QTest::addColumn<QString>("optimizer");
  for (const char* optimizer : {"sgd", "adam", "adamw", "rmsprop", "adagrad", "lamb"})
    QTest::newRow(optimizer) << optimizer;
}
/// A network without layers that see only their replica's rows: two and three replicas train it as one does.
void TestOptimizerState::any_division_of_a_step_is_equal() {
  QFETCH(QString, optimizer);
  ModelPlan plan = plain_network();
  const ModelPlan busy = busy_network(optimizer.toLatin1().constData());
  plan.optimizer = busy.optimizer;
  plan.optimizer_params = busy.optimizer_params;
  plan.optimizer_params["rates"] = ValueList{std::string("linear2=3")};
  at::Tensor first;
  at::Tensor first_average;
  for (const std::size_t count : {1U, 2U, 3U}) {
    const auto replicas = replicas_for(plan, count);
    TrainerMeter meter;
    for (std::int64_t step = 0; step < 8; ++step) (void)replicas->train(batch(12, features(), step), meter);
    const at::Tensor now = flat(replicas->model().parameters());
    const at::Tensor average = replicas->optimizer().average().parameters.clone();
    if (!first.defined()) {
      first = now;
      first_average = average;
    }
    QVERIFY2(at::allclose(first, now, kTolerance, kTolerance), std::to_string(count).c_str());
    QVERIFY2(at::allclose(first_average, average, kTolerance, kTolerance), std::to_string(count).c_str());
    QVERIFY(!at::allclose(now, flat(model_of(plan)->parameters()), 1e-3, 1e-3));
  }
}

void TestOptimizerState::accumulated_batches_are_one_data() {
  QTest::addColumn<int>("replicas");
  for (const int replicas : {1, 2, 3}) QTest::addRow("%d", replicas) << replicas;
}
/// The last group of an epoch has fewer batches, and its last batch fewer rows.
void TestOptimizerState::accumulated_batches_are_one() {
  QFETCH(int, replicas);
  ModelPlan plan = plain_network();
  plan.optimizer = &spec_of("adam");
  plan.optimizer_params =
      plan.optimizer->complete({{"learning_rate", 0.02}, {"clip_norm", 0.5}, {"schedule", std::string("cosine")}});
  const auto whole = replicas_for(plan, 1);
  const auto parts = replicas_for(plan, static_cast<std::size_t>(replicas));
  TrainerMeter meter;
  const std::vector<std::vector<std::int64_t>> groups = {{8, 8, 8}, {8, 8, 8}, {8, 5}, {1}};
  for (std::size_t turn = 0; turn < groups.size(); ++turn) {
    std::int64_t all = 0;
    for (const std::int64_t rows : groups[turn]) all += rows;
    const auto fields = batch(all, features(), static_cast<std::int64_t>(turn));
    (void)whole->train(fields, meter);
    std::int64_t first = 0;
    const at::Tensor before = flat(parts->model().parameters()).clone();
    for (const std::int64_t rows : groups[turn]) {
      (void)parts->accumulate(rows_of(fields, first, rows), meter);
      first += rows;
    }
    QCOMPARE(parts->pending(), static_cast<std::int64_t>(groups[turn].size()));
    QVERIFY(at::equal(before, flat(parts->model().parameters())));
    parts->step(meter);
    QCOMPARE(parts->pending(), std::int64_t{0});
    QVERIFY(at::allclose(flat(whole->model().parameters()), flat(parts->model().parameters()), kTolerance, kTolerance));
  }
  parts->step(meter);  // without a batch, nothing happens
  QCOMPARE(parts->optimizer().steps(), std::int64_t{4});
  QCOMPARE(parts->learning_rate(), whole->learning_rate());
}

void TestOptimizerState::the_average_is_what_is_validated_and_saved() {
  const ModelPlan plan = busy_network("sgd");
  const auto replicas = replicas_for(plan, 2);
  TrainerMeter meter;
  FlatOptimizer& optimizer = replicas->optimizer();
  QVERIFY(!optimizer.averages());
  optimizer.use_average(true);  // there is none yet
  std::vector<at::Tensor> by_hand;
  for (std::int64_t step = 0; step < 6; ++step) {
    (void)replicas->train(batch(12, features(), step), meter);
    std::vector<at::Tensor> now = replicas->model().parameters();
    for (const at::Tensor& buffer : replicas->model().buffers()) now.push_back(buffer);
    for (std::size_t i = 0; i < now.size(); ++i) {
      const at::Tensor value = now[i].detach().clone();
      if (step == 0) by_hand.push_back(value);
      by_hand[i] = value.is_floating_point() ? by_hand[i] * 0.8 + value * 0.2 : value;
    }
  }
  const at::Tensor trained = flat(replicas->model().parameters());
  const auto fields = batch(9, features(), 30);
  const double loss_trained = totals(replicas->evaluate(fields)).loss();
  const auto state = collect_state(*replicas);
  QVERIFY(state);

  optimizer.use_average(true);
  std::vector<at::Tensor> averaged = replicas->model().parameters();
  for (const at::Tensor& buffer : replicas->model().buffers()) averaged.push_back(buffer);
  for (std::size_t i = 0; i < averaged.size(); ++i)
    QVERIFY(at::allclose(averaged[i].detach().to(at::kFloat), by_hand[i].to(at::kFloat), 1e-5, 1e-6));
  QVERIFY(std::abs(totals(replicas->evaluate(fields)).loss() - loss_trained) > 1e-6);
  const auto during = collect_state(*replicas);
  QVERIFY(during && *during == *state);  // whichever the model has at the time
  optimizer.use_average(false);
  QVERIFY(at::equal(trained, flat(replicas->model().parameters())));

  FlatOptimizer::Averaged best;
  optimizer.copy_measured(best);
  const at::Tensor kept = best.parameters.clone();
  (void)replicas->train(batch(12, features(), 7), meter);
  QVERIFY(at::equal(kept, best.parameters));
  optimizer.restore_measured(best);
  QVERIFY(at::equal(replicas->parameters().values(), kept));
  QVERIFY(at::equal(optimizer.average().parameters, kept));
}

void TestOptimizerState::state_goes_on_to_the_same_bytes_data() { any_division_of_a_step_is_equal_data(); }
void TestOptimizerState::state_goes_on_to_the_same_bytes() {
  QFETCH(QString, optimizer);
  const ModelPlan plan = busy_network(optimizer.toLatin1().constData());
  for (const std::size_t count : {1U, 3U}) {
    const auto whole = replicas_for(plan, count);
    TrainerMeter meter;
    for (std::int64_t step = 0; step < 4; ++step) (void)whole->train(batch(12, features(), step), meter);
    const auto kept = collect_state(*whole);
    QVERIFY(kept);
    for (const OptimizerSlot& slot : spec_of(optimizer.toLatin1()).optimizer(plan.optimizer_params)->slots())
      QVERIFY(kept->optimizer.contains("linear0.weight." + std::string(slot.name)));
    QVERIFY(kept->optimizer.contains("batch_norm1.running_mean.trained"));
    const auto restored = replicas_for(plan, count);
    (void)restored->train(batch(12, features(), 50), meter);
    const Status done = restore_state(*kept, *restored);
    QVERIFY2(done, done ? "" : done.error().line().c_str());
    QVERIFY(*collect_state(*restored) == *kept);
    QCOMPARE(restored->learning_rate(), whole->learning_rate());
    for (std::int64_t step = 4; step < 8; ++step) {
      (void)whole->train(batch(12, features(), step), meter);
      (void)restored->train(batch(12, features(), step), meter);
    }
    QVERIFY(*collect_state(*restored) == *collect_state(*whole));
  }
}

void TestOptimizerState::a_state_of_other_settings_is_refused() {
  const auto state_of_run = [](const ModelPlan& plan) {
    const auto replicas = replicas_for(plan, 1);
    TrainerMeter meter;
    (void)replicas->train(batch(12, features(), 0), meter);
    return *collect_state(*replicas);
  };
  const TrainingState adam = state_of_run(busy_network("adam"));
  const TrainingState without_average = state_of_run(random_network("adam"));
  QVERIFY(!restore_state(adam, *replicas_for(busy_network("sgd"), 1)));
  QVERIFY(!restore_state(adam, *replicas_for(random_network("adam"), 1)));
  QVERIFY(!restore_state(without_average, *replicas_for(busy_network("adam"), 1)));
  TrainingState damaged = adam;
  damaged.optimizer["step"] = TensorValue::of(std::vector<std::int64_t>{-1});
  QVERIFY(!restore_state(damaged, *replicas_for(busy_network("adam"), 1)));

  ModelPlan plateau = random_network("adam");
  plateau.optimizer_params["schedule"] = std::string("plateau");
  plateau.optimizer_params["plateau_patience"] = std::int64_t{0};
  const auto replicas = replicas_for(plateau, 1);
  TrainerMeter meter;
  (void)replicas->train(batch(12, features(), 0), meter);
  QVERIFY(!replicas->optimizer().observe(1.0, false));
  QVERIFY(replicas->optimizer().observe(2.0, false));
  TrainingState kept = *collect_state(*replicas);
  const auto restored = replicas_for(plateau, 1);
  QVERIFY(restore_state(kept, *restored));
  QCOMPARE(restored->optimizer().plateau().drops, 1U);
  QCOMPARE(restored->optimizer().plateau().best, 1.0);
  QCOMPARE(restored->learning_rate(), 0.005);
  kept.optimizer["plateau"] = TensorValue::of(std::vector<double>{1.0, -5.0, 0.0});
  QVERIFY(!restore_state(kept, *restored));
}

void TestOptimizerState::layers_have_rates_of_their_own() {
  ModelPlan plan = plain_network();
  plan.optimizer_params["rates"] = ValueList{std::string("*=0"), std::string("linear2=1")};
  const auto replicas = replicas_for(plan, 1);
  std::vector<at::Tensor> before;
  for (const at::Tensor& parameter : replicas->model().parameters()) before.push_back(parameter.detach().clone());
  TrainerMeter meter;
  (void)replicas->train(batch(12, features(), 0), meter);
  const auto after = replicas->model().parameters();
  for (std::size_t i = 0; i < after.size(); ++i) QCOMPARE(at::equal(before[i], after[i]), i < 2);

  plan.optimizer_params["rates"] = ValueList{std::string("head*=10")};
  const QByteArray told = refusal(plan);
  QVERIFY2(told.contains("head*") && told.contains("linear0") && told.contains("rates"), told);
  plan.optimizer_params["rates"] = ValueList{};
  plan.optimizer_params["schedule"] = std::string("one_cycle");
  QVERIFY2(refusal(plan, 0).contains("schedule"), refusal(plan, 0));
  QVERIFY(refusal(plan).isEmpty());

  QVERIFY(parse_layer_rate("block/conv*=1/10") && parse_layer_rate("a=b=2")->pattern == "a=b");
  for (const char* wrong : {"head", "=2", "head=", "head=-1", "head=x"}) QVERIFY2(!parse_layer_rate(wrong), wrong);
  QVERIFY(matches_layer("*", "") && matches_layer("a*c*", "abcd") && matches_layer("b?ock/*", "block/conv"));
  QVERIFY(!matches_layer("a", "ab") && !matches_layer("", "a") && !matches_layer("*b", "abc"));
}

FEEDLINE_TEST(TestOptimizerState)

}  // namespace test_optimizer_state

#include "test_optimizer_state.moc"
