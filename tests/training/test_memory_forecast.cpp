// SPDX-License-Identifier: GPL-3.0-or-later

// What training is predicted to take, what it takes, and what becomes of a run for which there is not enough.

#include "diagnosis/fix.h"
#include "diagnosis/verdict.h"
#include "graph/validate.h"
#include "networks.h"
#include "plan/memory_advice.h"
#include "support/fixtures.h"
#include "support/run_recorder.h"
#include "support/test_program.h"
#include "telemetry/memory_cost.h"
#include "training/block_cache.h"
#include "training/memory/out_of_memory.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <optional>

namespace test_memory_forecast {

using namespace feedline;
using namespace feedline::test;

namespace {

constexpr std::int64_t kRows = 64;
/// Bytes that a layer of eight units gives for a batch.
constexpr std::uint64_t kGiven = 4 * 8 * kRows;
constexpr std::uint64_t kLastGiven = 4 * kClasses * kRows;

Execution one_replica() { return {.replicas = 1, .precision = "float32"}; }

ModelPlan with_blocks(ModelPlan plan, const std::vector<std::pair<std::size_t, std::size_t>>& blocks) {
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const std::string path = "block" + std::to_string(b);
    for (std::size_t i = blocks[b].first; i < blocks[b].second; ++i)
      plan.layers[i].node = path + "/" + plan.layers[i].node;
    plan.memory.recompute.push_back(path);
  }
  return plan;
}

ModelPlan five_layers() { return network({linear(8), linear(8), linear(8), linear(8), linear(kClasses)}, features()); }

Plan whole_plan(ModelPlan network, std::int64_t batch) {
  Plan plan;
  plan.trainer_node = "trainer";
  plan.train.batch_node = "batch";
  plan.train.batch.size = batch;
  plan.learner = std::move(network);
  return plan;
}

const MemoryAdvice* advice_of(const std::vector<MemoryAdvice>& all, std::string_view id) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const MemoryAdvice& one) { return one.id == id; });
  return found == all.end() ? nullptr : &*found;
}

/// The most that tensors take while a network is made and steps twice.
std::uint64_t measured(const ModelPlan& plan, std::int64_t rows) {
  cache_tensor_memory();
  const std::vector<at::Tensor> fields = batch(rows, features());
  const std::size_t before = tensor_memory().now;
  reset_tensor_peak();
  const auto team = replicas_of(plan, 1);
  TrainerMeter meter;
  for (int step = 0; step < 2; ++step) (void)team->train(fields, meter);
  return tensor_memory().most - before;
}

/// Costs of a run whose step takes all of the time.
Profile waiting_for_the_step() {
  Profile profile;
  profile.steps = 100;
  profile.samples = 3200;
  profile.batch = 32;
  for (const char* node : {"source", "normalise", "batch"})
    profile.nodes.push_back({.node = node,
                             .type = node,
                             .segment = profile.nodes.empty() ? 0U : 1U,
                             .cpu = 1e-5,
                             .bytes = 100,
                             .blocked = 0.5});
  profile.step_alone = 1e-3;
  profile.samples_per_s = 1000;
  profile.seconds = 3.2;
  profile.step[Phase::Forward] = 0.032;
  profile.idle_cores = 1;
  return profile;
}

/// However a test ends, others have all memory.
struct MemoryLimit {
  explicit MemoryLimit(std::size_t bytes) { limit_tensor_memory(bytes); }
  ~MemoryLimit() { limit_tensor_memory(0); }
};

}  // namespace

class TestMemoryForecast : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// What one of them needs, beside what the tightest one has; stages need together what all have.
  void several_gpus() {
    const ModelPlan plan = five_layers();
    Execution execution{.device = "cuda:0,cuda:1", .replicas = 2, .precision = "float32"};
    QCOMPARE(forecast_memory(plan, execution, kRows).total(), forecast_memory(plan, one_replica(), kRows / 2).total());
    ProcessSample process;
    process.gpus.resize(2);
    process.gpus[0].memory_total = 10;
    process.gpus[0].memory_used = 3;
    process.gpus[1].memory_total = 6;
    process.gpus[1].memory_used = 1;
    QCOMPARE(memory_there(execution, process), std::uint64_t{5});
    execution.replicas = 1;
    execution.stages = 2;
    QCOMPARE(memory_there(execution, process), std::uint64_t{12});
    execution.device = "cuda:2,cpu";
    QCOMPARE(memory_there(execution, process), std::uint64_t{0});  // nobody knows
  }

  void by_hand() {
    const ModelPlan plan = network({linear(8), {"relu"}, linear(kClasses)}, features(), "adam", {{"ema", 0.9}});
    constexpr std::uint64_t kNumbers = kFeatures * 8 + 8 + 8 * kClasses + kClasses;
    const MemoryForecast one = forecast_memory(plan, one_replica(), kRows);
    QCOMPARE(one.weights, 4 * kNumbers);
    QCOMPARE(one.gradients, 4 * kNumbers);
    QCOMPARE(one.optimizer, 3 * 4 * kNumbers);  // two moments and the average
    QCOMPARE(one.activations, 2 * kGiven + kLastGiven + 2 * kGiven);
    QCOMPARE(one.layers.size(), std::size_t{3});
    QCOMPARE(one.layers[0].gives, kGiven);
    QVERIFY(one.open.empty());

    Execution other = one_replica();
    other.replicas = 3;
    QCOMPARE(forecast_memory(plan, other, kRows).gradients, 3 * one.gradients);
    QCOMPARE(forecast_memory(plan, other, kRows).activations, one.activations);
    other = one_replica();
    other.precision = "bfloat16";
    QCOMPARE(2 * forecast_memory(plan, other, kRows).activations, one.activations);
    QCOMPARE(forecast_memory(plan, other, kRows).gradients, one.gradients);
    other = one_replica();
    other.ranks = 4;
    QCOMPARE(4 * forecast_memory(plan, other, kRows).activations, one.activations);
    ModelPlan parted = plan;
    parted.memory.shard_optimizer = true;
    QCOMPARE(forecast_memory(parted, other, kRows).optimizer, 4 * kNumbers + 2 * 4 * kNumbers / 4);
    QCOMPARE(forecast_memory(parted, other, kRows).shard_saves, 2 * 4 * kNumbers * 3 / 4);
    QCOMPARE(forecast_memory(parted, other, kRows).gathered, 4 * kNumbers);
    QCOMPARE(forecast_memory(parted, one_replica(), kRows).gathered, std::uint64_t{0});  // there is nobody to ask
    ModelPlan still = plan;
    still.freezing.freeze = {"linear0"};
    QCOMPARE(forecast_memory(still, one_replica(), kRows).gradients, std::uint64_t{4 * (8 * kClasses + kClasses)});
  }

  void of_recomputed_blocks() {
    const MemoryForecast kept = forecast_memory(five_layers(), one_replica(), kRows);
    QCOMPARE(kept.activations, 4 * kGiven + kLastGiven + 2 * kGiven);
    const MemoryForecast two = forecast_memory(with_blocks(five_layers(), {{0, 2}, {2, 4}}), one_replica(), kRows);
    QCOMPARE(two.activations, 2 * kGiven + kLastGiven + kGiven + 2 * kGiven);
    QCOMPARE(two.recompute_saves, kept.activations - two.activations);
    const double again = kFeatures * 8 + 3 * 64;
    QVERIFY(std::abs(two.recompute_share - again / (again + 8 * kClasses)) < 1e-12);
    QCOMPARE(kept.recompute_share, 0.0);
    QCOMPARE(two.layers[0].kept, std::uint64_t{0});
    QCOMPARE(two.layers[1].kept, kGiven);
    QVERIFY(two.layers[0].recomputed && two.layers[3].recomputed && !two.layers[4].recomputed);
    // All in one block saves nothing: backward has the whole of it.
    const MemoryForecast whole = forecast_memory(with_blocks(five_layers(), {{0, 5}}), one_replica(), kRows);
    QCOMPARE(whole.activations, kept.activations);
    QCOMPARE(whole.recompute_saves, std::uint64_t{0});
  }

  void of_stages() {
    ModelPlan plan = five_layers();
    plan.stages = 2;
    plan.staging.micro_batches = 4;
    plan.staging.schedule = "1f1b";
    plan.layers[3].stage = plan.layers[4].stage = 1;
    const MemoryForecast in_turn = forecast_memory(plan, one_replica(), kRows);
    QCOMPARE(in_turn.layers[0].gives, kGiven / 4);
    QCOMPARE(in_turn.layers[0].kept, kGiven / 2);
    QCOMPARE(in_turn.layers[3].kept, kGiven / 4);
    plan.staging.schedule = "gpipe";
    QCOMPARE(forecast_memory(plan, one_replica(), kRows).layers[0].kept, kGiven);
  }

  /// Pairs of a layer and what bends it, a third of them a block.
  void beside_what_is_measured() {
    std::vector<LayerOf> layers;
    for (int i = 0; i < 12; ++i) {
      layers.push_back(linear(64));
      layers.push_back({"tanh"});
    }
    layers.push_back(linear(kClasses));
    const ModelPlan plan = network(layers, features());
    const ModelPlan blocks = with_blocks(plan, {{0, 8}, {8, 16}, {16, 24}});
    constexpr std::int64_t kMany = 4096;
    const std::uint64_t kept = measured(plan, kMany);
    if (kept == 0) QSKIP("tensors are not counted under an address sanitiser");
    const std::uint64_t again = measured(blocks, kMany);
    QVERIFY2(static_cast<double>(again) < 0.8 * static_cast<double>(kept),
             qPrintable(QString("%1 and %2 bytes").arg(again).arg(kept)));
    for (const auto& [network, found] : {std::pair(&plan, kept), std::pair(&blocks, again)}) {
      const auto predicted = static_cast<double>(forecast_memory(*network, one_replica(), kMany).total());
      const double ratio = predicted / static_cast<double>(found);
      QVERIFY2(ratio > 0.5 && ratio < 2.2, qPrintable(QString("predicted is %1 of measured").arg(ratio)));
    }
  }

  void advises() {
    const Plan plan = whole_plan(five_layers(), kRows);
    Execution execution = one_replica();
    execution.has_bfloat16 = true;
    execution.replicas = 2;
    const std::uint64_t now = forecast_memory(plan, execution).total();
    const std::vector<MemoryAdvice> all = memory_advice(plan, execution);
    QVERIFY(std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.saves > b.saves; }));
    const MemoryAdvice* batches = advice_of(all, "micro-batch");
    QVERIFY(batches != nullptr);
    QCOMPARE(batches->changes.size(), std::size_t{2});
    QCOMPARE(batches->changes[0].value, Value(std::int64_t{32}));
    QCOMPARE(batches->changes[1].value, Value(std::int64_t{2}));
    const MemoryForecast half = forecast_memory(whole_plan(five_layers(), kRows / 2), execution);
    QCOMPARE(batches->saves, now - half.total());
    QVERIFY(advice_of(all, "bfloat16") != nullptr && advice_of(all, "one-replica") != nullptr);
    QVERIFY(advice_of(all, "recompute") == nullptr);  // no sub-graph: each layer would be its own block
    QVERIFY(advice_text(all, forecast_memory(plan, execution)).find("batch.size to 32") != std::string::npos);

    // As small as the limit needs.
    const std::uint64_t limit = forecast_memory(whole_plan(five_layers(), kRows / 8), execution).total();
    const auto small = memory_advice(plan, execution, limit);
    QCOMPARE(advice_of(small, "micro-batch")->changes[1].value, Value(std::int64_t{8}));

    ModelPlan nested = with_blocks(five_layers(), {{0, 2}, {2, 4}});
    nested.memory.recompute.clear();
    QVERIFY(advice_of(memory_advice(whole_plan(nested, kRows), one_replica()), "recompute") != nullptr);
  }

  /// Where GPUs are idle, over as few as have room, each beginning where all the rest lies behind.
  void advises_stages_on_gpus() {
    const Plan plan = whole_plan(five_layers(), kRows);
    Execution execution = one_replica();
    const auto cut = [&](std::uint64_t limit, int gpus) {
      const auto all = memory_advice(plan, execution, limit, gpus);
      const MemoryAdvice* one = advice_of(all, "stages");
      return one == nullptr ? std::optional<MemoryAdvice>() : std::optional(*one);
    };
    QVERIFY(!cut(0, 4));  // it learns on the processor
    execution.device = "cuda:0";
    QVERIFY(!cut(0, 1));
    const MemoryForecast now = forecast_memory(plan, execution);
    const auto two = cut(0, 4);
    QVERIFY(two.has_value());
    QCOMPARE(two->changes.size(), std::size_t{2});
    QCOMPARE(std::get<ValueList>(two->changes[0].value).size(), std::size_t{1});
    QVERIFY(two->changes[1].value == Value(std::string("cuda:0,cuda:1")));
    QVERIFY(two->saves > 0 && two->saves < now.total() && two->changes_results);
    // A little less room than two of them need.
    const std::uint64_t needs = now.total() - two->saves;
    const auto more = cut(needs - 1, 4);
    QVERIFY(!cut(needs - 1, 2) && more.has_value());
    QVERIFY(std::get<ValueList>(more->changes[0].value).size() >= 2);
    QVERIFY(now.total() - more->saves < needs);
    execution.ranks = 2;
    QVERIFY(!cut(0, 4));  // a network in stages has one process
  }

  /// What would help is told in bytes, each as the forecast of the changed network has it, and in time where it costs
  /// some.
  void each_answer_has_its_number() {
    ModelPlan nested = with_blocks(network({linear(8), linear(8), linear(8), linear(8), linear(kClasses)}, features(),
                                           "adam", {{"learning_rate", 0.001}}),
                                   {{0, 2}, {2, 4}});
    nested.memory.recompute.clear();
    const Plan plan = whole_plan(nested, kRows);
    Execution execution = one_replica();
    execution.has_bfloat16 = true;
    execution.ranks = 2;
    const std::uint64_t now = forecast_memory(plan, execution).total();
    const std::vector<MemoryAdvice> all = memory_advice(plan, execution);
    const auto then = [&](const std::string& id) {
      ModelPlan model = nested;
      Execution with = execution;
      if (id == "bfloat16") with.precision = "bfloat16";
      if (id == "recompute") model.memory.recompute = {"*"};
      if (id == "shard-optimizer") model.memory.shard_optimizer = true;
      return forecast_memory(whole_plan(model, id == "micro-batch" ? kRows / 2 : kRows), with).total();
    };
    const std::string text = advice_text(all, forecast_memory(plan, execution));
    for (const char* id : {"micro-batch", "bfloat16", "recompute", "shard-optimizer"}) {
      const MemoryAdvice* one = advice_of(all, id);
      QVERIFY2(one != nullptr, id);
      QVERIFY2(one->saves == now - then(id), id);
      QVERIFY2(text.find(one->title.substr(1) + " (saves ") != std::string::npos, text.c_str());
    }
    // Every layer is part of a block: a forward pass more, beside one and a backward pass of twice its length.
    QVERIFY(std::abs(advice_of(all, "recompute")->kernels - 4.0 / 3) < 1e-12);
    QVERIFY2(text.find("for about 33 % more time in forward and backward") != std::string::npos, text.c_str());
    QCOMPARE(advice_of(all, "bfloat16")->kernels, 1.0);
  }

  /// 20 steps of 30 ms of forward passes, 60 % of which are done again; 40 ms of sums of 8 MB, beside 2 MB of weights.
  void costs_are_predicted_and_measured() {
    Snapshot first;
    Snapshot last;
    first.trainer.steps = 10;
    last.trainer.steps = 30;
    last.trainer.times[Phase::Forward] = from_seconds(0.6);
    last.trainer.recomputed = from_seconds(0.4);
    last.trainer.gathered = from_seconds(0.2);
    last.collective.add(160'000'000, from_seconds(0.8), 0);
    QVERIFY(memory_costs(first, last).empty());
    last.memory = {
        .predicted = 9000, .recompute_saves = 1000, .recompute_share = 0.6, .shard_saves = 500, .gathered = 2'000'000};
    const auto near = [](double a, double b) { return std::abs(a - b) < 1e-9; };
    const std::vector<MemoryCost> costs = memory_costs(first, last);
    QCOMPARE(costs.size(), std::size_t{2});
    QVERIFY(costs[0].setting == "recompute" && costs[0].saves == 1000);
    QVERIFY(near(costs[0].predicted, 0.018) && near(costs[0].measured, 0.020));
    QVERIFY(costs[1].setting == "shard_optimizer" && costs[1].saves == 500);
    QVERIFY(near(costs[1].predicted, 0.005) && near(costs[1].measured, 0.010));
    // Of stages, all of them.
    last.trainer.stages = {{.forward = from_seconds(0.6)}, {.forward = from_seconds(0.2)}};
    QVERIFY(near(memory_costs(first, last)[0].predicted, 0.024));
  }

  void advice_takes_the_place_of_the_remedy() {
    const Plan plan = whole_plan(five_layers(), kRows);
    const Error told = with_memory_advice(out_of_memory("linear2"), plan, one_replica());
    QCOMPARE(told.node, std::string("linear2"));
    QVERIFY2(told.remedy.find("trainer.accumulate to 2 (saves") != std::string::npos, told.remedy.c_str());
    const Error other{.code = ErrorCode::Failed, .reason = "something else", .remedy = "Wait"};
    QCOMPARE(with_memory_advice(other, plan, one_replica()).remedy, std::string("Wait"));
  }

  /// The machine's memory is left alone: LibTorch's allocator is told that there is less.
  void a_run_without_memory_says_what_helps() {
    QTemporaryDir folder;
    Document graph = with(small_network(folder.path(), 512), "trainer", "epochs", std::int64_t{1});
    graph = with(with(graph, "hidden", "units", std::int64_t{256}), "batch", "size", std::int64_t{128});
    RecordedRun enough(graph, {});
    QVERIFY(!enough.result().failure);
    QVERIFY(enough.result().memory.total() > 0);
    const std::size_t before = tensor_memory().now;
    const std::uint64_t most = enough.result().tensor_bytes;
    if (most == 0) QSKIP("tensors are not counted under an address sanitiser");
    QVERIFY(most > before);
    {
      const MemoryLimit limit(before + (most - before) / 2);
      RecordedRun less(graph, {});
      const RunResult& result = less.result();
      QVERIFY(result.end == RunResult::End::Failed);
      QVERIFY2(is_out_of_memory(*result.failure), result.failure->line().c_str());
      QVERIFY2(result.failure->remedy.find("accumulate") != std::string::npos, result.failure->line().c_str());
    }
    RecordedRun again(graph, {});
    QVERIFY(!again.result().failure);
  }

  void fixes_where_it_does_not_fit() {
    QTemporaryDir folder;
    const Document graph = small_network(folder.path(), 256);
    RunFacts facts = facts_of(graph);
    facts.execution.device = "cpu";
    facts.memory_needed = 2000;
    facts.memory_there = 1000;
    facts.memory_advice = {
        {.id = "micro-batch",
         .title = "set the batch to 16",
         .why = "It is smaller.",
         .changes = {{facts.batch_node, "size", std::int64_t{16}}, {facts.trainer_node, "accumulate", std::int64_t{2}}},
         .saves = 1200}};
    const Diagnosis found = diagnose(facts, waiting_for_the_step());
    QVERIFY(found.verdict.kind != VerdictKind::NotYet);
    const auto offered = [&] {
      std::vector<Fix> fixes = find_fixes({.document = graph, .facts = facts, .diagnosis = found});
      std::erase_if(fixes, [](const Fix& fix) { return fix.id != "memory:micro-batch"; });
      return fixes;
    };
    const std::vector<Fix> fixes = offered();
    QCOMPARE(fixes.size(), std::size_t{1});
    QCOMPARE(fixes[0].title, std::string("Set the batch to 16"));
    QVERIFY(fixes[0].needed);
    Document changed = graph;
    QVERIFY(changed.apply(fixes[0].edit));
    QCOMPARE(changed.find(facts.trainer_node)->params.at("accumulate"), Value(std::int64_t{2}));
    facts.memory_there = 3000;
    QVERIFY(offered().empty());
    facts.memory_there = 0;  // not known
    QVERIFY(offered().empty());
  }
};

FEEDLINE_TEST(TestMemoryForecast)

}  // namespace test_memory_forecast

#include "test_memory_forecast.moc"
