// SPDX-License-Identifier: GPL-3.0-or-later

// What fitting nodes costs a run, as the verdict tells it: from the figures of its passes, with no run.

#include "diagnosis/training_time.h"
#include "diagnosis/verdict.h"
#include "support/test_program.h"

#include <QTest>

#include <cmath>
#include <utility>
#include <vector>

namespace test_fit_verdict {

using namespace feedline;

namespace {

/// A GPU computes steps of 0.1 s and never waits: after so many of them, of a run of 100.
Snapshot trained(std::uint64_t steps, std::uint64_t total = 100) {
  Snapshot now;
  now.started = from_seconds(50);
  now.at = now.started + from_seconds(0.1 * static_cast<double>(steps));
  now.trainer.steps = steps;
  now.trainer.samples = 10 * steps;
  now.trainer.total_steps = total;
  now.trainer.stepped = from_seconds(0.1 * static_cast<double>(steps));
  now.trainer.times[Phase::Forward] = now.trainer.stepped;
  now.stages = {{.node = "source", .total = {.records = 10 * steps, .blocked = now.trainer.stepped}, .workers = 1}};
  return now;
}

FitPassFigures pass(double seconds) {
  return {.nodes = {"words", "scale"},
          .records = 120'000,
          .seconds = seconds,
          .merging_s = 0.1 * seconds,
          .costs = {{"source", 120'000, 0.2}, {"split", 120'000, 0.7}, {"words", 120'000, 0.1}}};
}

Verdict verdict_of(std::vector<FitPassFigures> passes, std::uint64_t steps = 40, std::uint64_t total = 100) {
  RunFacts facts;
  facts.cores = 8;
  facts.execution.device = "cuda:0";
  facts.trainer_node = "trainer";
  Snapshot later = trained(steps, total);
  later.fit_passes = std::move(passes);
  return diagnose(facts, trained(0, total), later).verdict;
}

QString text(const Verdict& verdict) { return QString::fromStdString(verdict.text()); }

}  // namespace

class TestFitVerdict : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// 15 s beside the 10 s that all 100 steps take, of which 4 s are over.
  void longer_than_the_training_it_is_the_verdict() {
    const Verdict found = verdict_of({pass(15)});
    QCOMPARE(name(found.kind), std::string_view("fit_bound"));
    QCOMPARE(found.node, std::string("split"));
    QVERIFY(std::abs(found.share - 0.6) < 1e-6);
    for (const char* part : {"Fitting words, scale before training took 15 s for 120,000 records, 60 %",
                             "split took 70 % of what its workers computed.",
                             "What was learnt is kept:", "Of the training itself: Not input-bound"})
      QVERIFY2(text(found).contains(part), qPrintable(text(found)));
    QVERIFY(found.concerns.empty());
  }

  void less_it_is_told_beside_the_verdict_of_the_training() {
    const Verdict found = verdict_of({pass(2.5)});
    QCOMPARE(name(found.kind), std::string_view("step_bound"));
    QCOMPARE(found.concerns.size(), std::size_t{1});
    QVERIFY2(QString::fromStdString(found.concerns.front()).contains("2.5 s for 120,000 records, 20 %"),
             qPrintable(text(found)));
    QVERIFY2(verdict_of({pass(0.9)}).concerns.empty(), "8 %, but nobody waits for that");
    QVERIFY2(verdict_of({pass(4)}, 40, 10'000).concerns.empty(), "4 s of a run of a thousand");
    QVERIFY(verdict_of({}).concerns.empty());
  }

  /// Nobody knows how long it will train: only what has been counts.
  void without_an_end_the_time_until_now_counts() {
    const Verdict found = verdict_of({pass(2)}, 40, 0);
    QVERIFY2(text(found).contains("33 % of the time until now"), qPrintable(text(found)));
  }

  void passes_add_up_and_say_what_is_not_kept() {
    FitPassFigures second = pass(10);
    second.nodes = {"components"};
    second.merging_s = 9.9;
    second.not_kept = "the disk is full";
    const Verdict found = verdict_of({pass(6), second});
    for (const char* part :
         {"Fitting words, scale, components before training took 16 s for 240,000 records",
          "66 % of it put together what single records gave", "Each run has to do it again: the disk is full."})
      QVERIFY2(text(found).contains(part), qPrintable(text(found)));
    QVERIFY(!text(found).contains("is kept"));
  }

  void too_few_steps_stay_too_few() {
    const Verdict found = verdict_of({pass(15)}, 10);
    QCOMPARE(name(found.kind), std::string_view("not_enough_steps"));
    QVERIFY(text(found).contains("Fitting words, scale"));
  }

  /// The window and the terminal judge training time, which begins behind the warm-up.
  void training_time_keeps_what_was_learnt() {
    TrainingTime time;
    for (std::uint64_t steps = 0; steps <= 60; ++steps) {
      Snapshot now = trained(steps);
      now.at += 1;  // the first is later than the start
      now.fit_passes = {pass(15)};
      time.add(now);
    }
    QVERIFY(time.warm());
    RunFacts facts;
    facts.cores = 8;
    facts.execution.device = "cuda:0";
    facts.trainer_node = "trainer";
    const Verdict found = time.whole(facts, trained(0)).verdict;
    QCOMPARE(name(found.kind), std::string_view("fit_bound"));
    QVERIFY(std::abs(found.share - 0.6) < 0.01);
  }
};

FEEDLINE_TEST(TestFitVerdict)

}  // namespace test_fit_verdict

#include "test_fit_verdict.moc"
