// SPDX-License-Identifier: GPL-3.0-or-later

// Verdicts, proofs and tuning on real runs whose truth is known, because their loads are synthetic. The long versions
// are in tests/bench/bench_diagnosis.cpp.

#include "base/cores.h"
#include "diagnosis/fix.h"
#include "nodes/preprocess/load_maker.h"
#include "support/other_load.h"
#include "support/synthetic.h"
#include "support/test_program.h"
#include "tuning/decompose.h"
#include "tuning/prove.h"
#include "tuning/tune.h"

#include <QTemporaryDir>
#include <QtTest>

#include <atomic>
#include <cmath>
#include <csignal>
#include <mutex>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace test_verdicts {

using namespace feedline;
using namespace feedline::test;

namespace {

Examination must_examine(const Document& document, double seconds = 0.8) {
  auto found = examine(document, {}, seconds);
  if (!found) qFatal("%s", found.error().line().c_str());
  return std::move(*found);
}

const Fix* find(const std::vector<Fix>& fixes, const std::string& id) {
  for (const Fix& fix : fixes)
    if (fix.id == id) return &fix;
  return nullptr;
}

/// Do other programs use so much of the machine that costs cannot be told?
bool disturbed(const Examination& found) {
  return found.diagnosis.profile.other_cores > 0.3 * static_cast<double>(found.facts.cores);
}

std::vector<Fix> fixes_of(const Examination& found) {
  return find_fixes({.document = found.document, .facts = found.facts, .diagnosis = found.diagnosis});
}

}  // namespace

class TestVerdicts : public QObject {
  Q_OBJECT

 private:
  [[nodiscard]] Document graph(const SyntheticPipeline& pipeline) const {
    return synthetic_graph(folder_.path(), pipeline);
  }
  QTemporaryDir folder_;

 private Q_SLOTS:
  /// Twenty of the two hundred of the benchmark, several at a time, since they only wait.
  void the_slowest_node_is_named() {
    std::atomic<std::uint64_t> next{0};
    std::atomic<int> right{0};
    std::atomic<int> disturbed{0};  // on a machine that others keep busy, that is the truth
    std::mutex mutex;
    QStringList wrong;
    (void)graph(random_pipeline(0));  // writes the files
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
          for (std::uint64_t i = next++; i < 20; i = next++) {
            const SyntheticPipeline pipeline = random_pipeline(i);
            const Verdict verdict = must_examine(graph(pipeline)).diagnosis.verdict;
            if (verdict.node == pipeline.slowest()) {
              ++right;
            } else if (verdict.kind == VerdictKind::Contention) {
              ++disturbed;
            } else {
              const std::lock_guard lock(mutex);
              wrong << QString("%1: it is %2, not: %3")
                           .arg(i)
                           .arg(QString::fromStdString(pipeline.slowest()), QString::fromStdString(verdict.text()));
            }
          }
        });
    }
    if (disturbed > 10) QSKIP(kTooBusy);
    QVERIFY2(right + disturbed >= 19, qPrintable(wrong.join('\n')));
  }

  void each_kind_is_told() {
    Examination found =
        must_examine(graph({.stages = {{.wait_ms = 1}, {.wait_ms = 6, .sequential = true}}, .workers = 4}));
    QCOMPARE(found.diagnosis.verdict.kind, VerdictKind::SequentialStage);
    QCOMPARE(found.diagnosis.verdict.node, std::string("load2"));
    if (disturbed(found)) QSKIP(kTooBusy);
    QVERIFY2(std::abs(found.diagnosis.ceiling.samples_per_s / (1 / 6e-3) - 1) < 0.15,
             QByteArray::number(found.diagnosis.ceiling.samples_per_s));

    found = must_examine(graph({.stages = {{.wait_ms = 2}, {.wait_ms = 1}}, .workers = 2, .prefetch = 0}));
    QCOMPARE(found.diagnosis.verdict.kind, VerdictKind::PreparationBound);
    QCOMPARE(found.diagnosis.verdict.node, std::string("load1"));
    QVERIFY(found.diagnosis.verdict.text().find("Nothing overlaps") != std::string::npos);
    QVERIFY(find(fixes_of(found), "overlap") != nullptr || find(fixes_of(found), "overlap-workers") != nullptr);
  }

  /// A process beside us that keeps every core busy is named as such, and no node is blamed.
  void a_noisy_neighbour_is_contention() {
    const pid_t parent = getpid();
    std::vector<pid_t> neighbours;
    for (std::size_t core = 0; core < usable_cores(); ++core) {
      const pid_t child = fork();
      if (child == 0) {
        while (getppid() == parent) feedline::compute_for(5'000'000);
        _exit(0);
      }
      neighbours.push_back(child);
    }
    const auto found = examine(graph({.stages = {{.cpu_ms = 3}, {.cpu_ms = 1}}, .workers = 2}), {}, 1.5);
    for (const pid_t child : neighbours) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
    QVERIFY2(found, found ? "" : found.error().line().c_str());
    const Verdict& verdict = found->diagnosis.verdict;
    QVERIFY2(verdict.kind == VerdictKind::Contention, verdict.text().c_str());
    QVERIFY(verdict.node.empty());
  }

  void a_fix_brings_what_was_predicted() {
    const Document slow = graph({.stages = {{.wait_ms = 3}, {.wait_ms = 1}}, .workers = 1});
    MeasureOptions measure;
    measure.most_workers = 4;
    const auto found = examine(slow, measure, 0.8);
    QVERIFY(found);
    if (disturbed(*found)) QSKIP(kTooBusy);
    const std::vector<Fix> fixes = fixes_of(*found);
    const Fix* fix = find(fixes, "workers");
    QVERIFY(fix != nullptr);
    QVERIFY2(std::abs(fix->predicted_ratio - 4) < 0.4, QByteArray::number(fix->predicted_ratio));
    const auto fast = with_edit(slow, fix->edit);
    QVERIFY(fast);
    const auto proof = prove(slow, *fast, {.measure = measure, .seconds = 2, .slice = 0.3, .least_pairs = 3});
    QVERIFY2(proof, proof ? "" : proof.error().line().c_str());
    QVERIFY(proof->keep());
    QVERIFY2(std::abs(proof->rate.ratio / fix->predicted_ratio - 1) < 0.15, QByteArray::number(proof->rate.ratio));
  }

  void the_same_graph_is_no_faster_than_itself() {
    const Document one = graph({.stages = {{.wait_ms = 2}}, .workers = 2});
    if (disturbed(must_examine(one, 0.5))) QSKIP(kTooBusy);
    const auto proof = prove(one, one, {.seconds = 2, .slice = 0.3, .least_pairs = 4, .precise_enough = 0});
    QVERIFY(proof);
    QVERIFY2(std::abs(proof->rate.ratio - 1) < 0.05, QByteArray::number(proof->rate.ratio));
  }

  void tune_finds_the_workers_and_never_ends_slower() {
    const SyntheticPipeline pipeline{.stages = {{.wait_ms = 2}, {.wait_ms = 4}}, .workers = 1, .prefetch = 0};
    TuneOptions options{.budget_seconds = 6.5};
    options.measure.most_workers = 4;
    const OtherLoad load;
    const auto tuned = tune(graph(pipeline), options);
    QVERIFY2(tuned, tuned ? "" : tuned.error().line().c_str());
    if (load.is_high()) QSKIP(kTooBusy);
    QVERIFY(tuned->improved);
    QVERIFY2(tuned->gain.ratio > 3.2, QByteArray::number(tuned->gain.ratio));
    QVERIFY(!tuned->steps.empty() && !tuned->steps.front().why.empty());

    options.budget_seconds = 4;
    const auto again = tune(tuned->document, options);
    QVERIFY(again);
    QVERIFY(again->document == tuned->document || again->gain.ratio > 1);
  }

  void a_stall_is_taken_apart() {
    const auto stalls = decompose(graph({.stages = {{.wait_ms = 3}}, .workers = 1}), {}, 0.6);
    QVERIFY2(stalls, stalls ? "" : stalls.error().line().c_str());
    QVERIFY2(stalls->step_alone > 3 * stalls->cached, QByteArray::number(stalls->step_alone));
    QVERIFY(stalls->preparation_stall() > 0.6);
    QVERIFY(stalls->headspace() > 3);
  }

  void a_stop_ends_measuring() {
    std::stop_source stop;
    MeasureOptions options;
    options.stop = stop.get_token();
    std::jthread stopper([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      stop.request_stop();
    });
    const auto found = examine(graph({.stages = {{.wait_ms = 1}}}), options, 60);
    QVERIFY(!found);
    QCOMPARE(found.error().code, ErrorCode::Cancelled);
  }
};

FEEDLINE_TEST(TestVerdicts)

}  // namespace test_verdicts

#include "test_verdicts.moc"
