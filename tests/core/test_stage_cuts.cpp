// SPDX-License-Identifier: GPL-3.0-or-later

// Where a network is cut into stages: what is allowed, in which order a stage works, which cut is best, what is said of
// it.

#include "diagnosis/fix.h"
#include "diagnosis/verdict.h"
#include "graph/json.h"
#include "graph/stage_cuts.h"
#include "graph/validate.h"
#include "plan/stage_cut.h"
#include "plan/stage_schedule.h"
#include "support/places.h"
#include "support/test_program.h"

#include <QFile>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace test_stage_cuts {

using namespace feedline;

namespace {

Document example() {
  QFile file(test::source_dir() + "/resources/examples/two-stages.feedline");
  if (!file.open(QIODevice::ReadOnly)) return {};
  auto loaded = from_json(file.readAll().toStdString());
  return loaded ? std::move(loaded->document) : Document{};
}

Document cut_at(const std::vector<std::string>& begins) {
  Document document = example();
  (void)document.apply(
      {SetParam{.node = "trainer", .param = "stages", .value = ValueList(begins.begin(), begins.end())}});
  return document;
}

/// The slowest stage of a cut.
double slowest(const std::vector<CutLayer>& layers, const std::vector<std::size_t>& cuts) {
  double most = 0;
  double sum = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (std::find(cuts.begin(), cuts.end(), i) != cuts.end()) sum = 0;
    most = std::max(most, sum += layers[i].seconds);
  }
  return most;
}

/// Runs the stages' lists against each other, each task as soon as what it needs is there; most micro-batches that a
/// stage keeps at once. Empty: they wait for each other for ever, or some task is missing.
std::vector<std::size_t> simulate(std::string_view schedule, std::size_t stages, std::size_t micros) {
  std::vector<std::vector<StageTask>> lists;
  for (std::size_t s = 0; s < stages; ++s) lists.push_back(stage_schedule(schedule, s, stages, micros));
  std::vector<std::size_t> at(stages, 0);
  std::vector<std::size_t> kept(stages, 0);
  std::vector<std::size_t> most(stages, 0);
  std::set<std::pair<std::size_t, std::size_t>> forward;
  std::set<std::pair<std::size_t, std::size_t>> backward;
  for (bool moved = true; moved;) {
    moved = false;
    for (std::size_t s = 0; s < stages; ++s) {
      if (at[s] == lists[s].size()) continue;
      const StageTask task = lists[s][at[s]];
      if (!task.backward && s > 0 && !forward.contains({s - 1, task.micro})) continue;
      if (task.backward && s + 1 < stages && !backward.contains({s + 1, task.micro})) continue;
      if (task.backward && !forward.contains({s, task.micro})) continue;
      (task.backward ? backward : forward).emplace(s, task.micro);
      kept[s] += task.backward ? -1 : 1;
      most[s] = std::max(most[s], kept[s]);
      ++at[s];
      moved = true;
    }
  }
  return backward.size() == stages * micros && forward.size() == stages * micros ? most : std::vector<std::size_t>{};
}

/// A run of two stages, of which the first computes 30 ms a step in two layers and the second 10 ms.
Snapshot staged_run(std::uint64_t steps) {
  const auto times = static_cast<Nanos>(steps) * 1'000'000;
  Snapshot now;
  now.at = 45 * times + 1;
  now.started = 1;
  now.trainer.steps = steps;
  now.trainer.samples = 64 * steps;
  now.trainer.times[Phase::Forward] = 15 * times;
  now.trainer.times[Phase::Backward] = 30 * times;
  now.trainer.stepped = now.trainer.times.total();
  now.trainer.stages = {{.forward = 10 * times,
                         .backward = 20 * times,
                         .idle = 15 * times,
                         .layers = {{.node = "conv1", .forward = 5 * times},
                                    {.node = "conv2", .forward = 5 * times, .can_begin_stage = true}}},
                        {.forward = 4 * times,
                         .backward = 6 * times,
                         .idle = 35 * times,
                         .layers = {{.node = "linear", .forward = 4 * times, .can_begin_stage = true}}}};
  return now;
}

/// The same network in one piece: 14 ms forward and 28 backward.
Snapshot whole_run(std::uint64_t steps) {
  const auto times = static_cast<Nanos>(steps) * 1'000'000;
  Snapshot now = staged_run(steps);
  now.trainer.stages.clear();
  now.trainer.times[Phase::Forward] = 14 * times;
  now.trainer.times[Phase::Backward] = 28 * times;
  now.trainer.stepped = now.trainer.times.total();
  now.trainer.layers = {{.node = "conv1", .forward = 5 * times, .weights = 10},
                        {.node = "conv2", .forward = 5 * times, .weights = 10, .can_begin_stage = true},
                        {.node = "linear", .forward = 4 * times, .weights = 10, .can_begin_stage = true}};
  return now;
}

std::vector<Fix> first_cuts(const Document& document, const RunFacts& facts) {
  const Diagnosis found = diagnose(facts, whole_run(10), whole_run(110));
  std::vector<Fix> fixes = find_fixes({.document = document, .facts = facts, .diagnosis = found});
  std::erase_if(fixes, [](const Fix& fix) { return fix.id != "stages"; });
  return fixes;
}

}  // namespace

class TestStageCuts : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void schedules_never_wait_for_ever() {
    for (const char* schedule : {"gpipe", "1f1b"})
      for (std::size_t stages = 1; stages <= 5; ++stages)
        for (std::size_t micros = 1; micros <= 9; ++micros) {
          const std::vector<std::size_t> most = simulate(schedule, stages, micros);
          QCOMPARE(most.size(), stages);
          for (std::size_t s = 0; s < stages; ++s)
            QCOMPARE(most[s], std::string_view(schedule) == "gpipe" ? micros : std::min(micros, stages - s));
        }
  }

  void bubble() {
    QCOMPARE(bubble_share(1, 4), 0.0);
    QCOMPARE(bubble_share(2, 4), 0.2);
    QCOMPARE(bubble_share(4, 1), 0.75);
  }

  /// Against all cuts that there are.
  void the_best_cut() {
    for (std::uint64_t turn = 0; turn < 40; ++turn) {
      std::vector<CutLayer> layers;
      for (std::uint64_t i = 0; i < 7; ++i)
        layers.push_back({.seconds = static_cast<double>((turn * 7919 + i * i * 104729) % 97 + 1),
                          .bytes = 1,
                          .can_begin_stage = (turn + i) % 3 != 0});
      double best = 1e9;
      for (std::size_t a = 1; a < 7; ++a)
        for (std::size_t b = a + 1; b < 7; ++b)
          if (layers[a].can_begin_stage && layers[b].can_begin_stage) best = std::min(best, slowest(layers, {a, b}));
      const std::vector<std::size_t> found = balanced_cut(layers, 3);
      QCOMPARE(found.size(), std::size_t{2});
      QVERIFY(layers[found[0]].can_begin_stage && layers[found[1]].can_begin_stage && found[0] < found[1]);
      QCOMPARE(slowest(layers, found), best);
    }
    const std::vector<CutLayer> heavy = {{1, 8}, {1, 1}, {1, 1}, {9, 1}};
    QCOMPARE(balanced_cut(heavy, 2), std::vector<std::size_t>{3});
    QCOMPARE(balanced_cut(heavy, 2, 8), std::vector<std::size_t>{1});  // no stage may hold more
    QVERIFY(balanced_cut(heavy, 2, 4).empty());
    QVERIFY(balanced_cut(heavy, 5).empty());
    // The last layer is the slowest stage wherever the first one ends: memory decides.
    const std::vector<CutLayer> tied = {{1, 4}, {1, 1}, {1, 5}, {9, 1}};
    QCOMPARE(balanced_cut(tied, 3), (std::vector<std::size_t>{2, 3}));
    const std::vector<CutLayer> other_way = {{1, 2}, {1, 7}, {1, 1}, {9, 6}};
    QCOMPARE(balanced_cut(other_way, 3), (std::vector<std::size_t>{1, 3}));
  }

  void stages_follow_the_wires() {
    const Analysis analysis = analyse(cut_at({"conv2"}));
    QVERIFY(analysis.ok());
    QCOMPARE(analysis.stages.at("conv1"), (StageSpan{0, 0}));
    QCOMPARE(analysis.stages.at("conv2"), (StageSpan{1, 1}));
    QCOMPARE(analysis.stages.at("loss"), (StageSpan{1, 1}));
    QVERIFY(!analysis.stages.contains("batch"));
    QVERIFY(analyse(cut_at({})).stages.empty());
  }

  void wrong_cuts_are_refused_data() {
    QTest::addColumn<QStringList>("begins");
    QTest::addColumn<QString>("told");
    QTest::newRow("no such layer") << QStringList{"conv9"} << "'conv9' is the name of no layer";
    QTest::newRow("of the data side") << QStringList{"resize"} << "'resize' is the name of no layer";
    QTest::newRow("the first layer") << QStringList{"conv1"} << "stage 1 has no layer";
    QTest::newRow("against the wires") << QStringList{"linear", "conv2"} << "stage 2 has no layer";
    QTest::newRow("the loss") << QStringList{"loss"} << "'loss' is the name of no layer";
  }

  void wrong_cuts_are_refused() {
    QFETCH(QStringList, begins);
    QFETCH(QString, told);
    std::vector<std::string> names;
    for (const QString& name : begins) names.push_back(name.toStdString());
    const Analysis analysis = analyse(cut_at(names));
    const auto found = std::find_if(analysis.problems.begin(), analysis.problems.end(), [](const Problem& problem) {
      return problem.severity == Problem::Severity::Error && problem.error.parameter == "stages";
    });
    QVERIFY(found != analysis.problems.end());
    QVERIFY2(QString::fromStdString(found->error.reason).contains(told), found->error.reason.c_str());
    QVERIFY(!found->error.remedy.empty());
    QCOMPARE(found->error.node, std::string("trainer"));
    QVERIFY(analysis.stages.empty());
  }

  /// As the canvas asks for it: in whatever order, the cuts stand as the wires go.
  void cuts_are_toggled() {
    Document document = cut_at({});
    const auto toggle = [&](const char* node) {
      const Result<Edit> edit = toggle_stage(document, node);
      return edit && document.apply(*edit);
    };
    const auto cuts = [&] { return document.find("trainer")->params.at("stages"); };
    QVERIFY(toggle("conv3") && toggle("conv2") && toggle("linear"));
    QCOMPARE(cuts(), Value(ValueList{std::string("conv2"), std::string("conv3"), std::string("linear")}));
    QVERIFY(analyse(document).ok());
    QVERIFY(toggle("conv3"));
    QCOMPARE(cuts(), Value(ValueList{std::string("conv2"), std::string("linear")}));
    QVERIFY(!toggle("conv1") && !toggle("resize") && !toggle("nobody"));
  }

  /// A frame's stage begins at its first layer.
  void a_frame_begins_a_stage() {
    Document document = cut_at({});
    const auto cuts = [&] { return document.find("trainer")->params.at("stages"); };
    const auto toggled = [&](const std::vector<std::string>& nodes) { return toggle_stage_of(document, nodes); };
    const Result<Edit> edit = toggled({"linear", "resize", "conv3", "conv2", "trainer"});
    QVERIFY2(edit.has_value(), edit ? "" : edit.error().line().c_str());
    QVERIFY(document.apply(*edit));
    QCOMPARE(cuts(), Value(ValueList{std::string("conv2")}));
    QVERIFY(document.apply(*toggled({"conv3", "conv2"})));
    QCOMPARE(cuts(), Value(ValueList{}));
    QVERIFY(!toggled({}) && !toggled({"resize", "trainer"}));
    // Two layers of which none leads to the other are two places.
    QVERIFY(document.apply({RemoveLink{.to = {"conv2", "x"}}}));
    const Result<Edit> several = toggled({"conv1", "conv3", "conv2"});
    QVERIFY(!several && several.error().reason.find("conv1, conv2") != std::string::npos);
  }

  void replicas_and_stages_exclude_each_other() {
    Document document = cut_at({"conv2"});
    QVERIFY(document.apply({SetParam{.node = "trainer", .param = "replicas", .value = std::int64_t{2}}}));
    QVERIFY(!analyse(document).ok());
  }

  /// A stage has one micro-batch at a time: nobody has the whole batch that a synchronised norm would measure.
  void synchronised_norms_and_stages_exclude_each_other() {
    const auto told = [](const Document& document) {
      QStringList all;
      for (const Problem& problem : analyse(document).problems)
        if (problem.severity == Problem::Severity::Error && problem.error.parameter == "sync_batch_norm" &&
            problem.error.node == "trainer" && !problem.error.remedy.empty())
          all << QString::fromStdString(problem.error.reason);
      return all;
    };
    const Edit synchronised{SetParam{.node = "trainer", .param = "sync_batch_norm", .value = true}};
    Document cut = cut_at({"conv2"});
    QVERIFY(told(cut).isEmpty());
    QVERIFY(cut.apply(synchronised));
    QCOMPARE(told(cut).size(), qsizetype{1});
    QVERIFY2(told(cut).front().contains("micro-batch"), qPrintable(told(cut).front()));
    Document whole = cut_at({});
    QVERIFY(whole.apply(synchronised));
    QVERIFY(analyse(whole).ok());
  }

  void says_who_waits_and_what_would_help() {
    const Document document = cut_at({"linear"});
    RunFacts facts = facts_of(document);
    QCOMPARE(facts.execution.stages, 2);
    facts.cores = 2;
    facts.execution.device = "cpu";
    const Diagnosis found = diagnose(facts, staged_run(10), staged_run(110));
    QVERIFY2(found.verdict.kind == VerdictKind::PipelineBubble, found.verdict.text().c_str());
    QCOMPARE(found.verdict.node, std::string("conv1"));
    QVERIFY(std::abs(found.verdict.share - 50.0 / 90) < 1e-6);
    QVERIFY2(found.verdict.text().find("Stage 1") != std::string::npos, found.verdict.text().c_str());
    const std::vector<Fix> fixes = find_fixes({.document = document, .facts = facts, .diagnosis = found});
    const auto cut = std::find_if(fixes.begin(), fixes.end(), [](const Fix& fix) { return fix.id == "stages"; });
    QVERIFY(cut != fixes.end());
    // 15 + 15 + 10 ms: the best two stages take 15 and 25.
    QCOMPARE(cut->title, std::string("Begin the stages at conv2"));
    QVERIFY(cut->predicted_ratio > 1.15 && cut->predicted_ratio < 1.25);
    QVERIFY(std::any_of(fixes.begin(), fixes.end(), [](const Fix& fix) { return fix.id == "micro_batches"; }));
    // Not where a GPU has no room for the longer stage.
    Snapshot heavy = staged_run(110);
    for (ModelStageSample& stage : heavy.trainer.stages)
      for (LayerSample& layer : stage.layers) layer.weights = layer.node == "conv1" ? 0 : 100;
    facts.execution.device = "cuda:0,cuda:1";
    const Diagnosis of_gpus = diagnose(facts, staged_run(10), heavy);
    for (const std::uint64_t there : {std::uint64_t{1000}, std::uint64_t{600}}) {
      facts.memory_there = there;  // a half each
      const std::vector<Fix> offered = find_fixes({.document = document, .facts = facts, .diagnosis = of_gpus});
      QCOMPARE(std::any_of(offered.begin(), offered.end(), [](const Fix& fix) { return fix.id == "stages"; }),
               there == 1000);
    }
    Document changed = document;
    QVERIFY(changed.apply(cut->edit) && analyse(changed).stages.at("conv2").first == 1);
  }

  void proposes_stages_on_idle_cores() {
    Document document = cut_at({});
    QVERIFY(document.apply({SetParam{.node = "trainer", .param = "replicas", .value = std::int64_t{1}}}));
    RunFacts facts = facts_of(document);
    facts.cores = 2;
    facts.execution.device = "cpu";
    facts.execution.replicas = facts.execution.intra_op_threads = 1;
    const std::vector<Fix> fixes = first_cuts(document, facts);
    QCOMPARE(fixes.size(), std::size_t{1});
    // Of 15 + 15 + 12 ms the longer stage has 27, and 1.5 for calling its layers 16 times instead of once. Two stages
    // and 16 micro-batches are busy 16/17 of their time.
    QCOMPARE(fixes[0].title, std::string("Cut the network into 2 stages: begin the second at conv2"));
    QVERIFY2(std::abs(fixes[0].predicted_ratio - 42 / (28.5 * 17 / 16)) < 0.01,
             QByteArray::number(fixes[0].predicted_ratio));
    QVERIFY(fixes[0].changes_results && !fixes[0].needed);
    Document changed = document;
    QVERIFY(changed.apply(fixes[0].edit));
    const auto& params = changed.find("trainer")->params;
    QCOMPARE(params.at("micro_batches"), Value(std::int64_t{16}));
    QVERIFY(!params.contains("replicas") || params.at("replicas") == Value(std::int64_t{0}));
    QVERIFY(analyse(changed).stages.at("conv2").first == 1);
    // Not where there is no other core, where replicas share the batch, where two threads share each operation without
    // a loss, or where layers are not timed one by one.
    RunFacts other = facts;
    other.cores = 1;
    QVERIFY(first_cuts(document, other).empty());
    other = facts;
    other.execution.replicas = 2;
    QVERIFY(first_cuts(document, other).empty());
    other = facts;
    other.execution.intra_op_threads = 2;
    QVERIFY(first_cuts(document, other).empty());
    QVERIFY(document.apply({SetParam{.node = "trainer", .param = "recompute", .value = ValueList{std::string("*")}}}));
    QVERIFY(first_cuts(document, facts).empty());
  }

  void proposes_stages_on_gpus() {
    const Document document = cut_at({});
    RunFacts facts = facts_of(document);
    facts.cores = 4;
    facts.execution.device = "cuda:0";
    facts.execution.replicas = facts.execution.intra_op_threads = 1;
    QVERIFY(first_cuts(document, facts).empty());
    facts.gpus = 2;
    std::vector<Fix> fixes = first_cuts(document, facts);
    QCOMPARE(fixes.size(), std::size_t{1});
    Document changed = document;
    QVERIFY(changed.apply(fixes[0].edit));
    QCOMPARE(changed.find("trainer")->params.at("device"), Value(std::string("cuda:0,cuda:1")));
    // Each layer holds a third of what is needed: two of them are too much for one GPU.
    facts.memory_needed = 900;
    facts.memory_there = 550;
    QVERIFY(first_cuts(document, facts).empty());
    facts.gpus = 4;
    fixes = first_cuts(document, facts);
    QCOMPARE(fixes.size(), std::size_t{1});
    QVERIFY(fixes[0].needed);
    QCOMPARE(fixes[0].title, std::string("Cut the network into 3 stages: begin them at conv2, linear"));
  }
};

FEEDLINE_TEST(TestStageCuts)

}  // namespace test_stage_cuts

#include "test_stage_cuts.moc"
