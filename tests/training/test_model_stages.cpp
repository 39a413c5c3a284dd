// SPDX-License-Identifier: GPL-3.0-or-later

// A network cut into stages learns what it learns in one piece.

#include "networks.h"
#include "support/test_program.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace test_model_stages {

using namespace feedline;

namespace {

/// `begins`: the first layer of each stage but the first.
ModelPlan cut(ModelPlan plan, const std::vector<std::size_t>& begins, std::int64_t micros,
              const std::string& schedule = "1f1b") {
  plan.stages = begins.size() + 1;
  plan.staging.micro_batches = micros;
  plan.staging.schedule = schedule;
  for (std::size_t i = 0; i < plan.layers.size(); ++i)
    plan.layers[i].stage = static_cast<std::size_t>(std::upper_bound(begins.begin(), begins.end(), i) - begins.begin());
  return plan;
}

/// The output of the first layer is read twice, the second time three layers later.
ModelPlan skipping_network() {
  ModelPlan plan = network({linear(8), {"relu"}, linear(8), {"relu"}, linear(kClasses)}, features());
  LayerPlan& sum = plan.layers[3];
  sum.spec = &spec_of("add");
  sum.params = sum.spec->complete({});
  sum.inputs = {sum.inputs.front(), sum.inputs.front()};
  sum.from = {{.layer = 0}, {.layer = 2}};
  return plan;
}

std::vector<at::Tensor> rows(const std::vector<at::Tensor>& fields, const Rows& part) {
  std::vector<at::Tensor> own;
  for (const at::Tensor& field : fields) own.push_back(field.narrow(0, part.first, part.count));
  return own;
}

/// One replica that sees the same micro-batches one after the other.
std::vector<double> learn_in_turn(Replicas& replicas, const std::vector<std::vector<at::Tensor>>& batches,
                                  std::size_t micros) {
  TrainerMeter meter;
  std::vector<double> losses;
  for (const auto& fields : batches) {
    const std::int64_t all = fields.front().size(0);
    const std::size_t parts = std::min(micros, static_cast<std::size_t>(all));
    LossTally tally;
    for (std::size_t i = 0; i < parts; ++i) tally.add(replicas.accumulate(rows(fields, rows_of(all, i, parts)), meter));
    replicas.step(meter);
    losses.push_back(tally.read().loss());
  }
  return losses;
}

std::vector<double> learn(Replicas& replicas, const std::vector<std::vector<at::Tensor>>& batches) {
  TrainerMeter meter;
  std::vector<double> losses;
  for (const auto& fields : batches) losses.push_back(totals(replicas.train(fields, meter)).loss());
  return losses;
}

double distance(const Replicas& a, const Replicas& b) {
  return (flat(a.model().parameters()) - flat(b.model().parameters())).abs().max().item<double>();
}

}  // namespace

class TestModelStages : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void same_as_in_one_piece_data();
  void same_as_in_one_piece();
  void same_as_the_whole_batch();
  void same_when_accumulated();
  void same_in_mixed_precision();
  void every_schedule_gives_the_same_bytes();
  void evaluates_the_same();
  void tells_where_time_goes();
  void tells_what_layers_take_in_one_piece();
  void a_fault_in_one_stage_ends_all();
  void stops();
};

void TestModelStages::same_as_in_one_piece_data() {
  QTest::addColumn<int>("kind");
  QTest::addColumn<QList<int>>("begins");
  QTest::addColumn<int>("micros");
  QTest::addColumn<int>("rows");
  QTest::newRow("two stages") << 0 << QList<int>{2} << 4 << 16;
  QTest::newRow("a stage a layer") << 0 << QList<int>{1, 2} << 3 << 16;
  QTest::newRow("dropout and batch norm") << 1 << QList<int>{3} << 4 << 32;
  QTest::newRow("convolutions") << 2 << QList<int>{2, 4} << 4 << 16;
  QTest::newRow("a wire over a stage") << 3 << QList<int>{1, 3} << 5 << 20;
  QTest::newRow("fewer rows than micro-batches") << 0 << QList<int>{2} << 8 << 3;
  QTest::newRow("fewer micro-batches than stages") << 0 << QList<int>{1, 2} << 1 << 8;
}

void TestModelStages::same_as_in_one_piece() {
  QFETCH(int, kind);
  QFETCH(QList<int>, begins);
  QFETCH(int, micros);
  QFETCH(int, rows);
  const std::vector<ModelPlan> plans = {plain_network(), random_network(), picture_network(), skipping_network()};
  const ModelPlan& plan = plans[static_cast<std::size_t>(kind)];
  const TensorDesc in = kind == 2 ? pictures() : features();
  const ModelPlan parted = cut(plan, {begins.begin(), begins.end()}, micros);
  std::vector<std::vector<at::Tensor>> batches;
  for (std::int64_t turn = 0; turn < 4; ++turn) batches.push_back(batch(rows, in, turn));
  const auto whole = replicas_of(plan, 1);
  const auto stages = replicas_of(parted, 1);
  QVERIFY(stages && stages->stages() != nullptr && whole->stages() == nullptr);
  const std::vector<double> expected = learn_in_turn(*whole, batches, static_cast<std::size_t>(micros));
  const std::vector<double> found = learn(*stages, batches);
  for (std::size_t i = 0; i < expected.size(); ++i)
    QVERIFY2(std::abs(found[i] - expected[i]) <= 1e-5 * std::abs(expected[i]),
             qPrintable(QString("step %1: %2, not %3").arg(i).arg(found[i]).arg(expected[i])));
  QVERIFY2(distance(*whole, *stages) < 1e-5, QByteArray::number(distance(*whole, *stages)));
}

void TestModelStages::same_as_the_whole_batch() {
  const ModelPlan plan = plain_network();
  const ModelPlan parted = cut(plan, {1}, 4);
  const auto whole = replicas_of(plan, 1);
  const auto stages = replicas_of(parted, 1);
  std::vector<std::vector<at::Tensor>> batches;
  for (std::int64_t turn = 0; turn < 6; ++turn) batches.push_back(batch(18, features(), turn));
  const std::vector<double> expected = learn(*whole, batches);
  const std::vector<double> found = learn(*stages, batches);
  for (std::size_t i = 0; i < expected.size(); ++i) QVERIFY(std::abs(found[i] - expected[i]) < 1e-5);
  QVERIFY(distance(*stages, *replicas_of(plan, 1)) > 0.01);  // it has learnt
}

/// Two batches of unlike length make one step of the optimiser.
void TestModelStages::same_when_accumulated() {
  const ModelPlan plan = plain_network();
  const ModelPlan parted = cut(plan, {2}, 4);
  const auto whole = replicas_of(plan, 1);
  const auto stages = replicas_of(parted, 1);
  TrainerMeter meter;
  for (Replicas* replicas : {whole.get(), stages.get()})
    for (std::int64_t turn = 0; turn < 3; ++turn) {
      (void)replicas->accumulate(batch(16, features(), turn), meter);
      (void)replicas->accumulate(batch(5, features(), turn + 3), meter);
      QCOMPARE(replicas->pending(), std::int64_t{2});
      replicas->step(meter);
    }
  QVERIFY2(distance(*whole, *stages) < 1e-5, QByteArray::number(distance(*whole, *stages)));
  QVERIFY(distance(*stages, *replicas_of(plan, 1)) > 0.01);
}

/// What passes between stages is in bfloat16 then, and so are the gradients that come back.
void TestModelStages::same_in_mixed_precision() {
  if (!cpu_has_bfloat16()) QSKIP("This CPU has no bfloat16");
  const Format format{.numbers = at::kBFloat16};
  const ModelPlan plan = skipping_network();
  const ModelPlan parted = cut(plan, {1, 3}, 4);
  const auto whole = replicas_of(plan, 1, {}, format);
  const auto stages = replicas_of(parted, 1, {}, format);
  std::vector<std::vector<at::Tensor>> batches;
  for (std::int64_t turn = 0; turn < 3; ++turn) batches.push_back(batch(16, features(), turn));
  const std::vector<double> expected = learn_in_turn(*whole, batches, 4);
  const std::vector<double> found = learn(*stages, batches);
  for (std::size_t i = 0; i < expected.size(); ++i) QVERIFY(std::abs(found[i] - expected[i]) < 1e-5);
  QVERIFY2(distance(*whole, *stages) < 1e-5, QByteArray::number(distance(*whole, *stages)));
}

void TestModelStages::every_schedule_gives_the_same_bytes() {
  const ModelPlan gpipe = cut(random_network(), {2, 4}, 4, "gpipe");
  const ModelPlan other = cut(random_network(), {2, 4}, 4, "1f1b");
  const auto a = replicas_of(gpipe, 1);
  const auto b = replicas_of(other, 1);
  std::vector<std::vector<at::Tensor>> batches;
  for (std::int64_t turn = 0; turn < 5; ++turn) batches.push_back(batch(24, features(), turn));
  QVERIFY(learn(*a, batches) == learn(*b, batches));
  QCOMPARE(distance(*a, *b), 0.0);
}

void TestModelStages::evaluates_the_same() {
  const ModelPlan plan = random_network();
  const ModelPlan parted = cut(plan, {2}, 3);
  const auto whole = replicas_of(plan, 1);
  const auto stages = replicas_of(parted, 1);
  const auto fields = batch(17, features());
  const LossTally::Totals expected = totals(whole->evaluate(fields));
  const LossTally::Totals found = totals(stages->evaluate(fields));
  QCOMPARE(found.samples, expected.samples);
  QVERIFY(std::abs(found.loss() - expected.loss()) < 1e-6);
  QVERIFY(gradient(stages->model()).abs().max().item<double>() == 0);
}

void TestModelStages::tells_where_time_goes() {
  const ModelPlan parted = cut(skipping_network(), {1, 4}, 4);
  const auto stages = replicas_of(parted, 1);
  (void)learn(*stages, {batch(32, features()), batch(32, features(), 1)});
  const std::vector<ModelStageSample> samples = stages->stages()->samples();
  QCOMPARE(samples.size(), std::size_t{3});
  for (const ModelStageSample& sample : samples) {
    QVERIFY(sample.forward > 0 && sample.backward > 0 && sample.idle >= 0);
    QCOMPARE(sample.busy() + sample.idle, samples[0].busy() + samples[0].idle);  // the steps, from begin to end
  }
  QCOMPARE(samples[1].layers.size(), std::size_t{3});
  QCOMPARE(samples[0].layers[0].weights, std::uint64_t{4 * (kFeatures * 8 + 8)});
  QCOMPARE(samples[0].layers[0].gives, std::uint64_t{4 * 8 * 8});  // of eight rows
  std::vector<bool> borders;
  for (const ModelStageSample& sample : samples)
    for (const LayerSample& layer : sample.layers) borders.push_back(layer.can_begin_stage);
  // Behind the relu lies all the rest; the sum too.
  QCOMPARE(borders, (std::vector<bool>{false, true, true, true, true}));
}

/// So that a cut can be proposed for it.
void TestModelStages::tells_what_layers_take_in_one_piece() {
  const auto whole = replicas_of(skipping_network(), 1);
  for (const LayerSample& layer : whole->layers()) QVERIFY(layer.forward == 0);
  (void)learn(*whole, {batch(32, features()), batch(32, features(), 1)});
  const std::vector<LayerSample> layers = whole->layers();
  QCOMPARE(layers.size(), std::size_t{5});
  for (std::size_t i = 0; i < layers.size(); ++i) {
    QCOMPARE(layers[i].node, whole->model().plan().layers[i].node);
    QVERIFY(layers[i].forward > 0);
    QCOMPARE(layers[i].can_begin_stage, i > 0);
  }
  QCOMPARE(layers[0].weights, std::uint64_t{4 * (kFeatures * 8 + 8)});
  QCOMPARE(layers[0].gives, std::uint64_t{4 * 8 * 32});  // of all rows
  (void)whole->evaluate(batch(32, features()));
  for (std::size_t i = 0; i < layers.size(); ++i) QCOMPARE(whole->layers()[i].forward, layers[i].forward);
  QVERIFY(replicas_of(cut(skipping_network(), {1, 4}, 4), 1)->layers().empty());
}

void TestModelStages::a_fault_in_one_stage_ends_all() {
  class Faulty final : public Layer {
   public:
    at::Tensor forward(std::span<const at::Tensor> in) override {
      if (++calls_ > 2) throw std::runtime_error("out of order");
      return in[0] * 1;
    }

   private:
    int calls_ = 0;
  };
  NodeSpec faulty = spec_of("relu");
  faulty.layer = [](const ParamMap&, DescInputs, const TensorDesc&) -> std::unique_ptr<Layer> {
    return std::make_unique<Faulty>();
  };
  ModelPlan parted = cut(plain_network(), {1, 2}, 4);
  parted.layers[1].spec = &faulty;
  const auto stages = replicas_of(parted, 1);
  TrainerMeter meter;
  try {
    (void)stages->train(batch(16, features()), meter);
    QFAIL("nothing was thrown");
  } catch (const StepFailed& fault) {
    QCOMPARE(fault.error().node, parted.layers[1].node);
  }
}

void TestModelStages::stops() {
  std::stop_source stop;
  const ModelPlan parted = cut(plain_network(), {1}, 4);
  const auto stages = replicas_of(parted, 1, stop.get_token());
  TrainerMeter meter;
  (void)stages->train(batch(16, features()), meter);
  stop.request_stop();
  QVERIFY_THROWS_EXCEPTION(StepCancelled, (void)stages->train(batch(16, features()), meter));
}

FEEDLINE_TEST(TestModelStages)

}  // namespace test_model_stages

#include "test_model_stages.moc"
