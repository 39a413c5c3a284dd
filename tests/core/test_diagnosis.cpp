// SPDX-License-Identifier: GPL-3.0-or-later
// Runs beside others: its clock decides nothing.

// The pure half of the diagnosis: formulas with their golden values, and verdicts on costs whose truth is known.

#include "diagnosis/cache_placement.h"
#include "diagnosis/fix.h"
#include "diagnosis/fix_nodes.h"
#include "diagnosis/fixes/insert_cache.h"
#include "diagnosis/queue_model.h"
#include "diagnosis/queue_walk.h"
#include "diagnosis/training_time.h"
#include "diagnosis/verdict.h"
#include "diagnosis/whatif.h"
#include "graph/grouping.h"
#include "graph/json.h"
#include "support/places.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "tuning/live_diagnosis.h"
#include "tuning/pair_clock.h"

#include <QElapsedTimer>
#include <QFile>
#include <QtTest>

#include <cmath>
#include <set>

namespace test_diagnosis {

using namespace feedline;

namespace {

/// Two segments, as the engine cuts: the source, and everything else.
Profile loader(const std::vector<std::pair<std::string, double>>& cpu_ms, double step_ms, std::size_t workers = 1) {
  Profile profile;
  profile.steps = 100;
  profile.samples = 1000;
  profile.batch = 10;
  double sum = 0;
  for (std::size_t i = 0; i < cpu_ms.size(); ++i) {
    profile.nodes.push_back({.node = cpu_ms[i].first,
                             .type = "resize",
                             .segment = i == 0 ? 0U : 1U,
                             .workers = i == 0 ? 1 : workers,
                             .cpu = cpu_ms[i].second * 1e-3,
                             .bytes = 100});
    if (i > 0) sum += cpu_ms[i].second * 1e-3;
  }
  profile.step_alone = step_ms * 1e-3;
  const double each = std::max(sum / static_cast<double>(workers), profile.step_alone);
  profile.samples_per_s = 1 / each;
  profile.seconds = 1000 * each;
  profile.step[Phase::Forward] = profile.step_alone * 10;
  profile.step[Phase::Wait] = (each - profile.step_alone) * 10;
  profile.idle_cores = 1;
  if (profile.step[Phase::Wait] > 0.01 * each) {
    profile.nodes.front().blocked = 0.8;
  } else {
    for (NodeCost& node : profile.nodes) node.blocked = 0.5;
  }
  return profile;
}

RunFacts facts(std::size_t cores = 8, std::size_t workers = 1) {
  RunFacts facts;
  facts.cores = cores;
  facts.execution.workers = workers;
  facts.execution.device = "cuda:0";
  facts.records = 1000;
  facts.trainer_node = "trainer";
  facts.batch_node = "batch";
  return facts;
}

/// A run of three steps of 0.1 s an epoch and then 0.2 s of validation, which takes two cores: at any time.
Snapshot short_epochs(double t) {
  constexpr double kTrain = 0.3;
  constexpr double kEpoch = 0.5;
  const double cycles = std::floor(t / kEpoch + 1e-9);
  const double rest = std::max(t - cycles * kEpoch, 0.0);
  const double trained = cycles * kTrain + std::min(rest, kTrain);
  const double validated = t - trained;
  Snapshot now;
  now.started = from_seconds(100);
  now.at = now.started + from_seconds(t);
  now.trainer.steps = static_cast<std::uint64_t>(3 * cycles + std::floor(std::min(rest, kTrain) / 0.1 + 1e-9));
  now.trainer.samples = 10 * now.trainer.steps;
  now.trainer.stepped = from_seconds(0.1 * static_cast<double>(now.trainer.steps));
  now.trainer.epoch = static_cast<std::uint32_t>(cycles) + 1;
  now.trainer.validating = rest > kTrain;
  now.trainer.validation[Phase::Forward] = from_seconds(validated);
  now.trainer.times[Phase::Wait] = from_seconds(0.8 * trained);
  now.trainer.times[Phase::Forward] = from_seconds(0.2 * trained + validated);
  const auto prepared = static_cast<std::uint64_t>(trained * 100);
  now.stages = {{.node = "source", .total = {.records = prepared, .blocked = from_seconds(t)}},
                {.node = "decode",
                 .type = "batch",
                 .total = {.records = prepared,
                           .cpu = from_seconds(0.8 * trained),
                           .busy = from_seconds(0.8 * trained),
                           .starved = 0,
                           .blocked = from_seconds(validated)},
                 .segment = 1,
                 .workers = 1}};
  for (StageSample& stage : now.stages) stage.workers = 1;
  now.process.cpu = from_seconds(trained + 2 * validated);
  now.process.cores_busy = from_seconds(1) + now.process.cpu;
  return now;
}

const Limit* limit_of(const Solution& solution, LimitKind kind) {
  for (const Limit& limit : solution.limits)
    if (limit.kind == kind) return &limit;
  return nullptr;
}

}  // namespace

class TestDiagnosis : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void queue_model_has_the_golden_values_data() {
    QTest::addColumn<double>("consumer");
    QTest::addColumn<double>("producer");
    QTest::addColumn<int>("buffer");
    QTest::addColumn<double>("wait");
    QTest::newRow("producer faster, short") << 10.0 << 8.0 << 2 << 2.0984;
    QTest::newRow("producer faster, long") << 10.0 << 8.0 << 8 << 0.3100;
    QTest::newRow("producer slower") << 8.0 << 10.0 << 2 << 4.0984;
    QTest::newRow("alike") << 10.0 << 10.0 << 4 << 2.0;
    QTest::newRow("nothing to produce") << 10.0 << 0.0 << 4 << 0.0;
    QTest::newRow("nothing to consume") << 0.0 << 7.0 << 4 << 7.0;
  }
  void queue_model_has_the_golden_values() {
    QFETCH(double, consumer);
    QFETCH(double, producer);
    QFETCH(int, buffer);
    QFETCH(double, wait);
    const double found = expected_wait(consumer, producer, static_cast<std::size_t>(buffer));
    QVERIFY2(std::abs(found - wait) < 5e-5, QByteArray::number(found, 'f', 6));
  }
  void queue_model_is_smooth_where_both_are_alike() {
    for (const std::size_t n : {1U, 4U, 32U}) {
      const double at = expected_wait(1, 1, n);
      QVERIFY(std::abs(expected_wait(1 + 1e-7, 1, n) - at) < 1e-6);
      QVERIFY(std::abs(expected_wait(1 - 1e-7, 1, n) - at) < 1e-6);
    }
  }

  void closed_form_names_each_limit() {
    Profile costs = loader({{"source", 0.5}, {"decode", 4}, {"crop", 1}}, 2);
    CostModel model = CostModel::of(facts(2), costs);
    // cores / sum of costs = 2 / 5.5 ms
    QVERIFY(std::abs(limit_of(model.ceiling(), LimitKind::Cores)->samples_per_s - 2 / 5.5e-3) < 1e-6);
    QCOMPARE(limit_of(model.ceiling(), LimitKind::Cores)->node, std::string("decode"));
    // one worker spends 5 ms
    QVERIFY(std::abs(model.expected().samples_per_s - 200) < 1e-9);
    QCOMPARE(model.expected().tightest().kind, LimitKind::Workers);
    // training on the CPU: the step's CPU time is in the sum
    model.on_cpu = true;
    model.costs.step_cpu = 4.5e-3;
    QVERIFY(std::abs(limit_of(model.ceiling(), LimitKind::Cores)->samples_per_s - 200) < 1e-6);
    // a sequential node
    model.costs.nodes[1].sequential = true;
    model.costs.nodes[1].wait = 6e-3;
    QCOMPARE(model.ceiling().tightest().kind, LimitKind::Sequential);
    QCOMPARE(model.ceiling().tightest().node, std::string("decode"));
    QVERIFY(std::abs(model.ceiling().samples_per_s - 100) < 1e-9);
    // a disk
    model.costs.disk_bytes = 1e6;
    model.disk_bytes_per_s = 50e6;
    QCOMPARE(model.ceiling().tightest().kind, LimitKind::Disk);
    QVERIFY(std::abs(model.ceiling().samples_per_s - 50) < 1e-9);
  }

  void nothing_overlapped_adds_up() {
    CostModel model = CostModel::of(facts(8), loader({{"source", 0}, {"decode", 3}}, 2));
    model.prefetch = 0;
    QCOMPARE(model.expected().tightest().kind, LimitKind::Turns);
    QVERIFY(std::abs(model.expected().samples_per_s - 200) < 1e-9);
    model.prefetch = 4;
    QVERIFY(std::abs(model.expected().samples_per_s - 1000.0 / 3) < 1e-6);
  }

  void workers_that_the_ceiling_needs() {
    const CostModel model = CostModel::of(facts(8), loader({{"source", 0.1}, {"decode", 7}, {"crop", 1}}, 2));
    QCOMPARE(model.workers_for(500), std::size_t{4});
    QCOMPARE(model.workers_for(1), std::size_t{1});
  }

  void nothing_is_said_too_early() {
    Profile costs = loader({{"source", 0.1}, {"decode", 4}}, 1);
    costs.steps = kStepsNeeded - 1;
    const Diagnosis early = diagnose(facts(), costs);
    QCOMPARE(early.verdict.kind, VerdictKind::NotYet);
    QVERIFY(early.verdict.node.empty());
    costs.steps = kStepsNeeded;
    QCOMPARE(diagnose(facts(), costs).verdict.node, std::string("decode"));
  }

  void words_follow_the_thresholds() {
    const auto headline = [](double wait) {
      Profile costs = loader({{"source", 0.1}, {"decode", 4}}, 4 * (1 - wait));
      return diagnose(facts(), costs).verdict.headline;
    };
    QVERIFY(headline(0.04).starts_with("Not input-bound"));
    QVERIFY(headline(0.10).starts_with("Moderately input-bound: 10 %"));
    QVERIFY(headline(0.63).starts_with(
        "Highly input-bound: 63 % of each step waits for a batch. decode is the bottleneck"));
  }

  void step_bound_names_the_part() {
    Profile costs = loader({{"source", 0.1}, {"decode", 1}}, 4);
    costs.step = {};
    costs.step[Phase::Forward] = 0.01;
    costs.step[Phase::Backward] = 0.025;
    costs.step[Phase::Optimizer] = 0.005;
    const Verdict verdict = diagnose(facts(), costs).verdict;
    QCOMPARE(verdict.kind, VerdictKind::StepBound);
    QCOMPARE(verdict.node, std::string("trainer"));
    QVERIFY2(verdict.text().find("backward takes 62 %") != std::string::npos, verdict.text().c_str());
    costs.step[Phase::HostToDevice] = 0.04;
    QCOMPARE(diagnose(facts(), costs).verdict.kind, VerdictKind::TransferBound);
  }

  void sequential_and_reading_stages() {
    Profile costs = loader({{"source", 0.1}, {"decode", 1}, {"lookup", 3}}, 1);
    costs.nodes[2].sequential = true;
    QCOMPARE(diagnose(facts(), costs).verdict.kind, VerdictKind::SequentialStage);

    costs = loader({{"source", 0.1}, {"decode", 1}}, 1);
    costs.nodes[0].wait = 5e-3;
    costs.nodes[0].blocked = 0;
    costs.nodes[1].starved = 0.8;
    costs.step[Phase::Wait] = 0.04;
    const Verdict verdict = diagnose(facts(), costs).verdict;
    QCOMPARE(verdict.kind, VerdictKind::ReadBound);
    QCOMPARE(verdict.node, std::string("source"));
  }

  /// A load that only waits is no reading, however the run is cut, and even where the disk is busy meanwhile.
  void the_kind_follows_from_the_node() {
    RunFacts graph = facts(8, 2);
    graph.nodes = {{.id = "source", .role = Role::Source, .fields = {"image", "label"}},
                   {.id = "load", .upstream = {"source"}, .fields = {"image"}},
                   {.id = "keep", .cache = true, .upstream = {"source", "load"}, .fields = {"image"}}};
    for (const bool staged : {false, true})
      for (const double disk : {0.0, 4096.0}) {
        Profile costs = loader({{"source", 0.1}, {"load", 0.01}, {"keep", 0.02}}, 1, 2);
        costs.nodes[1].wait = 5e-3;
        costs.step[Phase::Wait] = 0.04;
        for (NodeCost& node : costs.nodes) node.blocked = &node == &costs.nodes.front() ? 0.8 : 0;
        costs.disk_bytes = disk;
        if (staged) costs.nodes[2].segment = 2;
        graph.execution.staged = staged;
        const Verdict load = diagnose(graph, costs).verdict;
        QCOMPARE(load.node, std::string("load"));
        QCOMPARE(load.kind, VerdictKind::PreparationBound);
        std::swap(costs.nodes[1].wait, costs.nodes[2].wait);  // what a cache waits for is what it keeps on disk
        if (staged) costs.nodes[1].blocked = 0.8;
        QCOMPARE(diagnose(graph, costs).verdict.kind, VerdictKind::ReadBound);
      }
  }

  /// Three steps an epoch are not too few: training adds up across validation, and its time is that of training alone.
  void training_time_adds_up_across_validation() {
    TrainingTime time;
    const Snapshot first = short_epochs(0);
    for (double t = 0; t < 20; t += 0.05) time.add(short_epochs(t));
    QVERIFY(time.warm());
    RunFacts two = facts(2);
    two.execution.device = "cpu";
    const Diagnosis found = time.whole(two, first);
    QCOMPARE(found.verdict.node, std::string("decode"));
    QVERIFY(found.profile.steps > 80);
    QVERIFY2(std::abs(found.measured() - 100) < 0.5, QByteArray::number(found.measured()));
    QVERIFY2(std::abs(found.profile.own_cores - 1) < 0.02, QByteArray::number(found.profile.own_cores));
    QVERIFY(found.profile.other_cores < 0.02);
    QVERIFY2(std::abs(found.profile.nodes[1].busy - 0.8) < 0.02, QByteArray::number(found.profile.nodes[1].busy));
    QVERIFY(found.profile.nodes[1].blocked < 0.02);  // all of it was during validation
    QVERIFY2(std::abs(found.profile.nodes[1].cpu - 8e-3) < 2e-4, QByteArray::number(found.profile.nodes[1].cpu));
  }

  void a_run_too_short_for_a_warm_up_is_judged_as_a_whole() {
    TrainingTime time;
    time.add(short_epochs(1));
    time.add(short_epochs(3.5));
    QCOMPARE(time.whole(facts(2), short_epochs(0)).profile.steps, std::uint64_t{21});
    QVERIFY(time.whole(facts(2), short_epochs(0)).verdict.kind != VerdictKind::NotYet);
    TrainingTime shorter;
    shorter.add(short_epochs(3));
    QCOMPARE(shorter.whole(facts(2), short_epochs(0)).verdict.kind, VerdictKind::NotYet);
  }

  /// From the first verdict on there is one, and others that take the cores for seconds only do not hide it.
  void a_verdict_stays() {
    Document document;
    LiveDiagnosis live;
    live.begin(document, {.execution = facts_of(document).execution});
    double at = 0;
    double first_verdict = 0;
    Nanos others = 0;
    std::set<VerdictKind> kinds;
    const auto run_until = [&](double end, double other_cores) {
      for (; at < end; at += 0.05) {
        Snapshot now = short_epochs(at);
        others += from_seconds(0.05 * other_cores);
        now.process.cores_busy += others;
        live.add(now);
        if (!live.diagnosis()) {
          QVERIFY2(first_verdict == 0, "the verdict went away");
          continue;
        }
        if (first_verdict == 0) first_verdict = at;
        kinds.insert(live.diagnosis()->verdict.kind);
      }
    };
    run_until(30, 0);
    QVERIFY2(first_verdict > 0 && first_verdict < 9, QByteArray::number(first_verdict));
    QCOMPARE(kinds, std::set<VerdictKind>{VerdictKind::PreparationBound});
    QVERIFY(live.disturbance().empty());
    run_until(38, static_cast<double>(live.facts().cores));
    QCOMPARE(kinds, std::set<VerdictKind>{VerdictKind::PreparationBound});
    if (!live.disturbance().empty()) QVERIFY(live.basis() == LiveDiagnosis::Basis::Earlier);
    run_until(55, 0);
    QVERIFY(live.disturbance().empty());
    QCOMPARE(kinds, std::set<VerdictKind>{VerdictKind::PreparationBound});
    live.finish({.first = short_epochs(0), .last = short_epochs(at)});
    QVERIFY(live.basis() == LiveDiagnosis::Basis::WholeRun);
    QVERIFY(live.diagnosis()->profile.steps > 200);
  }

  /// A fix may promise more than the ceiling without a cache: the one with it is there too.
  void the_ceiling_with_a_cache_is_another() {
    RunFacts graph = facts();
    graph.memory = std::uint64_t{1} << 30U;
    graph.nodes = {{.id = "source", .role = Role::Source, .fields = {"image", "label"}},
                   {.id = "decode", .upstream = {"source"}, .fields = {"image"}},
                   {.id = "crop", .random = true, .upstream = {"source", "decode"}, .fields = {"image"}}};
    graph.execution.epochs = 10;
    const Profile costs = loader({{"source", 0.5}, {"decode", 40}, {"crop", 1}}, 1);
    Diagnosis found = diagnose(graph, costs);
    QCOMPARE(found.cached_at, std::string("decode"));
    QVERIFY(found.cached_ceiling.samples_per_s > 2 * found.ceiling.samples_per_s);
    graph.execution.epochs = 0;  // until it is stopped
    QCOMPARE(diagnose(graph, costs).cached_at, std::string("decode"));
    graph.execution.epochs = 1;  // nothing is seen twice
    QVERIFY(diagnose(graph, costs).cached_at.empty());
  }

  void an_inserted_node_pushes_the_others_aside() {
    auto loaded = load_document(feedline::test::source_dir("/resources/examples/naive.feedline").toStdString());
    QVERIFY(loaded.has_value());
    const Document before = loaded->document;
    const auto edit = insert_cache(before, Registry::instance(), "resize", {});
    QVERIFY(edit.has_value());
    Document after = before;
    const auto undo = after.apply(*edit);
    QVERIFY(undo.has_value());
    QCOMPARE(after.nodes().size(), before.nodes().size() + 1);
    for (const Node& a : after.nodes())
      for (const Node& b : after.nodes())
        if (a.id != b.id)
          QVERIFY2(std::abs(a.position.x - b.position.x) >= 200 || std::abs(a.position.y - b.position.y) >= 100,
                   (a.id + " lies on " + b.id).c_str());
    QCOMPARE(nodes_of_edit(before, *edit), (std::vector<std::string>{"crop", "resize"}));
    QVERIFY(after.apply(*undo).has_value());
    QVERIFY(after == before);
  }

  void a_busy_neighbour_is_no_node() {
    Profile costs = loader({{"source", 0.1}, {"decode", 4}}, 1, 2);
    RunFacts two = facts(2, 2);
    costs.own_cores = 1;
    costs.other_cores = 1;
    costs.idle_cores = 0;
    costs.samples_per_s = 250;
    const Verdict verdict = diagnose(two, costs).verdict;
    QCOMPARE(verdict.kind, VerdictKind::Contention);
    QVERIFY(verdict.node.empty());
    // The same neighbour harms nobody while cores are idle, or while the loader only waits.
    costs.idle_cores = 1;
    QCOMPARE(diagnose(two, costs).verdict.node, std::string("decode"));
    costs.idle_cores = 0;
    std::swap(costs.nodes[1].cpu, costs.nodes[1].wait);
    QCOMPARE(diagnose(two, costs).verdict.node, std::string("decode"));
  }

  void stalls_at_borders() {
    Profile costs = loader({{"source", 0.1}, {"decode", 4}}, 2);
    costs.border_wait = 0.9 * costs.step[Phase::Wait];
    QCOMPARE(diagnose(facts(), costs).verdict.kind, VerdictKind::StartUpStall);
  }

  void tiny_records() {
    Profile costs = loader({{"source", 0.001}, {"decode", 0.002}}, 0.001);
    costs.step[Phase::Wait] = 20 * costs.step[Phase::Forward];
    costs.samples_per_s = 2e4;
    costs.nodes[0].blocked = 0;
    QCOMPARE(diagnose(facts(), costs).verdict.kind, VerdictKind::QueueOverhead);
  }

  void disagreement_is_said() {
    Profile costs = loader({{"source", 0.1}, {"decode", 4}}, 1);
    costs.nodes[0].blocked = 0;  // by the queues the source holds everybody up
    costs.nodes[1].starved = 0.9;
    const Verdict verdict = diagnose(facts(), costs).verdict;
    QCOMPARE(verdict.kind, VerdictKind::NoClearBottleneck);
    QVERIFY2(verdict.text().find("disagree") != std::string::npos, verdict.text().c_str());
    QVERIFY(verdict.confidence < 0.5);
  }

  void records_left_out_are_a_concern() {
    Profile costs = loader({{"source", 0.1}, {"decode", 4}}, 1);
    QVERIFY(diagnose(facts(), costs).verdict.concerns.empty());
    costs.bad = 0.06;
    QVERIFY(diagnose(facts(), costs).verdict.concerns.front().starts_with("A concern"));
    costs.bad = 0.25;
    QVERIFY(diagnose(facts(), costs).verdict.concerns.front().starts_with("Critical"));
  }

  void the_walk_finds_where_full_turns_into_empty() {
    Profile profile;
    for (const auto& [blocked, starved] : {std::pair{0.7, 0.0}, {0.6, 0.1}, {0.0, 0.1}, {0.0, 0.8}})
      profile.nodes.push_back({.segment = profile.nodes.size(), .starved = starved, .blocked = blocked});
    QCOMPARE(walk_queues(profile), std::optional<std::size_t>(2));
    for (NodeCost& node : profile.nodes) node.blocked = 0.9;
    QVERIFY(!walk_queues(profile));
  }

  void caches_stand_never_behind_randomness() {
    RunFacts graph = facts();
    graph.nodes = {
        {.id = "source", .role = Role::Source, .fields = {"image", "label"}},
        {.id = "decode", .upstream = {"source"}, .fields = {"image"}},
        {.id = "resize", .upstream = {"source", "decode"}, .fields = {"image"}},
        {.id = "crop", .random = true, .upstream = {"source", "decode", "resize"}, .fields = {"image"}},
        {.id = "normalise", .random = true, .upstream = {"source", "decode", "resize", "crop"}, .fields = {"image"}}};
    Profile costs = loader({{"source", 0.5}, {"decode", 4}, {"resize", 2}, {"crop", 1}, {"normalise", 1}}, 1);
    costs.nodes[1].bytes = 1e6;
    costs.nodes[2].bytes = 1e5;
    const CostModel model = CostModel::of(graph, costs);
    auto places = cache_places(graph, model, 2e8);
    QCOMPARE(places.size(), std::size_t{3});
    QCOMPARE(best_in_memory(places)->node, std::string("resize"));                  // 1000 records of 0.1 MB
    QVERIFY(std::abs(places.front().after.expected().samples_per_s - 500) < 1e-6);  // crop and normalise are left
    places = cache_places(graph, model, 1e7);
    QCOMPARE(best_in_memory(places)->node, std::string("source"));
    graph.nodes[1].cache = true;  // what is kept further down needs no second one above
    places = cache_places(graph, model, 2e8);
    QCOMPARE(places.size(), std::size_t{1});
    QCOMPARE(places.front().node, std::string("resize"));
  }

  void who_has_little_time_measures_in_short_slices() {
    QCOMPARE(slice_within(20, 5, 0.7), 0.7);
    QCOMPARE(slice_within(4, 5, 0.7), 0.4);  // ten of them in four seconds
    QCOMPARE(slice_within(1, 5, 0.7), 0.25);
    QCOMPARE(slice_within(1, 5, 0.1), 0.1);
  }

  void what_if_solves_again_at_once() {
    const RunFacts eight = facts(2);
    const Diagnosis found = diagnose(eight, loader({{"source", 0.5}, {"decode", 4}, {"crop", 1}}, 1));
    QVERIFY(std::abs(what_if(eight, found, {}).rate() - found.ceiling.samples_per_s) < 1e-9);
    QVERIFY(std::abs(what_if(eight, found, {.cores = 4}).rate() - 4 / 5.5e-3) < 1e-6);
    QVERIFY(std::abs(what_if(eight, found, {.faster = {{"decode", 2}}}).rate() - 2 / 3.5e-3) < 1e-6);
    const WhatIfAnswer many = what_if(eight, found, {.cores = 64});
    QCOMPARE(many.solution.tightest().kind, LimitKind::Step);
    QVERIFY(std::abs(what_if(eight, found, {.cores = 64, .step_speedup = 2}).rate() - 2000) < 1e-6);
    QVERIFY(std::abs(what_if(eight, found, {.workers = 1}).rate() - 200) < 1e-9);
    QElapsedTimer timer;
    timer.start();
    for (int i = 0; i < 1000; ++i) (void)what_if(eight, found, {.cores = 1.0 + i});
    qInfo("what-if: %.1f us each", static_cast<double>(timer.nsecsElapsed()) * 1e-6);
  }

  /// An estimator has no replicas, precision or memory format that a fix could change, and its step is one thread's.
  void an_estimator_is_offered_nothing_for_networks() {
    QFile file(feedline::test::source_dir("/resources/examples/baseline.feedline"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    auto loaded = from_json(file.readAll().toStdString());
    QVERIFY(loaded.has_value());
    RunFacts found = facts_of(loaded->document);
    QVERIFY(!found.network);
    QCOMPARE(found.batch_node, std::string("batch"));
    QVERIFY(found.find("source") != nullptr);
    QCOMPARE(found.execution.epochs, 1U);  // it counts in one pass
    found.cores = 8;
    found.execution.has_bfloat16 = true;
    found.execution.intra_op_threads = 4;
    QCOMPARE(found.step_threads(), 1.0);
    Diagnosis step_bound{};
    step_bound.model.cores = 8;
    const auto offered = [&](bool network) {
      found.network = network;
      std::set<std::string> ids;
      for (const FixRule rule : FixRules::instance().all())
        for (const Fix& fix : rule({.document = loaded->document, .facts = found, .diagnosis = step_bound}))
          ids.insert(fix.id);
      return ids;
    };
    QVERIFY(offered(true).contains("replicas") && offered(true).contains("bfloat16"));
    QVERIFY(!offered(false).contains("replicas") && !offered(false).contains("bfloat16"));
  }

  /// Nodes of sub-graphs go by their paths, as in a run's meters; muted ones do not run. A fix sets what was drawn.
  void sub_graphs_and_muted_nodes_are_seen_as_they_run() {
    QFile file(feedline::test::source_dir("/resources/examples/image-folder.feedline"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    auto loaded = from_json(file.readAll().toStdString());
    QVERIFY(loaded.has_value());
    Document graph = std::move(loaded->document);
    const RunFacts plain = facts_of(graph);
    QVERIFY(plain.find("decode") != nullptr);
    const auto grouped = group(graph, {"decode"});
    QVERIFY(grouped.has_value());
    QVERIFY(graph.apply(grouped->edit));
    const std::string path = grouped->ids.front() + "/decode";
    const RunFacts inside = facts_of(graph);
    QCOMPARE(inside.nodes.size(), plain.nodes.size());
    QVERIFY(inside.find(path) != nullptr);
    QCOMPARE(inside.find(path)->fields, plain.find("decode")->fields);

    const Diagnosis none{};
    const FixContext context{.document = graph, .facts = inside, .diagnosis = none};
    QCOMPARE(context.setting(path, "exact"), Value(false));
    QVERIFY(graph.apply(context.set(path, "exact", true)));
    QCOMPARE(context.setting(path, "exact"), Value(true));

    QVERIFY(graph.apply({SetMuted{.node = grouped->ids.front()}}));
    QVERIFY(facts_of(graph).find(path) == nullptr);
  }

  /// A step that computes on padding for half of its time is offered batches of like length, once.
  void padding_is_offered_batches_of_like_length() {
    auto loaded = from_json(feedline::test::text_graph("lines.tsv").toStdString());
    QVERIFY(loaded.has_value());
    Document graph = std::move(loaded->document);
    const auto offered = [&](double padding) -> std::optional<Fix> {
      const RunFacts facts = facts_of(graph);
      Profile costs = loader({{"source", 0.01}, {"tokens", 0.01}, {"batch", 0.01}}, 2);
      costs.padding = padding;
      const Diagnosis found = diagnose(facts, costs);
      for (Fix& fix : find_fixes({.document = graph, .facts = facts, .diagnosis = found}))
        if (fix.id == "by-length") return std::move(fix);
      return std::nullopt;
    };
    QVERIFY(!offered(0));
    QVERIFY(!offered(0.05));
    const auto fix = offered(0.5);
    QVERIFY(fix.has_value());
    QVERIFY2(fix->predicted_ratio > 1.3 && fix->predicted_ratio < 2, qPrintable(QString::number(fix->predicted_ratio)));
    QVERIFY(fix->changes_results && fix->why.starts_with("50 %"));
    QVERIFY(offered(0.3)->predicted_ratio < fix->predicted_ratio);
    QVERIFY(graph.apply(fix->edit));
    QVERIFY(analyse(graph).ok());
    QVERIFY(!offered(0.5));
  }

  /// A frozen backbone that is worked out anew in each epoch is offered to be kept, unless its pictures are drawn anew.
  void a_frozen_backbone_is_offered_to_be_kept() {
    QFile file(feedline::test::source_dir("/resources/examples/transfer.feedline"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    auto loaded = from_json(file.readAll().toStdString());
    QVERIFY(loaded.has_value());
    Document graph = std::move(loaded->document);
    const auto set = [&graph](const char* param, const char* value) {
      return graph.apply({SetParam{.node = "backbone", .param = param, .value = std::string(value)}}).has_value();
    };
    const auto offered = [&]() -> std::optional<Fix> {
      const RunFacts facts = facts_of(graph);
      const Profile costs = loader({{"source", 0.01}, {"decode", 0.1}, {"resize", 0.1}, {"normalise", 0.01}}, 4);
      const Diagnosis found = diagnose(facts, costs);
      for (Fix& fix : find_fixes({.document = graph, .facts = facts, .diagnosis = found}))
        if (fix.id == "keep-frozen:backbone") return std::move(fix);
      return std::nullopt;
    };
    QVERIFY(!offered());  // it is kept already
    QVERIFY(set("cache", "off"));
    const auto fix = offered();
    QVERIFY(fix.has_value());
    QVERIFY2(fix->predicted_ratio > 2 && !fix->changes_results, qPrintable(QString::number(fix->predicted_ratio)));
    QVERIFY(set("frozen", "stages"));
    QVERIFY(!offered());
    QVERIFY(set("frozen", "all"));
    QVERIFY(graph.apply({AddNode{.node = {.id = "flip", .type = "horizontal_flip"}}}));
    QVERIFY(graph.apply({RemoveLink{{"normalise", "image"}}}));
    QVERIFY(graph.apply({AddLink{Link{.from = {"resize", "image"}, .to = {"flip", "image"}}}}));
    QVERIFY(graph.apply({AddLink{Link{.from = {"flip", "image"}, .to = {"normalise", "image"}}}}));
    QVERIFY(!offered());
  }

  /// Where a first layer of 400 features is the step, components are offered, with the time that they take to compute;
  /// not where the features are few, or where components stand there already.
  void wide_features_are_offered_components() {
    QFile file(feedline::test::source_dir("/resources/examples/tables.feedline"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    auto loaded = from_json(file.readAll().toStdString());
    QVERIFY(loaded.has_value());
    Document graph = std::move(loaded->document);
    const auto offered = [&](double width) -> std::optional<Fix> {
      const RunFacts facts = facts_of(graph);
      Profile costs =
          loader({{"source", 0.01}, {"one_hot", 0.01}, {"features", 0.01}, {"pca", 0.01}, {"batch", 0.01}}, 2);
      for (NodeCost& node : costs.nodes) node.bytes = 4 * width;
      const Diagnosis found = diagnose(facts, costs);
      for (Fix& fix : find_fixes({.document = graph, .facts = facts, .diagnosis = found}))
        if (fix.id.starts_with("pca:")) return std::move(fix);
      return std::nullopt;
    };
    QVERIFY(!offered(40));
    const auto fix = offered(400);
    QVERIFY(fix.has_value());
    QCOMPARE(fix->id, std::string("pca:features"));
    QVERIFY2(fix->predicted_ratio > 1.5 && fix->predicted_ratio < 4.01,
             qPrintable(QString::number(fix->predicted_ratio)));
    QVERIFY(fix->changes_results && fix->why.find(" % of the network's arithmetic") != std::string::npos);
    QVERIFY(graph.apply(fix->edit));
    QVERIFY(analyse(graph).ok());
    QCOMPARE(graph.link_into({"batch", "features"})->from.node, std::string("pca"));
    QVERIFY(!offered(400));
  }

  void every_fix_is_registered() { QVERIFY(FixRules::instance().all().size() >= 10); }
};

FEEDLINE_TEST(TestDiagnosis)

}  // namespace test_diagnosis

#include "test_diagnosis.moc"
