// SPDX-License-Identifier: GPL-3.0-or-later
// The scale of the loss that float16 needs, by the arithmetic of torch.cuda.amp.GradScaler. It is of no device, so that
// a CPU in float32 shows all of it but the kernels: a scale is a power of two, and changes no byte.
#include "networks.h"
#include "support/test_program.h"
#include "training/collect_state.h"

#include <QTest>

#include <cmath>
#include <limits>

namespace test_loss_scaling {

using namespace feedline;

namespace {

ModelPlan clipped_network() {
  ModelPlan plan = plain_network();
  plan.optimizer = &spec_of("adam");
  plan.optimizer_params = plan.optimizer->complete(
      {{"learning_rate", 0.02}, {"weight_decay", 0.01}, {"clip_norm", 0.5}, {"clip_value", 0.2}, {"ema", 0.9}});
  return plan;
}

std::unique_ptr<Replicas> scaled(const ModelPlan& plan, bool scales_loss, std::size_t count = 2) {
  auto made = Replicas::build(
      plan, model_of(plan),
      {.count = count, .intra_op_threads = 1, .seed = 11, .stop = {}, .total_steps = 20, .scales_loss = scales_loss});
  if (!made) qFatal("%s", made.error().line().c_str());
  return std::move(*made);
}

/// A batch whose gradient has such a number in its first place.
void spoiled_step(Replicas& replicas, TrainerMeter& meter, float number, std::int64_t turn = 3) {
  (void)replicas.accumulate(batch(12, features(), turn), meter);
  replicas.parameters().gradients(replicas.count() - 1)[0].fill_(number);
  replicas.step(meter);
}

}  // namespace

class TestLossScaling : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void goes_as_grad_scaler_does();
  void never_grows_beyond_float();
  void scaling_changes_no_byte_data();
  void scaling_changes_no_byte();
  void a_step_that_overflows_is_left_out_data();
  void a_step_that_overflows_is_left_out();
  void clipping_hides_no_overflow();
  void accumulated_batches_have_one_scale();
  void the_scale_is_part_of_the_state();
  void a_scale_of_nothing_ends_the_run();
  void the_meter_shows_it();
};

/// What torch.cuda.amp.GradScaler's get_scale() and _growth_tracker go through, written out.
void TestLossScaling::goes_as_grad_scaler_does() {
  LossScaler scaler;
  QCOMPARE(scaler.state(), (LossScaler::State{65536, 0}));
  scaler.update(false);
  scaler.update(false);
  QCOMPARE(scaler.state(), (LossScaler::State{16384, 0}));
  QCOMPARE(scaler.unscale(), 1.0 / 16384);
  for (int i = 0; i < 1999; ++i) scaler.update(true);
  QCOMPARE(scaler.state(), (LossScaler::State{16384, 1999}));
  scaler.update(true);
  QCOMPARE(scaler.state(), (LossScaler::State{32768, 0}));
  for (int i = 0; i < 1999; ++i) scaler.update(true);
  scaler.update(false);  // the counter begins anew
  QCOMPARE(scaler.state(), (LossScaler::State{16384, 0}));
  for (int i = 0; i < 4000; ++i) scaler.update(true);
  QCOMPARE(scaler.state(), (LossScaler::State{65536, 0}));
  LossScaler resumed;
  for (int i = 0; i < 700; ++i) scaler.update(true);
  resumed.restore(scaler.state());
  for (int i = 0; i < 1300; ++i) resumed.update(true);
  QCOMPARE(resumed.state(), (LossScaler::State{131072, 0}));
}

void TestLossScaling::never_grows_beyond_float() {
  const double largest = std::ldexp(1.0, 127);
  LossScaler scaler;
  scaler.restore({largest, LossScaler::kGrowthInterval - 1});
  scaler.update(true);
  QCOMPARE(scaler.state(), (LossScaler::State{largest, 0}));
  QVERIFY(!LossScaler::is_sound({0, 0}) && !LossScaler::is_sound({std::nan(""), 0}));
  QVERIFY(!LossScaler::is_sound({1e39, 0}) && !LossScaler::is_sound({1, -1}) && !LossScaler::is_sound({1, 2000}));
  QVERIFY(LossScaler::is_sound({largest, 1999}));
}

void TestLossScaling::scaling_changes_no_byte_data() {
  QTest::addColumn<int>("replicas");
  QTest::addColumn<bool>("clipped");
  for (const int replicas : {1, 3})
    for (const bool clipped : {false, true})
      QTest::addRow("%d, %s", replicas, clipped ? "clipped" : "plain") << replicas << clipped;
}
/// Unscaling stands in front of clipping: else the scaled gradient would be cut.
void TestLossScaling::scaling_changes_no_byte() {
  QFETCH(int, replicas);
  QFETCH(bool, clipped);
  const ModelPlan plan = clipped ? clipped_network() : plain_network();
  const auto plain = scaled(plan, false, static_cast<std::size_t>(replicas));
  const auto other = scaled(plan, true, static_cast<std::size_t>(replicas));
  QVERIFY(plain->scaler() == nullptr && std::isnan(plain->loss_scale()));
  TrainerMeter meter;
  for (std::int64_t step = 0; step < 6; ++step) {
    (void)plain->train(batch(12, features(), step), meter);
    (void)other->train(batch(12, features(), step), meter);
  }
  QVERIFY(at::equal(plain->parameters().values(), other->parameters().values()));
  QCOMPARE(other->scaler()->state(), (LossScaler::State{65536, 6}));
  QVERIFY(!at::equal(flat(plain->model().parameters()), flat(model_of(plan)->parameters())));
}

void TestLossScaling::a_step_that_overflows_is_left_out_data() {
  QTest::addColumn<float>("number");
  QTest::newRow("inf") << std::numeric_limits<float>::infinity();
  QTest::newRow("-inf") << -std::numeric_limits<float>::infinity();
  QTest::newRow("NaN") << std::numeric_limits<float>::quiet_NaN();
}
void TestLossScaling::a_step_that_overflows_is_left_out() {
  QFETCH(float, number);
  const ModelPlan plan = clipped_network();
  const auto replicas = scaled(plan, true);
  TrainerMeter meter;
  for (std::int64_t step = 0; step < 3; ++step) (void)replicas->train(batch(12, features(), step), meter);
  const TrainingState before = *collect_state(*replicas);
  spoiled_step(*replicas, meter, number);
  QCOMPARE(replicas->optimizer().steps(), std::int64_t{3});
  QCOMPARE(replicas->pending(), std::int64_t{0});
  QCOMPARE(replicas->scaler()->state(), (LossScaler::State{32768, 0}));
  TrainingState after = *collect_state(*replicas);
  QVERIFY(!(after == before));
  after.optimizer["loss_scale"] = before.optimizer.at("loss_scale");
  QVERIFY(after == before);  // weights, moments, average, count of steps
  for (std::size_t i = 0; i < replicas->count(); ++i)
    QVERIFY(replicas->parameters().gradients(i).eq(0).all().item<bool>());
  // The next one is as if it had not been tried.
  const auto without = scaled(plan, true);
  for (std::int64_t step = 0; step < 3; ++step) (void)without->train(batch(12, features(), step), meter);
  (void)without->train(batch(12, features(), 7), meter);
  (void)replicas->train(batch(12, features(), 7), meter);
  QVERIFY(at::equal(without->parameters().values(), replicas->parameters().values()));
}

/// Cut to 0.2, an infinite number looks like any other; a large finite one is none that overflowed.
void TestLossScaling::clipping_hides_no_overflow() {
  ModelPlan plan = plain_network();
  plan.optimizer_params["clip_value"] = 0.2;
  const auto replicas = scaled(plan, true, 1);
  TrainerMeter meter;
  const at::Tensor before = replicas->parameters().values().clone();
  spoiled_step(*replicas, meter, std::numeric_limits<float>::infinity());
  QVERIFY(at::equal(before, replicas->parameters().values()));
  spoiled_step(*replicas, meter, 1e38F);
  QVERIFY(!at::equal(before, replicas->parameters().values()));
  QVERIFY(replicas->parameters().values().isfinite().all().item<bool>());
  QCOMPARE(replicas->scaler()->state(), (LossScaler::State{32768, 1}));
}

void TestLossScaling::accumulated_batches_have_one_scale() {
  const ModelPlan plan = clipped_network();
  const auto plain = scaled(plan, false);
  const auto other = scaled(plan, true);
  TrainerMeter meter;
  for (Replicas* replicas : {plain.get(), other.get()}) {
    for (const std::int64_t rows : {8, 8, 5}) (void)replicas->accumulate(batch(rows, features(), rows), meter);
    replicas->step(meter);
  }
  QVERIFY(at::equal(plain->parameters().values(), other->parameters().values()));
  QCOMPARE(other->scaler()->state().good_steps, std::int64_t{1});
}

void TestLossScaling::the_scale_is_part_of_the_state() {
  const ModelPlan plan = clipped_network();
  const auto first = scaled(plan, true);
  TrainerMeter meter;
  spoiled_step(*first, meter, std::numeric_limits<float>::infinity());  // before there was a step
  const TrainingState early = *collect_state(*first);
  const auto restored = scaled(plan, true);
  QVERIFY(restore_state(early, *restored));
  QCOMPARE(restored->loss_scale(), 32768.0);
  for (std::int64_t step = 0; step < 2; ++step) (void)first->train(batch(12, features(), step), meter);
  const TrainingState later = *collect_state(*first);
  QVERIFY(restore_state(later, *restored));
  QCOMPARE(restored->scaler()->state(), (LossScaler::State{32768, 2}));
  QVERIFY(*collect_state(*restored) == later);

  QVERIFY(restore_state(later, *scaled(plan, false)));  // in other numbers it goes on without
  const auto begins = scaled(plan, false);
  (void)begins->train(batch(12, features(), 0), meter);
  QVERIFY(restore_state(*collect_state(*begins), *restored));
  QCOMPARE(restored->scaler()->state(), LossScaler::State{});
  const std::vector<std::vector<double>> all_damaged = {{0, 1}, {65536, -1}, {65536}, {std::nan(""), 0}};
  for (const std::vector<double>& damaged : all_damaged) {
    TrainingState state = later;
    state.optimizer["loss_scale"] = TensorValue::of(damaged);
    const Status refused = restore_state(state, *restored);
    QVERIFY(!refused && refused.error().reason.find("scale of the loss") != std::string::npos);
  }
}

void TestLossScaling::a_scale_of_nothing_ends_the_run() {
  const ModelPlan plan = plain_network();
  const auto replicas = scaled(plan, true);
  TrainerMeter meter;
  int left_out = 0;
  try {
    for (; left_out < 100; ++left_out) spoiled_step(*replicas, meter, std::numeric_limits<float>::quiet_NaN());
  } catch (const StepFailed& fault) {
    QVERIFY(fault.error().remedy.find("bfloat16") != std::string::npos);
  }
  QVERIFY2(left_out > 20 && left_out < 60, QByteArray::number(left_out));
}

void TestLossScaling::the_meter_shows_it() {
  TrainerMeter meter;
  QVERIFY(std::isnan(meter.read().loss_scale));
  meter.show_optimizer(0.1, 32768);
  QCOMPARE(meter.read().loss_scale, 32768.0);
  QCOMPARE(meter.read().learning_rate, 0.1);
}

FEEDLINE_TEST(TestLossScaling)

}  // namespace test_loss_scaling

#include "test_loss_scaling.moc"
