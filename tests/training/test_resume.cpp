// SPDX-License-Identifier: GPL-3.0-or-later
// Runs that write checkpoints, and runs that go on from them: nothing is lost, and the result is that of one run.
#include "networks.h"
#include "state/checkpoint_files.h"
#include "support/fixtures.h"
#include "support/run_recorder.h"
#include "support/test_program.h"
#include "training/collect_state.h"
#include "training/report.h"
#include "training/resume.h"

#include <QDir>
#include <QScopeGuard>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace test_resume {

using namespace feedline;
using namespace feedline::test;

namespace {

namespace fs = std::filesystem;

TrainingState newest_of(const fs::path& folder) {
  auto found = find_checkpoint(folder);
  if (!found || !*found) qFatal("no checkpoint: %s", found ? folder.c_str() : found.error().line().c_str());
  return std::move((*found)->state);
}

RunOptions options_for(const fs::path& folder, std::uint64_t every_steps = 0) {
  RunOptions options;
  options.checkpoints.folder = folder;
  options.checkpoints.every_steps = every_steps;
  options.checkpoints.keep = 1000;
  return options;
}

RunOptions going_on(RunOptions options, TrainingState state) {
  options.resume = {std::make_shared<const TrainingState>(std::move(state)), "the checkpoint"};
  return options;
}

/// What two runs must have in common, told apart by name: all tensors, the loss curve, the epochs' figures.
QString difference(const TrainingState& a, const TrainingState& b) {
  if (a.position != b.position) return "the position";
  if (a.parameters != b.parameters) return "the weights";
  if (a.buffers != b.buffers) return "the buffers";
  if (a.optimizer != b.optimizer) return "the optimiser";
  if (a.best != b.best) return "the weights of the best epoch";
  if (a.accumulated != b.accumulated) return "what was accumulated";
  if (a.generators != b.generators) return "the generators";
  if (a.tallies != b.tallies) return "the tallies";
  if (a.fitted != b.fitted) return "what was fitted";
  const auto first = run_progress_of(a.texts.at(std::string(kProgressText)));
  const auto second = run_progress_of(b.texts.at(std::string(kProgressText)));
  if (!first || !second) return "no progress";
  if (first->curve.points.size() != second->curve.points.size()) return "the length of the curve";
  for (std::size_t i = 0; i < first->curve.points.size(); ++i)
    if (first->curve.points[i].x != second->curve.points[i].x || first->curve.points[i].y != second->curve.points[i].y)
      return QString("point %1 of the curve").arg(i);
  if (first->epochs.size() != second->epochs.size()) return "the number of epochs";
  for (std::size_t i = 0; i < first->epochs.size(); ++i)
    if (first->epochs[i].metrics != second->epochs[i].metrics || first->epochs[i].samples != second->epochs[i].samples)
      return QString("epoch %1").arg(first->epochs[i].epoch);
  return first->best == second->best ? QString() : QString("the best value");
}

std::vector<std::string> notices_of(const RecordedRun& run) {
  std::vector<std::string> all;
  for (const Fact& fact : run.facts())
    if (const auto* notice = std::get_if<Noticed>(&fact)) all.push_back(notice->error.line());
  return all;
}

}  // namespace

class TestResume : public QObject {
  Q_OBJECT

  QTemporaryDir folder_{};
  Document graph_{};
  int made_ = 0;

  fs::path fresh() { return folder_.filePath(QString("ckpt%1").arg(++made_)).toStdString(); }

 private Q_SLOTS:
  void initTestCase() { graph_ = with(small_network(folder_.path(), 320), "trainer", "replicas", std::int64_t{1}); }

  /// Every checkpoint of a run is gone on from, in another process's stead: 8 batches an epoch, 3 epochs.
  void every_checkpoint_leads_to_the_same_end_data() {
    QTest::addColumn<int>("replicas");
    QTest::addColumn<int>("workers");
    QTest::addColumn<bool>("techniques");
    QTest::newRow("one replica") << 1 << 1 << false;
    QTest::newRow("two replicas") << 2 << 3 << false;
    QTest::newRow("an average, a plateau, steps of three batches") << 2 << 2 << true;
    QTest::newRow("classes drawn alike, of a fold") << 1 << 2 << false;
  }
  void every_checkpoint_leads_to_the_same_end() {
    QFETCH(int, replicas);
    QFETCH(int, workers);
    QFETCH(bool, techniques);
    Document graph = with(graph_, "trainer", "replicas", std::int64_t{replicas});
    if (QString(QTest::currentDataTag()).startsWith("classes")) {
      graph = with(graph, "shuffle", "balance", std::string("classes"));
      graph = with(graph, "trainer", "split_by", std::string("stratified"));
      graph = with(graph, "trainer", "folds", std::int64_t{4});
    }
    if (techniques) {
      graph = with(graph, "trainer", "accumulate", std::int64_t{3});
      graph = with(graph, "trainer", "epochs", std::int64_t{6});
      graph = with(graph, "trainer", "stop_early", std::string("val_loss"));
      graph = with(graph, "trainer", "patience", std::int64_t{2});
      graph = with(graph, "adam", "ema", 0.9);
      graph = with(graph, "adam", "schedule", std::string("plateau"));
      graph = with(graph, "adam", "learning_rate", 0.05);
    }
    const fs::path folder = fresh();
    RecordedRun whole(graph, options_for(folder, techniques ? 1 : 3), [](Run&, const Fact& fact) {
      if (std::holds_alternative<EpochDone>(fact)) QTest::qSleep(400);  // the disk may be slower than an epoch
    });
    QCOMPARE(whole.result().end, RunResult::End::Completed);
    const TrainingState end = newest_of(folder);
    const auto files = list_checkpoints(folder);
    QVERIFY(files.size() >= 2);
    QVERIFY2(whole.result().checkpoint.ends_with(checkpoint_name(end.position.step)),
             whole.result().checkpoint.c_str());
    QVERIFY(whole.result().last.trainer.times[Phase::Checkpoint] > 0);
    for (const CheckpointFile& file : files) {
      auto from = load_training_state(file.path);
      QVERIFY(from);
      const fs::path other = fresh();
      RunOptions options = going_on(options_for(other, 5), *from);
      options.workers = static_cast<std::size_t>(workers);
      RecordedRun rest(graph, options);
      QVERIFY2(rest.result().end == RunResult::End::Completed,
               rest.result().failure ? rest.result().failure->line().c_str() : "");
      QCOMPARE(rest.result().epochs.size(), whole.result().epochs.size());
      for (std::size_t i = 0; i < rest.result().epochs.size(); ++i)
        QVERIFY2(rest.result().epochs[i].metrics == whole.result().epochs[i].metrics,
                 qPrintable(QString("epoch %1 behind step %2").arg(i + 1).arg(file.step)));
      QCOMPARE(rest.result().last.trainer.steps, whole.result().last.trainer.steps);
      if (file.step == end.position.step) continue;  // nothing was left to do, and nothing new to keep
      const QString differs = difference(newest_of(other), end);
      QVERIFY2(differs.isEmpty(), qPrintable(QString("%1 behind step %2").arg(differs).arg(file.step)));
    }
  }

  /// A stop behind the step in hand keeps all, also one in the middle of validation.
  void stops_lose_nothing() {
    const fs::path whole_folder = fresh();
    RecordedRun whole(graph_, options_for(whole_folder));
    QCOMPARE(whole.result().end, RunResult::End::Completed);
    const TrainingState end = newest_of(whole_folder);
    for (int attempt = 0; attempt < 6; ++attempt) {
      const fs::path folder = fresh();
      std::optional<TrainingState> state;
      for (int starts = 0; starts < 40; ++starts) {
        RecordedRun run(graph_, state ? going_on(options_for(folder), *state) : options_for(folder));
        QTest::qSleep(3 + 7 * attempt + starts);
        run.run().stop_behind_step();
        const RunResult::End how = run.result().end;
        QVERIFY2(how != RunResult::End::Failed, run.result().failure ? run.result().failure->line().c_str() : "");
        auto found = find_checkpoint(folder);
        QVERIFY(found);
        if (*found) state = std::move((*found)->state);
        if (how == RunResult::End::Completed) break;
      }
      RecordedRun rest(graph_, state ? going_on(options_for(folder), *state) : options_for(folder));
      QCOMPARE(rest.result().end, RunResult::End::Completed);
      const QString differs = difference(newest_of(folder), end);
      QVERIFY2(differs.isEmpty(), qPrintable(differs));
    }
  }

  void more_epochs_are_as_if_they_had_been_asked_for_at_once() {
    const fs::path first = fresh();
    const fs::path second = fresh();
    const fs::path at_once = fresh();
    RunOptions two = options_for(first);
    two.epochs = 2;
    RecordedRun short_run(graph_, two);
    QCOMPARE(short_run.result().epochs.size(), std::size_t{2});
    RunOptions four = options_for(second);
    four.epochs = 4;
    RecordedRun longer(graph_, going_on(four, newest_of(first)));
    QCOMPARE(longer.result().epochs.size(), std::size_t{4});
    four.checkpoints.folder = at_once;
    RecordedRun whole(graph_, four);
    QCOMPARE(whole.result().epochs.size(), std::size_t{4});
    QCOMPARE(difference(newest_of(second), newest_of(at_once)), QString());
    RunOptions one = options_for(fresh());
    one.epochs = 1;
    RecordedRun fewer(graph_, going_on(one, newest_of(first)));
    QVERIFY(fewer.result().failure && line(*fewer.result().failure).contains("more epochs"));
  }

  void a_changed_graph_is_refused_with_the_difference() {
    const fs::path folder = fresh();
    RecordedRun run(graph_, options_for(folder));
    QCOMPARE(run.result().end, RunResult::End::Completed);
    const auto refused = [&](const Document& graph) {
      RecordedRun other(graph, going_on(options_for(fresh()), newest_of(folder)));
      const auto& failure = other.result().failure;
      return failure ? line(*failure) : QString("not refused");
    };
    QVERIFY(refused(with(graph_, "hidden", "units", std::int64_t{16})).contains("hidden.units went from 32 to 16"));
    QVERIFY(refused(with(graph_, "trainer", "seed", std::int64_t{9})).contains("trainer.seed"));
    QCOMPARE(refused(with(graph_, "trainer", "prefetch", std::int64_t{9})), QString("not refused"));
  }

  void weights_alone_are_taken_by_name() {
    const fs::path folder = fresh();
    RecordedRun run(graph_, options_for(folder));
    QCOMPARE(run.result().end, RunResult::End::Completed);
    RunOptions options;
    options.epochs = 1;
    options.weights = {std::make_shared<const TrainingState>(newest_of(folder)), "the checkpoint"};
    RecordedRun same(graph_, options);
    QCOMPARE(same.result().end, RunResult::End::Completed);
    QVERIFY(same.result().epochs[0].loss(kTrainSplit) < run.result().epochs[0].loss(kTrainSplit));
    QVERIFY(notices_of(same).front().find("4 of 4 tensors") != std::string::npos);
    RecordedRun other(with(graph_, "hidden", "units", std::int64_t{16}), options);
    QCOMPARE(other.result().end, RunResult::End::Completed);
    const std::string told = notices_of(other).front();
    QVERIFY2(told.find("1 of 4 tensors") != std::string::npos && told.find("of another shape") != std::string::npos,
             told.c_str());
  }

  void a_folder_that_cannot_be_written_ends_nothing() {
    const QString file = folder_.filePath("a file");
    write_file(file, "in the way");
    RecordedRun run(graph_, options_for((file + "/checkpoints").toStdString(), 2));
    QCOMPARE(run.result().end, RunResult::End::Completed);
    const auto told = notices_of(run);
    QCOMPARE(std::count_if(told.begin(), told.end(),
                           [](const std::string& text) { return text.find("no checkpoint") != std::string::npos; }),
             1);
    QVERIFY(run.result().checkpoint.empty());
  }

  /// A limit on the size of files stands for a disk that fills up while a checkpoint is written.
  void a_full_disk_ends_nothing_and_leaves_no_half() {
    const fs::path folder = fresh();
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const rlimit small{.rlim_cur = 1024, .rlim_max = before.rlim_max};
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto back = qScopeGuard([&] { ::setrlimit(RLIMIT_FSIZE, &before); });
    RecordedRun run(graph_, options_for(folder, 2));
    QCOMPARE(run.result().end, RunResult::End::Completed);
    const auto told = notices_of(run);
    QCOMPARE(std::count_if(told.begin(), told.end(),
                           [](const std::string& text) { return text.find("goes on without") != std::string::npos; }),
             1);
    QVERIFY(run.result().checkpoint.empty());
    QVERIFY(QDir(QString::fromStdString(folder.string()))
                .entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot)
                .isEmpty());
  }

  void the_best_is_kept_beside_the_newest() {
    const fs::path folder = fresh();
    RunOptions options = options_for(folder);
    options.checkpoints.keep = 1;
    options.checkpoints.every_epochs = 1;
    RecordedRun run(graph_, options);
    QCOMPARE(run.result().end, RunResult::End::Completed);
    QCOMPARE(list_checkpoints(folder).size(), std::size_t{1});
    const auto best = open_best_checkpoint(folder);
    QVERIFY(best);
    std::size_t wanted = 0;
    const auto& epochs = run.result().epochs;
    for (std::size_t i = 1; i < epochs.size(); ++i)
      if (epochs[i].value("accuracy", kValSplit) > epochs[wanted].value("accuracy", kValSplit)) wanted = i;
    QCOMPARE(best->state.position.epoch, epochs[wanted].epoch);
    QCOMPARE(list_checkpoints(folder).front().step, run.result().last.trainer.steps);
  }

  /// The last matrix and all epochs of a run are there from the start of its next part, and its totals go on.
  void what_was_told_before_is_kept() {
    const fs::path folder = fresh();
    RunOptions options = options_for(folder);
    options.epochs = 2;
    const auto recorded = [] { return RecordedAs{.run = 7, .started_at = 1'764'000'000.123456}; };
    options.checkpoints.recorded = recorded;
    RecordedRun first(graph_, options);
    QCOMPARE(first.result().end, RunResult::End::Completed);
    const EpochResult& last = first.result().epochs.back();
    QVERIFY(last.evaluation && last.evaluation->classes > 1 && !last.evaluation->worst.empty());
    QCOMPARE(last.step, first.result().last.trainer.steps);

    options.epochs = 3;
    options.max_steps = last.step + 1;  // it ends before anything is validated again
    options.checkpoints.recorded = {};
    RecordedRun second(graph_, going_on(options, newest_of(folder)));
    const RunResult& result = second.result();
    QVERIFY2(!result.failure, result.failure ? result.failure->line().c_str() : "");
    QCOMPARE(result.epochs.size(), std::size_t{3});
    const auto& kept = result.epochs[1].evaluation;
    QVERIFY(kept != nullptr && result.epochs[2].evaluation == nullptr);
    QCOMPARE(kept->epoch, 2U);
    QVERIFY(kept->counts == last.evaluation->counts && kept->class_names == last.evaluation->class_names);
    QCOMPARE(kept->worst.size(), last.evaluation->worst.size());
    QCOMPARE(kept->worst.front().record, last.evaluation->worst.front().record);
    QCOMPARE(kept->worst.front().truth, last.evaluation->worst.front().truth);
    QVERIFY(report_json(result).find("\"confusion\": {") != std::string::npos);
    QVERIFY(result.earlier_wall_s > 0 && result.earlier_wall_s <= first.result().last.elapsed());

    bool told = false;
    for (const Fact& fact : second.facts()) {
      const auto* started = std::get_if<Started>(&fact);
      if (started == nullptr) continue;
      told = true;
      QVERIFY(started->earlier.has_value());
      QCOMPARE(started->earlier->recorded.run, 7);
      QCOMPARE(started->earlier->recorded.started_at, recorded().started_at);  // to the last bit
      QCOMPARE(started->earlier->step, last.step);
      QCOMPARE(started->earlier->epochs.size(), std::size_t{2});
      QVERIFY(started->earlier->wall_s == result.earlier_wall_s && started->earlier->cpu_s > 0);
      QCOMPARE(started->earlier->stages.size(), result.last.stages.size());
      QVERIFY(started->earlier->stages.front().total.records > 0);
    }
    QVERIFY(told);
    // Its own checkpoint knows the run too, though nobody told it where it is recorded.
    const auto progress = run_progress_of(newest_of(folder).texts.at(std::string(kProgressText)));
    QVERIFY(progress && progress->recorded == recorded());
    QVERIFY(progress->wall_s > result.earlier_wall_s);
  }

  /// The first epoch's end is worth a checkpoint, however short it was; a study wants no best ones.
  void the_first_epoch_is_kept_and_no_best_where_none_is_wanted() {
    const fs::path folder = fresh();
    RunOptions options;
    options.checkpoints.folder = folder;
    options.checkpoints.keep = 10;
    RecordedRun run(graph_, options);
    QCOMPARE(run.result().end, RunResult::End::Completed);
    const auto files = list_checkpoints(folder);
    QVERIFY(!files.empty());
    QCOMPARE(files.back().step, run.result().epochs.front().step);
    QVERIFY(fs::exists(folder / kBestCheckpoint));

    const fs::path other = fresh();
    RunOptions without = options_for(other, 1);
    without.checkpoints.keep_best = false;
    RecordedRun study(graph_, without);
    QVERIFY(study.result().best_checkpoint.empty() && !fs::exists(other / kBestCheckpoint));
    QVERIFY(!list_checkpoints(other).empty());
  }

  /// However late the run's clock starts, no worker has waited or worked for longer than it has run.
  void nothing_counts_before_the_clock() {
    RunOptions options;
    options.max_steps = 2;
    RecordedRun run(graph_, options, [](Run&, const Fact& fact) {
      if (std::holds_alternative<Started>(fact)) QTest::qSleep(200);
    });
    const Snapshot& last = run.result().last;
    QVERIFY(last.started != 0 && !last.stages.empty());
    for (const StageSample& stage : last.stages) {
      const double most = last.elapsed() * static_cast<double>(std::max<std::size_t>(stage.workers, 1));
      QVERIFY2(seconds(stage.total.blocked + stage.total.starved) <= most + 0.05,
               qPrintable(QString("%1: %2 s blocked, %3 s starved of %4 s")
                              .arg(stage.node.c_str())
                              .arg(seconds(stage.total.blocked))
                              .arg(seconds(stage.total.starved))
                              .arg(most)));
    }
  }

  void without_checkpoints_nothing_is_said_of_them() {
    RecordedRun run(graph_);
    QCOMPARE(run.result().end, RunResult::End::Completed);
    QCOMPARE(run.result().last.trainer.times[Phase::Checkpoint], Nanos{0});
    QVERIFY(report_json(run.result()).find("checkpoint_s") == std::string::npos);
    QVERIFY(run.result().checkpoint.empty() && run.result().best_checkpoint.empty());
  }

  /// A rule that is measured while training counts on where it was, or a run that goes on would tell another value.
  void every_metric_of_training_counts_on() {
    for (const MetricRule& rule : MetricRules::instance().all()) {
      if (!rule.while_training) continue;
      torch::manual_seed(1);
      const auto rows = [&] {
        const bool classes = rule.target == TargetKind::Classes;
        return Compared(torch::randn({40, classes ? 3 : 1}),
                        classes ? torch::randint(0, 3, {40}, torch::kLong) : torch::randn({40, 1}));
      };
      const std::unique_ptr<Metric> whole = rule.make();
      const std::unique_ptr<Metric> second = rule.make();
      const Compared first_rows = rows();
      const Compared other_rows = rows();
      whole->add(first_rows);
      second->restore(whole->state());
      whole->add(other_rows);
      second->add(other_rows);
      QVERIFY2(second->value() == whole->value(), std::string(rule.name).c_str());
    }
  }
};

FEEDLINE_TEST(TestResume)

}  // namespace test_resume

#include "test_resume.moc"
