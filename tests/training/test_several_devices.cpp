// SPDX-License-Identifier: GPL-3.0-or-later

// Replicas and stages on devices of their own learn what those that share one learn. The processor stands for each of
// the devices here, which keep weights and gradients apart all the same; with GPUs, they take part.

#include "networks.h"
#include "support/test_program.h"
#include "training/collect_state.h"
#include "training/devices/device_mirrors.h"
#include "training/upload.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <string>

namespace test_several_devices {

using namespace feedline;

namespace {

using Devices = std::vector<at::Device>;

QString joined(const std::vector<std::string>& texts) {
  QStringList all;
  for (const std::string& text : texts) all.append(QString::fromStdString(text));
  return all.join(' ');
}

std::unique_ptr<Replicas> made(const ModelPlan& plan, std::size_t count, const Devices& devices = {},
                               const Devices& stages = {}) {
  auto model = Model::build(plan, devices.empty() ? at::kCPU : devices.front(), 3, {}, stages);
  if (!model) return nullptr;
  auto replicas =
      Replicas::build(plan, std::move(*model),
                      {.count = count, .intra_op_threads = 1, .seed = 11, .bucket_bytes = 64, .devices = devices});
  return replicas ? std::move(*replicas) : nullptr;
}

ModelPlan mixed_network(const ParamMap& settings) {
  return network({linear(8), {"batch_norm"}, {"relu"}, {"dropout", {{"probability", 0.4}}}, linear(kClasses)},
                 features(), "adam", settings);
}

ModelPlan cut_in_three(ModelPlan plan) {
  plan.stages = 3;
  plan.staging.micro_batches = 3;
  for (std::size_t i = 0; i < plan.layers.size(); ++i) plan.layers[i].stage = i < 1 ? 0 : i < 4 ? 1 : 2;
  return plan;
}

/// Each step of two batches, the second one with `rows`.
void learn(Replicas& team, std::int64_t from, std::int64_t to, std::int64_t rows = 9) {
  TrainerMeter meter;
  for (std::int64_t turn = from; turn < to; ++turn) {
    (void)team.accumulate(batch(17, features(), turn), meter);
    (void)team.accumulate(batch(rows, features(), turn + 5), meter, {}, {}, {}, true);
    team.step(meter);
  }
}

bool same_state(Replicas& a, Replicas& b) {
  const auto one = collect_state(a);
  const auto other = collect_state(b);
  return one && other && one->parameters == other->parameters && one->buffers == other->buffers &&
         one->optimizer == other->optimizer && one->accumulated == other->accumulated &&
         one->generators == other->generators;
}

double largest_difference(const Replicas& a, const Replicas& b) {
  return (flat(a.model().parameters()).cpu() - flat(b.model().parameters()).cpu()).abs().max().item<double>();
}

int gpus() { return torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0; }

}  // namespace

class TestSeveralDevices : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void replicas_have_the_same_bytes_data();
  void replicas_have_the_same_bytes();
  void all_replicas_have_the_weights();
  void gradients_leave_while_backward_runs();
  void a_short_batch_leaves_nothing_behind();
  void each_device_gets_its_rows();
  void stages_have_the_same_bytes_data();
  void stages_have_the_same_bytes();
  void the_norm_is_that_of_all_stages();
  void goes_on_from_a_checkpoint_data();
  void goes_on_from_a_checkpoint();
  void shows_what_lies_elsewhere();
  void replicas_on_gpus();
  void stages_on_gpus();
};

void TestSeveralDevices::replicas_have_the_same_bytes_data() {
  QTest::addColumn<int>("replicas");
  QTest::addColumn<double>("clip");
  QTest::addColumn<double>("average");
  QTest::newRow("two") << 2 << 0.0 << 0.0;
  QTest::newRow("four") << 4 << 0.0 << 0.0;
  QTest::newRow("a norm of the gradient") << 3 << 0.1 << 0.0;
  QTest::newRow("an average of the weights") << 2 << 0.0 << 0.8;
}

void TestSeveralDevices::replicas_have_the_same_bytes() {
  QFETCH(int, replicas);
  QFETCH(double, clip);
  QFETCH(double, average);
  const auto count = static_cast<std::size_t>(replicas);
  const ModelPlan plan = mixed_network({{"learning_rate", 0.05}, {"clip_norm", clip}, {"ema", average}});
  const auto shared = made(plan, count);
  const auto apart = made(plan, 1, Devices(count, at::kCPU));
  QVERIFY(shared && apart);
  QCOMPARE(apart->count(), count);
  learn(*shared, 0, 4);
  learn(*apart, 0, 4);
  QVERIFY(same_state(*shared, *apart));
  // Validation measures the average, of which all replicas have to know.
  for (Replicas* team : {shared.get(), apart.get()}) team->use_average(true);
  const auto fields = batch(23, features(), 9);
  QCOMPARE(totals(apart->evaluate(fields)).loss_sum, totals(shared->evaluate(fields)).loss_sum);
  for (Replicas* team : {shared.get(), apart.get()}) team->use_average(false);
  learn(*shared, 4, 6);
  learn(*apart, 4, 6);
  QVERIFY(same_state(*shared, *apart));
  QVERIFY(largest_difference(*apart, *made(plan, 1)) > 0.01);  // it has learnt
}

void TestSeveralDevices::all_replicas_have_the_weights() {
  const ModelPlan plan = mixed_network({{"learning_rate", 0.05}});
  const auto team = made(plan, 1, Devices(5, at::kCPU));
  learn(*team, 0, 2);
  const at::Tensor first = flat(team->model(0).parameters());
  for (std::size_t i = 1; i < team->count(); ++i) {
    const std::vector<at::Tensor> own = team->model(i).parameters();
    QVERIFY(own.front().data_ptr() != team->model(0).parameters().front().data_ptr());
    QVERIFY(at::equal(flat(own), first));
    QCOMPARE(gradient(team->model(i)).abs().max().item<double>(), 0.0);
  }
}

void TestSeveralDevices::gradients_leave_while_backward_runs() {
  const ModelPlan plan = plain_network();
  const auto one = model_of(plan);
  const auto other = model_of(plan);
  const FlatParameters flat_one(one->parameters());
  const FlatParameters flat_other(other->parameters());
  std::vector<std::string> story;
  GradientBuckets buckets(flat_one, 2, 1,
                          {.arrived =
                               [&](std::size_t bucket, std::size_t replica) {
                                 story.push_back(std::to_string(replica) + "has" + std::to_string(bucket));
                               },
                           .leave = [&](std::size_t bucket) { story.push_back("send" + std::to_string(bucket)); }});
  buckets.watch(one->parameters(), 0);
  buckets.watch(other->parameters(), 1);
  QCOMPARE(buckets.count(), std::size_t{4});  // each parameter by itself
  const auto fields = batch(8, features());
  const auto backward = [&](Model& model) { model.backward(model.forward(fields, {}).loss); };
  backward(*one);  // not the last one of the step
  QVERIFY(story.empty());
  buckets.begin();
  backward(*one);
  QCOMPARE(story.size(), std::size_t{4});
  backward(*other);
  QCOMPARE(story.size(), std::size_t{12});
  const auto place = [&](const char* what) { return std::find(story.begin(), story.end(), what) - story.begin(); };
  QVERIFY2(place("send0") < place("1has3"), qPrintable(joined(story)));  // the first layer's gradient is still to come
  for (const char* later : {"send1", "send2", "send3"}) QVERIFY(place(later) < 12);
  QVERIFY(place("send0") < place("send1") && place("send1") < place("send2") && place("send2") < place("send3"));
  buckets.leave_rest();
  QCOMPARE(story.size(), std::size_t{12});
  buckets.leave_rest();  // of a step that nobody began
  QCOMPARE(story.size(), std::size_t{16});
}

/// The second replica has no rows, and what it had of the batch before is counted.
void TestSeveralDevices::a_short_batch_leaves_nothing_behind() {
  const ModelPlan plan = plain_network();
  const auto shared = made(plan, 2);
  const auto apart = made(plan, 1, Devices(2, at::kCPU));
  for (Replicas* team : {shared.get(), apart.get()}) learn(*team, 0, 2, 1);
  QCOMPARE(apart->gradients(1).abs().max().item<double>(), 0.0);
  QVERIFY(same_state(*shared, *apart));
}

/// Of a batch of which rows were left out: each replica has those that it would have had. They come by devices, and
/// what is in the whole batch's place is not looked at.
void TestSeveralDevices::each_device_gets_its_rows() {
  const std::vector<at::Tensor> all = batch(6, features());
  std::vector<float> numbers(36);
  std::copy_n(all.front().data_ptr<float>(), 36, numbers.begin());
  const auto buffer = std::make_shared<BatchBuffer>();
  buffer->fields = {reinterpret_cast<std::byte*>(numbers.data())};
  const Batch given{.records = 6, .drawn = 8, .missing = {0, 2}, .buffer = buffer};
  const BatchDivision division{.drawn = 8, .missing = given.missing};
  QCOMPARE(division.rows_of_replica(6, 0, 2), (Rows{0, 2}));
  QCOMPARE(division.rows_of_replica(6, 1, 2), (Rows{2, 4}));
  std::vector<std::vector<at::Tensor>> placed;
  for (std::size_t i = 0; i < 2; ++i) {
    const Rows rows = division.rows_of_replica(6, i, 2);
    BatchUploader uploader(at::kCPU, {{.kind = Kind::Tensor, .shape = {kFeatures}}}, 4);
    placed.push_back(uploader.upload(given, rows));
    QVERIFY(at::equal(placed[i].front(), all.front().narrow(0, rows.first, rows.count)));
    placed[i].push_back(all.back().narrow(0, rows.first, rows.count));
  }
  const ModelPlan plan = plain_network();
  const auto shared = made(plan, 2);
  const auto apart = made(plan, 1, Devices(2, at::kCPU));
  TrainerMeter meter;
  (void)shared->accumulate(all, meter, {}, {}, division);
  (void)apart->accumulate({at::zeros_like(all.front()), at::zeros_like(all.back())}, meter, {}, {},
                          {.drawn = 8, .missing = given.missing, .placed = placed});
  for (Replicas* team : {shared.get(), apart.get()}) team->step(meter);
  QVERIFY(same_state(*shared, *apart));
}

void TestSeveralDevices::stages_have_the_same_bytes_data() {
  QTest::addColumn<double>("average");
  QTest::newRow("plain") << 0.0;
  QTest::newRow("an average of the weights") << 0.8;
}

void TestSeveralDevices::stages_have_the_same_bytes() {
  QFETCH(double, average);
  const ModelPlan plan = cut_in_three(mixed_network({{"learning_rate", 0.05}, {"ema", average}}));
  const auto shared = made(plan, 1);
  const auto apart = made(plan, 1, {}, Devices(3, at::kCPU));
  QVERIFY(shared && apart && apart->stages() != nullptr);
  QCOMPARE(apart->parameters().away().size(), std::size_t{3});
  learn(*shared, 0, 4);
  learn(*apart, 0, 4);
  QVERIFY(same_state(*shared, *apart));
  for (Replicas* team : {shared.get(), apart.get()}) team->use_average(true);
  const auto fields = batch(23, features(), 9);
  QCOMPARE(totals(apart->evaluate(fields)).loss_sum, totals(shared->evaluate(fields)).loss_sum);
  FlatOptimizer::Averaged best;
  apart->copy_measured(best);
  for (Replicas* team : {shared.get(), apart.get()}) team->use_average(false);
  learn(*apart, 4, 6);
  apart->restore_measured(best);
  QCOMPARE(totals(apart->evaluate(fields)).loss_sum, [&] {
    shared->use_average(true);
    return totals(shared->evaluate(fields)).loss_sum;
  }());
}

void TestSeveralDevices::the_norm_is_that_of_all_stages() {
  const ModelPlan plan = cut_in_three(mixed_network({{"learning_rate", 0.05}, {"clip_norm", 0.05}}));
  const auto shared = made(plan, 1);
  const auto apart = made(plan, 1, {}, Devices(3, at::kCPU));
  learn(*shared, 0, 4);
  learn(*apart, 0, 4);
  QVERIFY2(largest_difference(*shared, *apart) < 1e-6, QByteArray::number(largest_difference(*shared, *apart)));
}

void TestSeveralDevices::goes_on_from_a_checkpoint_data() {
  QTest::addColumn<bool>("staged");
  QTest::addColumn<bool>("from_apart");
  QTest::newRow("replicas, to devices") << false << false;
  QTest::newRow("replicas, from devices") << false << true;
  QTest::newRow("stages, to devices") << true << false;
  QTest::newRow("stages, from devices") << true << true;
}

/// Also in the midst of a step, of which each device has its part.
void TestSeveralDevices::goes_on_from_a_checkpoint() {
  QFETCH(bool, staged);
  QFETCH(bool, from_apart);
  ModelPlan plan = mixed_network({{"learning_rate", 0.05}, {"ema", 0.7}});
  if (staged) plan = cut_in_three(std::move(plan));
  const auto build = [&](bool apart) {
    if (!apart) return made(plan, 2);
    return staged ? made(plan, 1, {}, Devices(3, at::kCPU)) : made(plan, 1, Devices(2, at::kCPU));
  };
  const auto from = build(from_apart);
  const auto to = build(!from_apart);
  learn(*from, 0, 3);
  TrainerMeter meter;
  (void)from->accumulate(batch(14, features(), 7), meter);
  const auto state = collect_state(*from);
  QVERIFY(state && state->accumulated.size() == (staged ? 2U : 3U));
  const Status restored = restore_state(*state, *to);
  QVERIFY2(restored, restored ? "" : restored.error().line().c_str());
  for (Replicas* team : {from.get(), to.get()}) {
    (void)team->accumulate(batch(6, features(), 8), meter, {}, {}, {}, true);
    team->step(meter);
    learn(*team, 3, 5);
  }
  QVERIFY(same_state(*from, *to));
}

void TestSeveralDevices::shows_what_lies_elsewhere() {
  for (const bool staged : {false, true}) {
    ModelPlan plan = mixed_network({{"learning_rate", 0.05}});
    if (staged) plan = cut_in_three(std::move(plan));
    const auto shared = made(plan, 2);
    const auto apart = staged ? made(plan, 1, {}, Devices(3, at::kCPU)) : made(plan, 1, Devices(2, at::kCPU));
    for (Replicas* team : {shared.get(), apart.get()}) {
      team->keep_gradient();
      learn(*team, 0, 1);
    }
    const WatchedTensors expected = shared->tensors();
    const WatchedTensors found = apart->tensors();
    QVERIFY(!expected.gradients.empty() && found.weights == expected.weights);
    QVERIFY(found.gradients == expected.gradients);
  }
}

void TestSeveralDevices::replicas_on_gpus() {
  if (gpus() < 2) QSKIP("Two GPUs are needed, which this machine does not have");
  const ModelPlan plan =
      network({linear(8), {"batch_norm"}, {"relu"}, linear(kClasses)}, features(), "sgd", {{"learning_rate", 0.1}});
  const auto shared = made(plan, 2);
  const auto apart = made(plan, 1, {at::Device("cuda:0"), at::Device("cuda:1")});
  QVERIFY(apart);
  TrainerMeter meter;
  for (std::int64_t turn = 0; turn < 8; ++turn) {
    const double expected = totals(shared->train(batch(32, features(), turn), meter)).loss();
    const double found = totals(apart->train(batch(32, features(), turn), meter)).loss();
    QVERIFY2(std::abs(found - expected) < 1e-4, QByteArray::number(found - expected));
  }
  QVERIFY(largest_difference(*shared, *apart) < 1e-4);
  QVERIFY(at::equal(flat(apart->model(0).parameters()).cpu(), flat(apart->model(1).parameters()).cpu()));
}

void TestSeveralDevices::stages_on_gpus() {
  if (gpus() < 1) QSKIP("A GPU is needed, which this machine does not have");
  const at::Device last("cuda:" + std::to_string(gpus() - 1));
  const ModelPlan plan = cut_in_three(network({linear(8), {"batch_norm"}, {"relu"}, linear(8), linear(kClasses)},
                                              features(), "adam", {{"learning_rate", 0.02}, {"ema", 0.9}}));
  const auto shared = made(plan, 1);
  const auto apart = made(plan, 1, {}, {at::Device("cuda:0"), at::kCPU, last});
  QVERIFY(apart);
  TrainerMeter meter;
  for (std::int64_t turn = 0; turn < 8; ++turn) {
    const double expected = totals(shared->train(batch(30, features(), turn), meter)).loss();
    const double found = totals(apart->train(batch(30, features(), turn), meter)).loss();
    QVERIFY2(std::abs(found - expected) < 1e-4, QByteArray::number(found - expected));
  }
  const auto state = collect_state(*apart);
  QVERIFY(state && restore_state(*state, *shared));
  QVERIFY(same_state(*shared, *apart));
}

FEEDLINE_TEST(TestSeveralDevices)

}  // namespace test_several_devices

#include "test_several_devices.moc"
