// SPDX-License-Identifier: GPL-3.0-or-later
#include "networks.h"

#include <QTest>

#include <atomic>
#include <cmath>
#include <functional>
#include <map>
#include <stdexcept>
#include <thread>

using namespace feedline;

namespace {

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

/// What one model's whole batch says.
Metrics measured(const ModelPlan& plan, std::string_view split, const Model::Outcome& outcome) {
  MetricSet set(plan, split);
  set.add(outcome.compared);
  return set.values();
}

/// Scores of three classes, or one number, for `rows` records, and their targets.
Compared made_up(TargetKind kind, std::int64_t rows) {
  torch::manual_seed(static_cast<std::uint64_t>(rows));
  if (kind == TargetKind::Classes) return {at::randn({rows, kClasses}), at::randint(0, kClasses, {rows}, at::kLong)};
  const at::Tensor target = at::randn({rows}) * 3 + 1000;
  return {(target + at::randn({rows})).unsqueeze(1), target};
}

Compared part_of(const Compared& all, std::int64_t first, std::int64_t rows) {
  return {all.prediction().narrow(0, first, rows), all.target().narrow(0, first, rows)};
}

double by_hand_accuracy(const Compared& all) {
  double right = 0;
  for (std::int64_t i = 0; i < all.rows(); ++i)
    right += all.prediction()[i].argmax().item<std::int64_t>() == all.target()[i].item<std::int64_t>() ? 1 : 0;
  return right / static_cast<double>(all.rows());
}

double by_hand_macro_f1(const Compared& all) {
  double sum = 0;
  double classes = 0;
  for (std::int64_t c = 0; c < kClasses; ++c) {
    double hit = 0;
    double predicted = 0;
    double real = 0;
    for (std::int64_t i = 0; i < all.rows(); ++i) {
      const bool p = all.prediction()[i].argmax().item<std::int64_t>() == c;
      const bool t = all.target()[i].item<std::int64_t>() == c;
      hit += p && t ? 1 : 0;
      predicted += p ? 1 : 0;
      real += t ? 1 : 0;
    }
    if (predicted + real == 0) continue;
    sum += 2 * hit / (predicted + real);
    ++classes;
  }
  return sum / classes;
}

double by_hand_r2(const Compared& all) {
  double mean = 0;
  for (std::int64_t i = 0; i < all.rows(); ++i) mean += all.target()[i].item<double>() / double(all.rows());
  double missed = 0;
  double spread = 0;
  for (std::int64_t i = 0; i < all.rows(); ++i) {
    const double truth = all.target()[i].item<double>();
    missed += std::pow(all.prediction()[i][0].item<double>() - truth, 2);
    spread += std::pow(truth - mean, 2);
  }
  return 1 - missed / spread;
}

/// How each metric is worked out in the most obvious way; a new one needs its line here.
const std::map<std::string_view, double (*)(const Compared&)> kByHand = {
    {"accuracy", by_hand_accuracy}, {"macro F1", by_hand_macro_f1}, {"R2", by_hand_r2}};

}  // namespace

class TestReplicas : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void metrics_are_no_means_over_batches();
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
  void shards_step_like_the_whole();
};

/// Of every rule: in pieces of uneven size, on several replicas, it comes to what the obvious way says of the whole.
void TestReplicas::metrics_are_no_means_over_batches() {
  QVERIFY(!MetricRules::instance().all().empty());
  for (const MetricRule& rule : MetricRules::instance().all()) {
    const Compared all = made_up(rule.target, 40);
    const auto by_hand = kByHand.find(rule.name);
    QVERIFY2(by_hand != kByHand.end(), std::string(rule.name).c_str());
    const double truth = by_hand->second(all);
    const auto empty = rule.make();
    QVERIFY(std::isnan(empty->value()));
    const auto whole = rule.make();
    whole->add(all);
    QVERIFY2(std::abs(whole->value() - truth) < 1e-6, qPrintable(QString("%1 %2").arg(whole->value()).arg(truth)));
    const auto first = rule.make();
    const auto second = rule.make();
    first->add(part_of(all, 0, 25));
    first->add(part_of(all, 25, 3));
    second->add(part_of(all, 28, 1));
    second->add(part_of(all, 29, 11));
    const auto merged = rule.make();
    for (const auto& part : {std::cref(*first), std::cref(*empty), std::cref(*second)}) merged->merge(part);
    QVERIFY2(std::abs(merged->value() - truth) < 1e-6, qPrintable(QString("%1 %2").arg(merged->value()).arg(truth)));
  }
}

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
  std::vector<MetricSet> metrics;
  for (int i = 0; i < count; ++i) metrics.emplace_back(plan, kTrainSplit);
  const auto parts = replicas->train(fields, meter, metrics);
  const at::Tensor change = before - flat(replicas->model().parameters());
  QVERIFY(at::allclose(change, gradient(*whole), 1e-4, 1e-6));
  QVERIFY(change.abs().sum().item<double>() > 0);

  QCOMPARE(parts.size(), static_cast<std::size_t>(std::min(count, rows)));
  const auto found = totals(parts);
  QCOMPARE(found.samples, static_cast<std::uint64_t>(rows));
  QVERIFY(std::abs(found.loss() - outcome.loss.item<double>()) < 1e-5);
  QCOMPARE(merged_values(plan, kTrainSplit, metrics), measured(plan, kTrainSplit, outcome));
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
  std::vector<MetricSet> metrics(0);
  for (std::size_t i = 0; i < replicas->count(); ++i) metrics.emplace_back(plan, kValSplit);
  const auto found = totals(replicas->evaluate(fields, metrics));

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
  QCOMPARE(merged_values(plan, kValSplit, metrics), measured(plan, kValSplit, outcome));
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

QTEST_GUILESS_MAIN(TestReplicas)
#include "test_replicas.moc"
