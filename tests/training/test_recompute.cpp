// SPDX-License-Identifier: GPL-3.0-or-later

// Blocks that backward computes once more learn what they learn with all kept, to the last bit.

#include "networks.h"
#include "plan/recompute.h"
#include "support/test_program.h"

#include <QTest>

#include <functional>
#include <stdexcept>

namespace test_recompute {

using namespace feedline;

namespace {

ModelPlan recomputing(ModelPlan plan, std::vector<std::string> names) {
  plan.memory.recompute = std::move(names);
  return plan;
}

/// Layers [first, end) lie in a sub-graph.
ModelPlan in_subgraph(ModelPlan plan, const std::string& path, std::size_t first, std::size_t end) {
  for (std::size_t i = first; i < end; ++i) plan.layers[i].node = path + "/" + plan.layers[i].node;
  return plan;
}

/// What the first layer gives is read by the sum, three layers later, as well: beside the block of those between.
ModelPlan skipping() {
  ModelPlan plan = network({linear(8), {"relu"}, {"dropout"}, linear(8), {"relu"}, linear(kClasses)}, features());
  LayerPlan& sum = plan.layers[4];
  sum.spec = &spec_of("add");
  sum.params = sum.spec->complete({});
  sum.inputs = {sum.inputs.front(), sum.inputs.front()};
  sum.from = {{.layer = 0}, {.layer = 3}};
  return plan;
}

/// Calls back in each forward pass, and gives what it is given times 1.
class Spy final : public Layer {
 public:
  using Seen = std::function<void(const at::Tensor& given)>;
  explicit Spy(const Seen& seen) : seen_(seen) {}
  at::Tensor forward(std::span<const at::Tensor> in) override {
    at::Tensor given = in[0] * 1;
    seen_(given);
    return given;
  }

 private:
  const Seen& seen_;
};

/// plain_network() with a spy in place of its second layer.
struct Spied {
  explicit Spied(Spy::Seen what) : seen(std::move(what)) {
    spec.layer = [this](const ParamMap&, DescInputs, const TensorDesc&) -> std::unique_ptr<Layer> {
      return std::make_unique<Spy>(seen);
    };
    plan.layers[1].spec = &spec;
  }
  Spy::Seen seen;
  NodeSpec spec = spec_of("relu");
  ModelPlan plan = plain_network();
};

struct Learnt {
  std::vector<double> losses{};
  at::Tensor parameters{};
  at::Tensor buffers{};
  std::map<std::string, std::vector<std::byte>> generators{};
};

/// Steps of `accumulate` batches; the last batch has one row.
Learnt learn(const ModelPlan& plan, std::size_t replicas, const TensorDesc& in, int accumulate, const Format& format) {
  const auto team = replicas_of(plan, replicas, {}, format);
  if (team == nullptr) return {};
  TrainerMeter meter;
  Learnt learnt;
  for (std::int64_t turn = 0; turn < 6; ++turn) {
    const auto parts = team->accumulate(batch(turn == 5 ? 1 : 15, in, turn), meter);
    if ((turn + 1) % accumulate == 0) team->step(meter);
    learnt.losses.push_back(totals(parts).loss());
  }
  learnt.parameters = flat(team->model().parameters()).clone();
  std::vector<at::Tensor> buffers = team->model().buffers();
  buffers.push_back(at::zeros({1}));
  for (at::Tensor& buffer : buffers) buffer = buffer.to(at::kDouble);
  learnt.buffers = flat(buffers).clone();
  learnt.generators = team->model().random_states();
  return learnt;
}

}  // namespace

class TestRecompute : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void same_bytes_data();
  void same_bytes();
  void keeps_what_enters_alone();
  void computes_a_block_twice_in_training_alone();
  void stages_recompute();
  void a_fault_in_the_second_pass_names_its_layer();
  void blocks_follow_names();
  void refuses_an_unknown_name();
};

void TestRecompute::same_bytes_data() {
  QTest::addColumn<int>("kind");
  QTest::addColumn<QString>("name");
  QTest::addColumn<int>("replicas");
  QTest::addColumn<int>("accumulate");
  QTest::addColumn<bool>("mixed");
  QTest::newRow("a sub-graph with batch norm and dropout") << 0 << "block" << 1 << 1 << false;
  QTest::newRow("every layer by itself") << 0 << "block/*" << 1 << 1 << false;
  QTest::newRow("everything") << 0 << "*" << 1 << 1 << false;
  QTest::newRow("three replicas") << 0 << "block" << 3 << 1 << false;
  QTest::newRow("two batches a step") << 0 << "block" << 2 << 2 << false;
  QTest::newRow("bfloat16") << 0 << "block" << 1 << 1 << true;
  QTest::newRow("pictures, channels innermost") << 1 << "block" << 2 << 1 << false;
  QTest::newRow("pictures in bfloat16") << 1 << "block" << 1 << 2 << true;
  QTest::newRow("a wire beside the block") << 2 << "block" << 2 << 1 << false;
}

void TestRecompute::same_bytes() {
  QFETCH(int, kind);
  QFETCH(QString, name);
  QFETCH(int, replicas);
  QFETCH(int, accumulate);
  QFETCH(bool, mixed);
  const TensorDesc in = kind == 1 ? pictures() : features();
  const std::vector<ModelPlan> plans = {in_subgraph(random_network(), "block", 0, 4),
                                        in_subgraph(picture_network(), "block", 1, 5),
                                        in_subgraph(skipping(), "block", 1, 4)};
  const ModelPlan& plan = plans[static_cast<std::size_t>(kind)];
  const Format format{.channels_last = kind == 1, .numbers = mixed ? at::kBFloat16 : at::kFloat};
  const auto count = static_cast<std::size_t>(replicas);
  const Learnt kept = learn(plan, count, in, accumulate, format);
  const Learnt again = learn(recomputing(plan, {name.toStdString()}), count, in, accumulate, format);
  QCOMPARE(again.losses.size(), std::size_t{6});
  QVERIFY(again.losses == kept.losses);
  QVERIFY(kept.losses.front() != kept.losses[4]);
  QVERIFY(at::equal(again.parameters, kept.parameters));
  QVERIFY(at::equal(again.buffers, kept.buffers));
  QVERIFY(again.generators == kept.generators);
}

void TestRecompute::keeps_what_enters_alone() {
  at::Storage seen;
  const Spied spied([&](const at::Tensor& given) { seen = given.storage(); });
  const auto held_after_forward = [&](const ModelPlan& plan) {
    const auto model = model_of(plan);
    const Model::Outcome outcome = model->forward(batch(4, features()), {});
    return seen.use_count() > 1;
  };
  QVERIFY(held_after_forward(spied.plan));  // by the linear layer behind it
  QVERIFY(!held_after_forward(recomputing(in_subgraph(spied.plan, "block", 0, 3), {"block"})));
  // Of blocks of their own, the next one keeps what enters it.
  QVERIFY(held_after_forward(recomputing(spied.plan, {"*"})));
}

void TestRecompute::computes_a_block_twice_in_training_alone() {
  int calls = 0;
  const Spied spied([&](const at::Tensor&) { ++calls; });
  const ModelPlan plan = recomputing(spied.plan, {spied.plan.layers[1].node});
  const auto team = replicas_of(plan, 1);
  TrainerMeter meter;
  (void)team->train(batch(8, features()), meter);
  QCOMPARE(calls, 2);
  // What that took is a part of backward, and of no pass that keeps all.
  const TrainerSample taken = meter.read();
  QVERIFY(taken.recomputed > 0 && taken.recomputed <= taken.times[Phase::Backward]);
  (void)team->evaluate(batch(8, features()));
  QCOMPARE(calls, 3);
  QCOMPARE(meter.read().recomputed, taken.recomputed);
  TrainerMeter plain;
  (void)replicas_of(spied.plan, 1)->train(batch(8, features()), plain);
  QCOMPARE(plain.read().recomputed, Nanos{0});
}

void TestRecompute::stages_recompute() {
  ModelPlan plan = in_subgraph(random_network(), "block", 0, 4);
  plan.stages = 2;
  plan.staging.micro_batches = 3;
  plan.layers[3].stage = plan.layers[4].stage = 1;  // a cut through the block
  const Learnt kept = learn(plan, 1, features(), 1, {});
  const Learnt again = learn(recomputing(plan, {"block"}), 1, features(), 1, {});
  QCOMPARE(again.losses.size(), std::size_t{6});
  QVERIFY(again.losses == kept.losses);
  QVERIFY(at::equal(again.parameters, kept.parameters));
  QVERIFY(at::equal(again.buffers, kept.buffers));
  QVERIFY(again.generators == kept.generators);
}

void TestRecompute::a_fault_in_the_second_pass_names_its_layer() {
  int calls = 0;
  const Spied spied([&](const at::Tensor&) {
    if (++calls == 2) throw std::runtime_error("out of order");
  });
  const ModelPlan plan = recomputing(in_subgraph(spied.plan, "block", 0, 3), {"block"});
  const auto team = replicas_of(plan, 1);
  TrainerMeter meter;
  try {
    (void)team->train(batch(8, features()), meter);
    QFAIL("nothing was thrown");
  } catch (const StepFailed& fault) {
    QCOMPARE(fault.error().node, plan.layers[1].node);
    QVERIFY(fault.error().reason.find("out of order") != std::string::npos);
  }
}

void TestRecompute::blocks_follow_names() {
  ModelPlan plan = in_subgraph(skipping(), "block", 1, 4);
  plan.memory.recompute = {"block"};
  auto blocks = recompute_blocks(plan);
  QVERIFY(blocks);
  QCOMPARE(blocks->size(), std::size_t{1});
  QCOMPARE(blocks->front().path, std::string("block"));
  QCOMPARE(blocks->front().first, std::size_t{1});
  QCOMPARE(blocks->front().end, std::size_t{4});
  QCOMPARE(blocks->front().entering, std::vector<std::size_t>{0});
  QCOMPARE(blocks->front().leaving, std::vector<std::size_t>{3});

  plan.memory.recompute = {"block/*"};
  QCOMPARE(recompute_blocks(plan)->size(), std::size_t{3});
  plan.memory.recompute = {"*"};
  blocks = recompute_blocks(plan);
  QCOMPARE(blocks->size(), std::size_t{4});  // the sub-graph, and each layer beside it
  QCOMPARE(blocks->front().leaving, std::vector<std::size_t>{0});
  plan.layers[2].stage = plan.layers[3].stage = plan.layers[4].stage = plan.layers[5].stage = 1;
  QCOMPARE(recompute_blocks(plan)->size(), std::size_t{5});
  plan.memory.recompute = {};
  QVERIFY(recompute_blocks(plan)->empty());
}

void TestRecompute::refuses_an_unknown_name() {
  const ModelPlan plan = recomputing(plain_network(), {"linear0", "blok"});
  const auto model = Model::build(plan, at::kCPU, 1);
  QVERIFY(!model);
  QCOMPARE(model.error().parameter, std::string("recompute"));
  QVERIFY(model.error().reason.find("blok") != std::string::npos);
  QVERIFY(model.error().remedy.find("linear0") != std::string::npos);
}

FEEDLINE_TEST(TestRecompute)

}  // namespace test_recompute

#include "test_recompute.moc"
