// SPDX-License-Identifier: GPL-3.0-or-later
#include "networks.h"
#include "state/safetensors.h"
#include "support/test_program.h"
#include "training/collect_state.h"

#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <atomic>
#include <cmath>
#include <functional>
#include <map>
#include <stdexcept>
#include <thread>

namespace test_replicas {

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
  if (kind == TargetKind::Labels)
    return {at::randn({rows, kClasses}), at::randint(0, 2, {rows, kClasses}, at::kLong).to(at::kFloat)};
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

/// How many records are predicted to be of class `c`, are of it, and both.
std::array<double, 3> by_hand_counts(const Compared& all, std::int64_t c) {
  std::array<double, 3> counts{};
  for (std::int64_t i = 0; i < all.rows(); ++i) {
    const bool p = all.prediction()[i].argmax().item<std::int64_t>() == c;
    const bool t = all.target()[i].item<std::int64_t>() == c;
    counts[0] += p ? 1 : 0;
    counts[1] += t ? 1 : 0;
    counts[2] += p && t ? 1 : 0;
  }
  return counts;
}

double by_hand_precision(const Compared& all) {
  double sum = 0;
  for (std::int64_t c = 0; c < kClasses; ++c) sum += by_hand_counts(all, c)[2] / by_hand_counts(all, c)[0];
  return sum / kClasses;
}

double by_hand_recall(const Compared& all) {
  double sum = 0;
  for (std::int64_t c = 0; c < kClasses; ++c) sum += by_hand_counts(all, c)[2] / by_hand_counts(all, c)[1];
  return sum / kClasses;
}

double by_hand_weighted_f1(const Compared& all) {
  double sum = 0;
  for (std::int64_t c = 0; c < kClasses; ++c) {
    const auto [predicted, real, hit] = by_hand_counts(all, c);
    sum += real * 2 * hit / (predicted + real);
  }
  return sum / static_cast<double>(all.rows());
}

/// Pair by pair: one of the class or with the label, one of another or without it.
double by_hand_auc(const Compared& all) {
  const bool labels = all.target().dim() == 2;
  const at::Tensor numbers = all.prediction().to(at::kDouble);
  const at::Tensor share = labels ? numbers.sigmoid() : numbers.softmax(1);
  const auto positive = [&](std::int64_t row, std::int64_t c) {
    return labels ? all.target()[row][c].item<double>() == 1 : all.target()[row].item<std::int64_t>() == c;
  };
  double sum = 0;
  for (std::int64_t c = 0; c < kClasses; ++c) {
    double ordered = 0;
    double pairs = 0;
    for (std::int64_t i = 0; i < all.rows(); ++i)
      for (std::int64_t j = 0; j < all.rows(); ++j) {
        if (!positive(i, c) || positive(j, c)) continue;
        const double ahead = (share[i][c] - share[j][c]).item<double>();
        ordered += ahead > 0 ? 1 : ahead == 0 ? 0.5 : 0;
        ++pairs;
      }
    sum += ordered / pairs;
  }
  return sum / kClasses;
}

double by_hand_mae(const Compared& all) {
  double sum = 0;
  for (std::int64_t i = 0; i < all.rows(); ++i)
    sum += std::abs(all.prediction()[i][0].item<double>() - all.target()[i].item<double>());
  return sum / static_cast<double>(all.rows());
}

double by_hand_rmse(const Compared& all) {
  double sum = 0;
  for (std::int64_t i = 0; i < all.rows(); ++i)
    sum += std::pow(all.prediction()[i][0].item<double>() - all.target()[i].item<double>(), 2);
  return std::sqrt(sum / static_cast<double>(all.rows()));
}

double by_hand_label_accuracy(const Compared& all) {
  double right = 0;
  for (std::int64_t i = 0; i < all.rows(); ++i)
    for (std::int64_t label = 0; label < kClasses; ++label)
      right += (all.prediction()[i][label].item<double>() > 0) == (all.target()[i][label].item<double>() == 1) ? 1 : 0;
  return right / static_cast<double>(all.rows() * kClasses);
}

double by_hand_label_f1(const Compared& all) {
  double sum = 0;
  for (std::int64_t label = 0; label < kClasses; ++label) {
    double hit = 0;
    double either = 0;
    for (std::int64_t i = 0; i < all.rows(); ++i) {
      const bool p = all.prediction()[i][label].item<double>() > 0;
      const bool t = all.target()[i][label].item<double>() == 1;
      hit += p && t ? 1 : 0;
      either += (p ? 1 : 0) + (t ? 1 : 0);
    }
    sum += 2 * hit / either;
  }
  return sum / kClasses;
}

/// Of three classes, each is among the first three.
double by_hand_top_3_or_more(const Compared&) { return 1; }

/// Of all decisions together: whether a record is of the class, or has the label.
double by_hand_micro_f1(const Compared& all) {
  if (all.target().dim() == 1) return by_hand_accuracy(all);
  double hit = 0;
  double either = 0;
  for (std::int64_t i = 0; i < all.rows(); ++i)
    for (std::int64_t label = 0; label < kClasses; ++label) {
      const bool p = all.prediction()[i][label].item<double>() > 0;
      const bool t = all.target()[i][label].item<double>() == 1;
      hit += p && t ? 1 : 0;
      either += (p ? 1 : 0) + (t ? 1 : 0);
    }
  return 2 * hit / either;
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
const std::map<std::string_view, double (*)(const Compared&)> kByHand = {{"accuracy", by_hand_accuracy},
                                                                         {"AUC", by_hand_auc},
                                                                         {"label accuracy", by_hand_label_accuracy},
                                                                         {"label F1", by_hand_label_f1},
                                                                         {"MAE", by_hand_mae},
                                                                         {"macro F1", by_hand_macro_f1},
                                                                         {"macro precision", by_hand_precision},
                                                                         {"macro recall", by_hand_recall},
                                                                         {"R2", by_hand_r2},
                                                                         {"RMSE", by_hand_rmse},
                                                                         {"micro F1", by_hand_micro_f1},
                                                                         {"top-10 accuracy", by_hand_top_3_or_more},
                                                                         {"top-3 accuracy", by_hand_top_3_or_more},
                                                                         {"top-5 accuracy", by_hand_top_3_or_more},
                                                                         {"weighted F1", by_hand_weighted_f1}};

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
  void ranges_cover_the_whole();
  void state_has_the_same_names_for_any_count_data();
  void state_has_the_same_names_for_any_count();
  void restored_training_goes_on_as_if_nothing_had_been_data();
  void restored_training_goes_on_as_if_nothing_had_been();
  void state_moves_between_counts();
  void refuses_a_state_of_another_network();
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
    if (rule.while_training) {  // a run that goes on inside an epoch counts on
      QVERIFY(empty->state().empty());
      const auto resumed = rule.make();
      resumed->restore(first->state());
      QCOMPARE(resumed->value(), first->value());
      resumed->add(part_of(all, 28, 1));
      resumed->add(part_of(all, 29, 11));
      QVERIFY2(std::abs(resumed->value() - truth) < 1e-6, std::string(rule.name).c_str());
      resumed->restore({at::zeros({7})});  // no such state: passed over
      QVERIFY2(std::abs(resumed->value() - truth) < 1e-6, std::string(rule.name).c_str());
    }
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
  torch::optim::Adam optimizer(model->parameters(), 0.05);
  const auto replicas = replicas_of(plan, 1);
  TrainerMeter meter;
  for (std::int64_t step = 0; step < 10; ++step) {
    const auto fields = batch(16, features(), step);
    optimizer.zero_grad();
    const auto outcome = model->forward(fields, {});
    model->backward(outcome.loss);
    optimizer.step();
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
  std::vector<MetricSet> metrics;
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

void TestReplicas::ranges_cover_the_whole() {
  const auto model = model_of(plain_network());
  const FlatParameters parameters(model->parameters());
  QCOMPARE(parameters.borders().size(), model->parameters().size() + 1);
  QCOMPARE(parameters.borders().back(), parameters.values().numel());
  for (const std::size_t count : {1U, 2U, 3U, 7U}) {
    std::int64_t covered = 0;
    for (std::size_t i = 0; i < count; ++i) {
      QCOMPARE(parameters.range(i, count).first, covered);
      covered += parameters.range(i, count).count;
    }
    QCOMPARE(covered, parameters.values().numel());
  }
  // A change of the whole is one of the model.
  {
    const torch::NoGradGuard no_gradients;
    parameters.values().fill_(2);
  }
  for (const at::Tensor& parameter : model->parameters()) QVERIFY(at::equal(parameter, at::full_like(parameter, 2)));
}

namespace {

void train(Replicas& replicas, std::int64_t first, std::int64_t steps, const TensorDesc& in = features()) {
  TrainerMeter meter;
  for (std::int64_t step = first; step < first + steps; ++step) (void)replicas.train(batch(16, in, step), meter);
}

TrainingState state_of(Replicas& replicas) {
  auto state = collect_state(replicas);
  if (!state) qFatal("%s", state.error().line().c_str());
  return std::move(*state);
}

QStringList names_of(const NamedTensors& tensors) {
  QStringList names;
  for (const auto& [name, value] : tensors) names << QString::fromStdString(name);
  return names;
}

void add_optimizers() {
  QTest::addColumn<int>("count");
  QTest::addColumn<QString>("optimizer");
  for (const int count : {1, 2, 3})
    for (const char* optimizer : {"adam", "sgd"}) QTest::addRow("%d with %s", count, optimizer) << count << optimizer;
}

ModelPlan stateful_network(const QString& optimizer) {
  ModelPlan plan = random_network(optimizer.toLatin1().constData());
  if (optimizer == "sgd")
    plan.optimizer_params = plan.optimizer->complete({{"learning_rate", 0.05}, {"momentum", 0.9}});
  return plan;
}

}  // namespace

void TestReplicas::state_has_the_same_names_for_any_count_data() { add_optimizers(); }
void TestReplicas::state_has_the_same_names_for_any_count() {
  QFETCH(int, count);
  QFETCH(QString, optimizer);
  const ModelPlan plan = stateful_network(optimizer);
  const auto replicas = replicas_of(plan, static_cast<std::size_t>(count));
  QVERIFY(state_of(*replicas).optimizer.empty());
  train(*replicas, 0, 2);
  const TrainingState state = state_of(*replicas);
  QCOMPARE(names_of(state.parameters), (QStringList{"batch_norm1.bias", "batch_norm1.weight", "linear0.bias",
                                                    "linear0.weight", "linear4.bias", "linear4.weight"}));
  QCOMPARE(names_of(state.buffers),
           (QStringList{"batch_norm1.num_batches_tracked", "batch_norm1.running_mean", "batch_norm1.running_var"}));
  QCOMPARE(names_of(state.generators), QStringList{"dropout3"});
  QStringList slots;
  for (const QString& name : names_of(state.parameters))
    for (const char* slot : {"exp_avg", "exp_avg_sq", "momentum_buffer"})
      if ((optimizer == "adam") == (QByteArray(slot) != "momentum_buffer")) slots << name + "." + slot;
  slots << "step";
  QCOMPARE(names_of(state.optimizer), slots);
  QCOMPARE(state.parameters.at("linear0.weight").shape, (std::vector<std::int64_t>{8, kFeatures}));
  for (const auto& [name, value] : state.optimizer)
    if (name != "step") QCOMPARE(value.shape, state.parameters.at(name.substr(0, name.rfind('.'))).shape);
}

void TestReplicas::restored_training_goes_on_as_if_nothing_had_been_data() { add_optimizers(); }
/// By way of a file: weights, statistics, what the optimiser keeps, and where dropout draws on.
void TestReplicas::restored_training_goes_on_as_if_nothing_had_been() {
  QFETCH(int, count);
  QFETCH(QString, optimizer);
  const ModelPlan plan = stateful_network(optimizer);
  const auto members = static_cast<std::size_t>(count);
  const auto whole = replicas_of(plan, members);
  train(*whole, 0, 3);
  QTemporaryDir folder;
  const std::string path = folder.filePath("state.safetensors").toStdString();
  QVERIFY(save_training_state(state_of(*whole), path));
  train(*whole, 3, 4);

  const auto loaded = load_training_state(path);
  QVERIFY2(loaded, loaded ? "" : loaded.error().line().c_str());
  const auto restored = replicas_of(plan, members);
  const auto done = restore_state(*loaded, *restored);
  QVERIFY2(done, done ? "" : done.error().line().c_str());
  QVERIFY(state_of(*restored) == *loaded);
  train(*restored, 3, 4);
  QVERIFY(state_of(*restored) == state_of(*whole));
  // The optimiser and the generators do matter: with weights alone it goes on otherwise.
  for (const bool optimizer_too : {false, true}) {
    TrainingState part = *loaded;
    if (!optimizer_too) part.optimizer.clear();
    if (optimizer_too) part.generators.clear();
    const auto other = replicas_of(plan, members);
    QVERIFY(restore_state(part, *other));
    train(*other, 3, 4);
    QVERIFY(!at::equal(flat(other->model().parameters()), flat(whole->model().parameters())));
  }
}

/// Pictures too, whose weights lie channels-last in memory; without random layers, evaluation is the same.
void TestReplicas::state_moves_between_counts() {
  const ModelPlan plan = picture_network();
  const auto three = replicas_of(plan, 3, {}, {.channels_last = true});
  train(*three, 0, 2, pictures());
  const TrainingState state = state_of(*three);
  for (const std::size_t count : {1U, 2U, 3U}) {
    const auto other = replicas_of(plan, count);
    QVERIFY(restore_state(state, *other));
    TrainingState again = state_of(*other);
    QVERIFY(again == state);
    QVERIFY(at::equal(flat(other->model().parameters()), flat(three->model().parameters())));
  }
}

void TestReplicas::refuses_a_state_of_another_network() {
  const ModelPlan plan = random_network();
  const auto replicas = replicas_of(plan, 2);
  train(*replicas, 0, 2);
  const TrainingState good = state_of(*replicas);
  const auto refused = [&](const char* why, auto&& change) {
    TrainingState state = good;
    change(state);
    const Status done = restore_state(state, *replicas);
    QVERIFY2(!done, why);
    QVERIFY2(QString::fromStdString(done.error().line()).contains(why), done.error().line().c_str());
    QVERIFY2(state_of(*replicas) == good, "it was changed all the same");
  };
  refused("lacks 'linear0.weight'", [](TrainingState& s) { s.parameters.erase("linear0.weight"); });
  refused("'other.weight', which is not", [](TrainingState& s) { s.parameters["other.weight"] = {.shape = {0}}; });
  refused("shape 48 in the state", [](TrainingState& s) { s.parameters.at("linear0.weight").shape = {48}; });
  refused("lacks 'batch_norm1.running_var'", [](TrainingState& s) { s.buffers.erase("batch_norm1.running_var"); });
  refused("another kind of optimiser", [](TrainingState& s) { s.optimizer.erase("step"); });
  refused("lacks 'linear4.bias'", [](TrainingState& s) { s.optimizer.erase("linear4.bias.exp_avg"); });
  refused("damaged", [](TrainingState& s) { s.generators.at("dropout3").data.pop_back(); });
}

FEEDLINE_TEST(TestReplicas)

}  // namespace test_replicas

#include "test_replicas.moc"
