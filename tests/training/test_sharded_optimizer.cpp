// SPDX-License-Identifier: GPL-3.0-or-later

// Ranks that each step a part of the weights learn what they learn with all of it, to the last bit.

#include "networks.h"
#include "state/checkpoint_files.h"
#include "support/fixtures.h"
#include "support/run_recorder.h"
#include "support/test_program.h"
#include "support/thread_group.h"
#include "telemetry/memory_cost.h"
#include "training/memory/shard_gather.h"
#include "training/resume.h"

#include <QTemporaryDir>
#include <QTest>

#include <thread>

namespace test_sharded_optimizer {

using namespace feedline;
using namespace feedline::test;

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShards = 3;

/// A model's weights laid flat, and an optimiser of all shards or of one.
struct Learning {
  explicit Learning(const ModelPlan& plan, std::size_t own = 0, std::size_t first = 0) : model(model_of(plan)) {
    flat_parameters = std::make_unique<FlatParameters>(model->parameters());
    std::vector<FlatOptimizer::Owner> owners;
    const std::vector<Model::Place> places = model->parameter_places();
    for (std::size_t i = 0; i < places.size(); ++i)
      owners.push_back({.node = places[i].node, .dimensions = model->parameters()[i].dim()});
    auto made = FlatOptimizer::make(plan, *flat_parameters, owners, model->buffers(),
                                    {.shards = kShards, .own_shards = own, .first_own = first});
    if (!made) qFatal("no optimiser: %s", made.error().line().c_str());
    optimizer = std::move(*made);
  }
  [[nodiscard]] const at::Tensor& values() const { return flat_parameters->values(); }

  /// As far as the weights of others are needed.
  void begin(int turn) {
    const at::Tensor& gradient = flat_parameters->gradients(0);
    gradient.copy_(at::arange(gradient.numel(), at::kFloat).mul(0.31).add(turn).sin());
    optimizer->begin(0.5);
    if (optimizer->measures()) {
      for (std::size_t shard = 0; shard < kShards; ++shard) optimizer->measure(shard);
      optimizer->limit();
    }
    for (std::size_t shard = 0; shard < kShards; ++shard) optimizer->apply(shard);
  }
  void finish() {
    for (std::size_t shard = 0; optimizer->is_sharded() && shard < kShards; ++shard) optimizer->follow(shard);
    optimizer->finish();
  }

  std::unique_ptr<Model> model;
  std::unique_ptr<FlatParameters> flat_parameters{};
  std::unique_ptr<FlatOptimizer> optimizer{};
};

std::vector<RunResult> run_sharded(const Document& graph, int count, const RunOptions& options) {
  ThreadRanks group(count);
  std::vector<std::unique_ptr<RecordedRun>> runs;
  for (int rank = 0; rank < count; ++rank) {
    RunOptions own = options;
    own.group = group.rank(rank);
    runs.push_back(std::make_unique<RecordedRun>(graph, own));
  }
  std::vector<RunResult> results;
  for (const auto& run : runs) results.push_back(run->result());
  runs.clear();  // before the group that they hold
  return results;
}

TrainingState state_in(const fs::path& folder) {
  auto found = find_checkpoint(folder);
  if (!found || !*found) qFatal("no checkpoint in %s", folder.c_str());
  return std::move((*found)->state);
}

}  // namespace

class TestShardedOptimizer : public QObject {
  Q_OBJECT

  QTemporaryDir folder_{};
  Document graph_{};
  int made_ = 0;

  fs::path fresh() { return folder_.filePath(QString("ckpt%1").arg(++made_)).toStdString(); }
  [[nodiscard]] static RunOptions keeping(const fs::path& folder) {
    RunOptions options;
    options.checkpoints.folder = folder;
    return options;
  }
  [[nodiscard]] Document sharded(const Document& graph) const {
    return with(graph, "trainer", "shard_optimizer", true);
  }

 private Q_SLOTS:
  void initTestCase() {
    graph_ = with(small_network(folder_.path(), 158), "trainer", "epochs", std::int64_t{2});
    graph_ = with(graph_, "trainer", "workers", std::int64_t{1});
    graph_ = with(graph_, "trainer", "replicas", std::int64_t{1});
  }

  /// Each shard by an optimiser of its own, whose weights the others take over.
  void every_optimizer_steps_the_same_in_shards_data() {
    QTest::addColumn<QString>("type");
    for (const char* type : {"sgd", "adam", "adamw", "lamb", "rmsprop", "adagrad"}) QTest::newRow(type) << type;
  }
  void every_optimizer_steps_the_same_in_shards() {
    QFETCH(QString, type);
    const ModelPlan plan = network(
        {linear(8), {"batch_norm"}, linear(9), linear(kClasses)}, features(), type.toLatin1(),
        {{"weight_decay", 0.01}, {"clip_norm", 0.7}, {"ema", 0.9}, {"rates", ValueList{std::string("linear2=0.5")}}});
    Learning whole(plan);
    std::vector<std::unique_ptr<Learning>> parts;
    for (std::size_t shard = 0; shard < kShards; ++shard) parts.push_back(std::make_unique<Learning>(plan, 1, shard));
    const at::Tensor start = whole.values().clone();
    const torch::NoGradGuard no_gradients;
    for (int turn = 0; turn < 4; ++turn) {
      whole.begin(turn);
      whole.finish();
      for (const auto& part : parts) part->begin(turn);
      for (const auto& from : parts)
        for (const auto& to : parts) {
          const FlatParameters::Range kept = from->optimizer->kept();
          to->values().narrow(0, kept.first, kept.count).copy_(from->values().narrow(0, kept.first, kept.count));
        }
      for (const auto& part : parts) part->finish();
    }
    QVERIFY(!at::equal(start, whole.values()));
    std::int64_t kept = 0;
    for (const auto& part : parts) {
      QVERIFY(at::equal(part->values(), whole.values()));
      QVERIFY(at::equal(part->optimizer->average().parameters, whole.optimizer->average().parameters));
      QVERIFY(part->flat_parameters->gradients(0).abs().max().item<double>() == 0);
      const FlatParameters::Range& range = part->optimizer->kept();
      kept += range.count;
      for (std::size_t i = 0; i < part->optimizer->slots().size(); ++i) {
        const at::Tensor& slot = part->optimizer->slots()[i].tensor;
        QCOMPARE(slot.numel(), range.count);
        QVERIFY(at::equal(slot, whole.optimizer->slots()[i].tensor.narrow(0, range.first, range.count)));
      }
    }
    QCOMPARE(kept, whole.values().numel());
  }

  /// Parts of unequal length, one of them empty, in chunks of three numbers.
  void gathers_parts() {
    const std::vector<FlatParameters::Range> parts = {{0, 7}, {7, 0}, {7, 4}};
    ThreadRanks group(3);
    std::vector<at::Tensor> found(3);
    {
      std::vector<std::jthread> threads;
      for (int rank = 0; rank < 3; ++rank)
        threads.emplace_back([&, rank] {
          const auto member = group.rank(rank);
          at::Tensor& flat = found[static_cast<std::size_t>(rank)];
          flat = at::full({11}, -1.0, at::kFloat);
          const FlatParameters::Range& own = parts[static_cast<std::size_t>(rank)];
          if (own.count > 0)
            flat.narrow(0, own.first, own.count).copy_(at::arange(own.count, at::kFloat).add(own.first));
          ShardGather(*member, parts, 3).gather(flat);
        });
    }
    for (const at::Tensor& flat : found) QVERIFY(at::equal(flat, at::arange(11, at::kFloat)));
  }

  void ranks_learn_the_same_data() {
    QTest::addColumn<int>("count");
    QTest::addColumn<int>("replicas");
    QTest::addColumn<bool>("techniques");
    QTest::newRow("two") << 2 << 1 << false;
    QTest::newRow("four") << 4 << 1 << false;
    QTest::newRow("two of two replicas, with accumulation, clipping and an average") << 2 << 2 << true;
  }
  void ranks_learn_the_same() {
    QFETCH(int, count);
    QFETCH(int, replicas);
    QFETCH(bool, techniques);
    Document graph = with(graph_, "trainer", "replicas", std::int64_t{replicas});
    if (techniques) {
      graph = with(graph, "trainer", "accumulate", std::int64_t{3});
      graph = with(graph, "adam", "clip_norm", 0.05);
      graph = with(graph, "adam", "ema", 0.9);
    }
    const fs::path whole = fresh();
    const fs::path parted = fresh();
    const auto wanted = run_sharded(graph, count, keeping(whole));
    const auto found = run_sharded(sharded(graph), count, keeping(parted));
    for (const auto& result : wanted) QVERIFY2(!result.failure, result.failure ? result.failure->line().c_str() : "");
    for (const auto& result : found) QVERIFY2(!result.failure, result.failure ? result.failure->line().c_str() : "");
    const TrainingState a = state_in(whole);
    const TrainingState b = state_in(parted);
    QVERIFY(a.parameters == b.parameters);
    QVERIFY(a.optimizer == b.optimizer);
    QVERIFY(!a.optimizer.empty());
    // What it costs and saves is told beside it.
    QVERIFY(memory_costs(wanted.front().first, wanted.front().last).empty());
    const std::vector<MemoryCost> costs = memory_costs(found.front().first, found.front().last);
    QVERIFY(costs.size() == 1 && costs[0].setting == "shard_optimizer");
    QVERIFY(costs[0].saves > 0 && costs[0].predicted > 0 && costs[0].measured > 0);
    const TrainerSample& last = found.front().last.trainer;
    QVERIFY(last.gathered <= last.times[Phase::Reduce]);
    QCOMPARE(found.front().last.memory.predicted, found.front().memory.total());
    for (std::size_t i = 0; i < wanted.front().epochs.size(); ++i)
      QVERIFY(found.back().epochs[i].loss(kValSplit) == wanted.front().epochs[i].loss(kValSplit));
  }

  /// A checkpoint has the optimiser's numbers as a whole: it is gone on from by fewer ranks, or without shards.
  void checkpoints_do_not_know_of_shards() {
    const fs::path folder = fresh();
    RunOptions first = keeping(folder);
    first.max_steps = 5;
    (void)run_sharded(sharded(graph_), 4, first);
    const auto go_on = [&](const Document& graph, const fs::path& to) {
      RunOptions options = keeping(to);
      auto found = find_checkpoint(folder);
      if (!found || !*found) qFatal("no checkpoint");
      options.resume.state = std::make_shared<const TrainingState>(std::move((*found)->state));
      options.resume.path = folder.string();
      const auto results = run_sharded(graph, 2, options);
      for (const RunResult& result : results)
        if (result.failure) qFatal("%s", result.failure->line().c_str());
      return state_in(to);
    };
    const TrainingState a = go_on(graph_, fresh());
    const TrainingState b = go_on(sharded(graph_), fresh());
    QVERIFY(a.position.step > 5);
    QVERIFY(a.parameters == b.parameters);
    QVERIFY(a.optimizer == b.optimizer);
  }
};

FEEDLINE_TEST(TestShardedOptimizer)

}  // namespace test_sharded_optimizer

#include "test_sharded_optimizer.moc"
