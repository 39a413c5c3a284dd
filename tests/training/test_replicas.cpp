// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/torch.h"
#include "schema/registry.h"
#include "training/replicas.h"
#include "training/step.h"

#include <QTest>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <thread>

using namespace feedline;

namespace {

struct LayerOf {
  const char* type;
  ParamMap params{};
};

const NodeSpec& spec_of(const char* type) { return *Registry::instance().find(type); }

/// A chain of layers, a cross-entropy and an optimiser.
ModelPlan network(const std::vector<LayerOf>& layers, TensorDesc in, const char* optimizer = "sgd",
                  const ParamMap& settings = {{"learning_rate", 1.0}, {"momentum", 0.0}}) {
  ModelPlan plan;
  for (const LayerOf& wanted : layers) {
    const NodeSpec& spec = spec_of(wanted.type);
    LayerPlan layer{.node = wanted.type + std::to_string(plan.layers.size()), .spec = &spec, .inputs = {in}};
    layer.params = spec.complete(wanted.params);
    const TensorDesc* const input = &in;
    layer.output = spec.infer(layer.params, std::span(&input, 1))->front();
    layer.from = {plan.layers.empty() ? LayerPlan::Input{.field = 0}
                                      : LayerPlan::Input{.layer = static_cast<int>(plan.layers.size() - 1)}};
    in = layer.output;
    plan.layers.push_back(std::move(layer));
  }
  plan.loss = {.node = "loss", .spec = &spec_of("cross_entropy"), .params = spec_of("cross_entropy").complete({})};
  plan.loss.from = {{.layer = static_cast<int>(plan.layers.size() - 1)}, {.field = 1}};
  plan.optimizer = &spec_of(optimizer);
  plan.optimizer_params = plan.optimizer->complete(settings);
  plan.optimizer_node = optimizer;
  return plan;
}

constexpr std::int64_t kFeatures = 6;
constexpr std::int64_t kClasses = 3;

TensorDesc features() { return {.kind = Kind::Tensor, .shape = {Dim::symbol("N"), kFeatures}}; }
TensorDesc pictures() { return {.kind = Kind::Tensor, .shape = {Dim::symbol("N"), 3, 8, 7}}; }

LayerOf linear(std::int64_t units) { return {"linear", {{"units", units}}}; }

ModelPlan plain_network() { return network({linear(8), {"relu"}, linear(kClasses)}, features()); }
ModelPlan random_network(const char* optimizer = "adam") {
  return network({linear(8), {"batch_norm"}, {"relu"}, {"dropout", {{"probability", 0.4}}}, linear(kClasses)},
                 features(), optimizer, {{"learning_rate", 0.05}});
}
ModelPlan picture_network() {
  return network({{"conv2d", {{"filters", std::int64_t{4}}}},
                  {"batch_norm"},
                  {"relu"},
                  {"max_pool"},
                  {"conv2d", {{"filters", std::int64_t{5}}, {"kernel", std::int64_t{2}}}},
                  {"flatten"},
                  linear(kClasses)},
                 pictures());
}

std::vector<at::Tensor> batch(std::int64_t rows, const TensorDesc& desc, std::int64_t turn = 0) {
  std::vector<std::int64_t> shape{rows};
  for (std::size_t i = 1; i < desc.shape.size(); ++i) shape.push_back(desc.shape[i].size());
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return {at::arange(count, at::kFloat).mul(0.37).add(static_cast<double>(turn)).sin().view(shape),
          at::arange(rows, at::kLong).add(turn).remainder(kClasses)};
}

std::unique_ptr<Model> model_of(const ModelPlan& plan, const Format& format = {}) {
  torch::manual_seed(3);
  auto model = Model::build(plan, at::kCPU, format);
  return model ? std::move(*model) : nullptr;
}

std::unique_ptr<Replicas> replicas_of(const ModelPlan& plan, std::size_t count, std::stop_token stop = {},
                                      const Format& format = {}) {
  auto made = Replicas::build(plan, model_of(plan, format),
                              {.count = count, .intra_op_threads = 1, .seed = 11, .stop = std::move(stop)});
  return made ? std::move(*made) : nullptr;
}

LossTally::Totals totals(const std::vector<Part>& parts) {
  LossTally tally;
  tally.add(parts);
  return tally.read();
}

/// Parameters, end to end.
at::Tensor flat(const std::vector<at::Tensor>& parameters) {
  std::vector<at::Tensor> parts;
  for (const at::Tensor& parameter : parameters) parts.push_back(parameter.detach().reshape({-1}));
  return at::cat(parts);
}

at::Tensor gradient(const Model& model) {
  std::vector<at::Tensor> parts;
  for (const at::Tensor& parameter : model.parameters()) parts.push_back(parameter.grad());
  return flat(parts);
}

/// Calls back in each forward pass, from the replica's thread.
class SpyLayer final : public Layer {
 public:
  using Call = std::function<void(std::int64_t rows)>;
  explicit SpyLayer(const Call& call) : call_(call) {}
  at::Tensor forward(std::span<const at::Tensor> in) override {
    call_(in[0].size(0));
    return in[0] * 1;
  }

 private:
  const Call& call_;
};

/// plain_network() with a spy, of node "spy", between its layers.
class SpiedNetwork {
 public:
  explicit SpiedNetwork(SpyLayer::Call call) : call_(std::move(call)) {
    spec_.layer = [this](const ParamMap&, DescInputs, const TensorDesc&) -> std::unique_ptr<Layer> {
      return std::make_unique<SpyLayer>(call_);
    };
    plan.layers[1].spec = &spec_;
    plan.layers[1].node = "spy";
  }
  ModelPlan plan = plain_network();

 private:
  SpyLayer::Call call_;
  NodeSpec spec_{};
};

}  // namespace

class TestReplicas : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void rows_data();
  void rows();
  void gradients_add_up_data();
  void gradients_add_up();
  void one_replica_trains_like_the_model();
  void starting_weights_do_not_depend_on_the_count();
  void same_seed_same_bytes_data();
  void same_seed_same_bytes();
  void other_seed_other_masks();
  void statistics_are_those_of_replica_0();
  void evaluates_alike_data();
  void evaluates_alike();
  void evaluation_leaves_no_trace();
  void names_the_node_that_failed_data();
  void names_the_node_that_failed();
  void a_failure_outweighs_what_it_cancels();
  void stops_in_mid_step();
  void channels_last_changes_nothing_but_speed();
  void shards_step_like_the_whole();
  void chooses_a_format_data();
  void chooses_a_format();
  void bfloat16_in_the_middle_only_data();
  void bfloat16_in_the_middle_only();
};

void TestReplicas::rows_data() {
  QTest::addColumn<int>("rows");
  QTest::addColumn<QList<int>>("counts");
  QTest::newRow("even") << 8 << QList<int>{4, 4};
  QTest::newRow("odd") << 7 << QList<int>{4, 3};
  QTest::newRow("of three") << 128 << QList<int>{43, 43, 42};
  QTest::newRow("one row") << 1 << QList<int>{1, 0};
  QTest::newRow("two rows") << 2 << QList<int>{1, 1, 0};
  QTest::newRow("one replica") << 5 << QList<int>{5};
}

void TestReplicas::rows() {
  QFETCH(int, rows);
  QFETCH(QList<int>, counts);
  std::int64_t next = 0;
  QList<int> found;
  for (int i = 0; i < counts.size(); ++i) {
    const Rows part = rows_of(rows, static_cast<std::size_t>(i), static_cast<std::size_t>(counts.size()));
    QCOMPARE(part.first, next);
    next += part.count;
    found << static_cast<int>(part.count);
  }
  QCOMPARE(next, std::int64_t{rows});
  QCOMPARE(found, counts);
}

void TestReplicas::gradients_add_up_data() {
  QTest::addColumn<int>("count");
  QTest::addColumn<int>("rows");
  for (const int count : {1, 2, 3, 5})
    for (const int rows : {32, 7, 1}) QTest::addRow("%d replicas, %d rows", count, rows) << count << rows;
}

/// With a learning rate of 1 and nothing else, a step changes the weights by the gradient.
void TestReplicas::gradients_add_up() {
  QFETCH(int, count);
  QFETCH(int, rows);
  const ModelPlan plan = plain_network();
  const auto fields = batch(rows, features());
  const auto whole = model_of(plan);
  const auto outcome = whole->forward(fields, {});
  whole->backward(outcome.loss);

  const auto replicas = replicas_of(plan, static_cast<std::size_t>(count));
  const at::Tensor before = flat(replicas->model().parameters()).clone();
  TrainerMeter meter;
  const auto parts = replicas->train(fields, meter);
  const at::Tensor change = before - flat(replicas->model().parameters());
  QVERIFY(at::allclose(change, gradient(*whole), 1e-4, 1e-6));
  QVERIFY(change.abs().sum().item<double>() > 0);

  QCOMPARE(parts.size(), static_cast<std::size_t>(std::min(count, rows)));
  const auto found = totals(parts);
  QCOMPARE(found.samples, static_cast<std::uint64_t>(rows));
  QVERIFY(std::abs(found.loss() - outcome.loss.item<double>()) < 1e-5);
  QCOMPARE(found.correct, static_cast<double>(outcome.correct.item<std::int64_t>()));
  QCOMPARE(gradient(replicas->model()).abs().sum().item<double>(), 0.0);
}

void TestReplicas::one_replica_trains_like_the_model() {
  const ModelPlan plan =
      network({linear(8), {"batch_norm"}, {"relu"}, linear(kClasses)}, features(), "adam", {{"learning_rate", 0.05}});
  const auto model = model_of(plan);
  const auto optimizer = plan.optimizer->optimizer(plan.optimizer_params, model->parameters());
  const auto replicas = replicas_of(plan, 1);
  TrainerMeter meter;
  for (std::int64_t step = 0; step < 10; ++step) {
    const auto fields = batch(16, features(), step);
    optimizer->zero_grad();
    const auto outcome = model->forward(fields, {});
    model->backward(outcome.loss);
    optimizer->step();
    const auto parts = replicas->train(fields, meter);
    QVERIFY(std::abs(totals(parts).loss() - outcome.loss.item<double>()) < 1e-5);
  }
  QVERIFY(at::allclose(flat(model->parameters()), flat(replicas->model().parameters()), 1e-4, 1e-5));
  QVERIFY(at::allclose(flat(model->buffers()), flat(replicas->model().buffers()), 1e-4, 1e-5));
}

void TestReplicas::starting_weights_do_not_depend_on_the_count() {
  const ModelPlan plan = picture_network();
  const auto model = model_of(plan);
  for (const std::size_t count : {1U, 2U, 4U}) {
    for (const bool channels_last : {false, true}) {
      const auto replicas = replicas_of(plan, count, {}, {.channels_last = channels_last});
      QCOMPARE(replicas->count(), count);
      QVERIFY(at::equal(flat(model->parameters()), flat(replicas->model().parameters())));
    }
  }
}

void TestReplicas::same_seed_same_bytes_data() {
  QTest::addColumn<int>("count");
  for (const int count : {1, 2, 3}) QTest::addRow("%d replicas", count) << count;
}

void TestReplicas::same_seed_same_bytes() {
  QFETCH(int, count);
  const ModelPlan plan = random_network();
  std::vector<at::Tensor> weights;
  std::vector<double> losses[2];
  for (std::vector<double>& own : losses) {
    const auto replicas = replicas_of(plan, static_cast<std::size_t>(count));
    TrainerMeter meter;
    for (std::int64_t step = 0; step < 30; ++step)
      own.push_back(totals(replicas->train(batch(32, features(), step), meter)).loss());
    weights.push_back(flat(replicas->model().parameters()).clone());
  }
  QVERIFY(losses[0] == losses[1]);
  QVERIFY(at::equal(weights[0], weights[1]));
  QVERIFY(losses[0].front() != losses[0].back());
}

void TestReplicas::other_seed_other_masks() {
  const ModelPlan plan = random_network();
  std::vector<double> losses;
  for (const std::uint64_t seed : {1U, 2U}) {
    auto made = Replicas::build(plan, model_of(plan), {.count = 2, .seed = seed});
    QVERIFY(made.has_value());
    TrainerMeter meter;
    losses.push_back(totals((*made)->train(batch(32, features()), meter)).loss());
  }
  QVERIFY(losses[0] != losses[1]);
  // The two replicas of one step drop different numbers too.
  auto made = Replicas::build(plan, model_of(plan), {.count = 2, .seed = 1});
  const auto half = batch(16, features());
  TrainerMeter meter;
  const auto parts = (*made)->train({at::cat({half[0], half[0]}), at::cat({half[1], half[1]})}, meter);
  QCOMPARE(parts.size(), 2U);
  QVERIFY(parts[0].outcome.loss.item<float>() != parts[1].outcome.loss.item<float>());
}

void TestReplicas::statistics_are_those_of_replica_0() {
  const ModelPlan plan = network({linear(8), {"batch_norm"}, linear(kClasses)}, features());
  const auto fields = batch(12, features());
  const auto half = model_of(plan);
  (void)half->forward(std::vector<at::Tensor>{fields[0].narrow(0, 0, 6), fields[1].narrow(0, 0, 6)}, {});
  const auto replicas = replicas_of(plan, 2);
  TrainerMeter meter;
  (void)replicas->train(fields, meter);
  QVERIFY(at::allclose(flat(half->buffers()), flat(replicas->model().buffers()), 1e-5, 1e-6));
}

void TestReplicas::evaluates_alike_data() {
  QTest::addColumn<int>("rows");
  for (const int rows : {40, 5, 1}) QTest::addRow("%d rows", rows) << rows;
}

void TestReplicas::evaluates_alike() {
  QFETCH(int, rows);
  // Batch norm would differ if a replica used statistics of its own; dropout if it dropped.
  const ModelPlan plan = random_network();
  const auto replicas = replicas_of(plan, 3);
  const auto reference = model_of(plan);
  TrainerMeter meter;
  for (std::int64_t step = 0; step < 5; ++step) (void)replicas->train(batch(24, features(), step), meter);
  const auto fields = batch(rows, features(), 9);
  const auto found = totals(replicas->evaluate(fields));

  const torch::NoGradGuard no_gradients;
  const auto copy = [](const std::vector<at::Tensor>& from, const std::vector<at::Tensor>& to) {
    for (std::size_t i = 0; i < from.size(); ++i) to[i].copy_(from[i]);
  };
  copy(replicas->model().parameters(), reference->parameters());
  copy(replicas->model().buffers(), reference->buffers());
  reference->train(false);
  const auto outcome = reference->forward(fields, {});
  QCOMPARE(found.samples, static_cast<std::uint64_t>(rows));
  QVERIFY(std::abs(found.loss() - outcome.loss.item<double>()) < 1e-5);
  QCOMPARE(found.correct, static_cast<double>(outcome.correct.item<std::int64_t>()));
}

void TestReplicas::evaluation_leaves_no_trace() {
  const ModelPlan plan = random_network();
  std::vector<at::Tensor> ends;
  for (const bool evaluated : {false, true}) {
    const auto replicas = replicas_of(plan, 2);
    TrainerMeter meter;
    for (std::int64_t step = 0; step < 4; ++step) {
      (void)replicas->train(batch(16, features(), step), meter);
      if (evaluated) (void)replicas->evaluate(batch(10, features(), step));
    }
    ends.push_back(flat(replicas->model().parameters()).clone());
  }
  QVERIFY(at::equal(ends[0], ends[1]));
}

void TestReplicas::names_the_node_that_failed_data() {
  QTest::addColumn<int>("rows");  // of the replica that fails: 4, 3, 3
  QTest::newRow("replica 0") << 4;
  QTest::newRow("the others") << 3;
}

void TestReplicas::names_the_node_that_failed() {
  QFETCH(int, rows);
  SpiedNetwork spied([rows](std::int64_t found) {
    if (found == rows) throw std::runtime_error("broken\nand a trace");
  });
  const auto replicas = replicas_of(spied.plan, 3);
  TrainerMeter meter;
  try {
    (void)replicas->train(batch(10, features()), meter);
    QFAIL("it went on");
  } catch (const StepFailed& fault) {
    QCOMPARE(QString::fromStdString(fault.error().node), QString("spy"));
    QVERIFY(QString::fromStdString(fault.error().reason).contains("broken"));
  }
}

void TestReplicas::a_failure_outweighs_what_it_cancels() {
  // Replica 0 works until it is cancelled, which only the other's failure brings about.
  const auto run_thread = std::this_thread::get_id();
  std::atomic<bool> failed = false;
  SpiedNetwork spied([&](std::int64_t) {
    if (std::this_thread::get_id() != run_thread) {
      failed = true;
      throw std::bad_alloc();
    }
    while (!failed) std::this_thread::yield();
  });
  const auto replicas = replicas_of(spied.plan, 2);
  TrainerMeter meter;
  QVERIFY_EXCEPTION_THROWN((void)replicas->train(batch(8, features()), meter), StepFailed);
  // Nothing more is learnt after that.
  const at::Tensor before = flat(replicas->model().parameters()).clone();
  failed = true;
  QVERIFY_EXCEPTION_THROWN((void)replicas->train(batch(1, features()), meter), StepCancelled);
  QVERIFY(at::equal(before, flat(replicas->model().parameters())));
}

void TestReplicas::stops_in_mid_step() {
  std::stop_source stop;
  const auto run_thread = std::this_thread::get_id();
  SpiedNetwork spied([&](std::int64_t) {
    if (std::this_thread::get_id() != run_thread) stop.request_stop();
  });
  const auto replicas = replicas_of(spied.plan, 3, stop.get_token());
  const at::Tensor before = flat(replicas->model().parameters()).clone();
  TrainerMeter meter;
  QVERIFY_EXCEPTION_THROWN((void)replicas->train(batch(9, features()), meter), StepCancelled);
  QVERIFY(at::equal(before, flat(replicas->model().parameters())));
  QVERIFY_EXCEPTION_THROWN((void)replicas->evaluate(batch(9, features())), StepCancelled);
}

void TestReplicas::channels_last_changes_nothing_but_speed() {
  const ModelPlan plan = picture_network();
  std::vector<at::Tensor> ends;
  for (const bool channels_last : {false, true}) {
    const auto replicas = replicas_of(plan, 2, {}, {.channels_last = channels_last});
    TrainerMeter meter;
    for (std::int64_t step = 0; step < 3; ++step) (void)replicas->train(batch(9, pictures(), step), meter);
    ends.push_back(flat(replicas->model().parameters()).clone());
    for (const at::Tensor& parameter : replicas->model().parameters())
      if (parameter.dim() == 4) QCOMPARE(parameter.is_contiguous(at::MemoryFormat::ChannelsLast), channels_last);
  }
  QVERIFY(at::allclose(ends[0], ends[1], 1e-3, 1e-4));
}

void TestReplicas::shards_step_like_the_whole() {
  const auto model = model_of(plain_network());
  const FlatParameters parameters(model->parameters());
  std::int64_t covered = 0;
  for (const std::size_t count : {1U, 2U, 3U, 7U}) {
    for (const at::Tensor& shard : parameters.shards(count)) {
      QVERIFY(shard.is_leaf() && shard.requires_grad() && shard.grad().defined());
      covered += shard.numel();
    }
    QCOMPARE(covered, parameters.values().numel());
    covered = 0;
  }
  // A change of a shard is one of the model.
  {
    const torch::NoGradGuard no_gradients;
    for (const at::Tensor& shard : parameters.shards(3)) at::Tensor(shard).fill_(2);
  }
  for (const at::Tensor& parameter : model->parameters()) QVERIFY(at::equal(parameter, at::full_like(parameter, 2)));
}

void TestReplicas::chooses_a_format_data() {
  QTest::addColumn<QString>("channels_last");
  QTest::addColumn<QString>("precision");
  QTest::addColumn<bool>("cpu");
  QTest::addColumn<bool>("pictures");
  QTest::addColumn<bool>("expected");
  QTest::newRow("auto") << "auto"
                        << "auto" << true << true << true;
  QTest::newRow("auto, no pictures") << "auto"
                                     << "auto" << true << false << false;
  QTest::newRow("off") << "off"
                       << "float32" << true << true << false;
  QTest::newRow("on") << "on"
                      << "auto" << false << true << true;
  QTest::newRow("auto on a GPU") << "auto"
                                 << "auto" << false << true << false;
  QTest::newRow("auto on a GPU, bfloat16") << "auto"
                                           << "bfloat16" << false << true << true;
}

void TestReplicas::chooses_a_format() {
  QFETCH(QString, channels_last);
  QFETCH(QString, precision);
  QFETCH(bool, cpu);
  QFETCH(bool, pictures);
  QFETCH(bool, expected);
  TrainerSettings settings;
  settings.channels_last = channels_last.toStdString();
  settings.precision = precision.toStdString();
  const auto format = choose_format(settings, cpu ? at::kCPU : at::kCUDA, pictures);
  QVERIFY(format.has_value());
  QCOMPARE(format->channels_last, expected);
  QCOMPARE(QString::fromStdString(format->precision()), precision == "bfloat16" ? precision : QString("float32"));

  settings.precision = "bfloat16";
  const auto reduced = choose_format(settings, at::kCPU, pictures);
  QCOMPARE(reduced.has_value(), cpu_has_bfloat16());
  if (reduced) return;
  QCOMPARE(QString::fromStdString(reduced.error().parameter), QString("precision"));
  QVERIFY(!reduced.error().remedy.empty());
}

void TestReplicas::bfloat16_in_the_middle_only_data() {
  QTest::addColumn<bool>("pictures");
  QTest::newRow("features") << false;
  QTest::newRow("pictures") << true;
}

/// Emulated where the CPU lacks it, which is slow and right.
void TestReplicas::bfloat16_in_the_middle_only() {
  QFETCH(bool, pictures);
  const ModelPlan plan = pictures ? picture_network() : plain_network();
  const auto exact = model_of(plan);
  const auto reduced = model_of(plan, {.channels_last = pictures, .bfloat16 = true});
  const auto fields = batch(16, pictures ? ::pictures() : features());
  const auto one = exact->forward(fields, {});
  const auto other = reduced->forward(fields, {});
  QVERIFY(other.loss.dtype() == at::kFloat);
  QVERIFY(one.loss.item<float>() != other.loss.item<float>());
  QVERIFY(std::abs(one.loss.item<float>() - other.loss.item<float>()) < 0.02F);
  exact->backward(one.loss);
  reduced->backward(other.loss);
  for (const at::Tensor& parameter : reduced->parameters()) QVERIFY(parameter.grad().dtype() == at::kFloat);
  QVERIFY(at::allclose(gradient(*exact), gradient(*reduced), 0.1, 0.05));
  // The thread is as it was.
  const at::Tensor product = at::mm(at::ones({2, 2}), at::ones({2, 2}));
  QVERIFY(product.dtype() == at::kFloat);
}

QTEST_GUILESS_MAIN(TestReplicas)
#include "test_replicas.moc"
