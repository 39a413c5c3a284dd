// SPDX-License-Identifier: GPL-3.0-or-later

// A run that goes on from a checkpoint is the same run in the record, if that still has it.

#include "runs/run_recorder.h"
#include "runs/run_store.h"
#include "support/recorded_runs.h"
#include "support/results.h"
#include "support/test_program.h"
#include "support/wait_until.h"

#include <QTemporaryDir>
#include <QTest>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <tuple>

namespace test_runs_continued {

using namespace feedline;
using feedline::test::open_runs;
using feedline::test::record_run;
using feedline::test::recorded_run;
using feedline::test::wait_until;
using namespace std::chrono_literals;

namespace {

constexpr double kNone = RunFigures::kNone;

RunHeader header(const std::string& title = "Cats") {
  return {.title = title, .origin = "window", .graph = "{}", .parameters = {{"trainer.epochs", "2"}}};
}

RunNews two_epochs() {
  RunNews news;
  news.status = RunStatus::Finished;
  news.environment = {{"cores", "2 of 4"}, {"checkpoints", "/kept"}};
  news.verdict = VerdictRecord{.kind = "read_bound", .node = "source", .text = "It reads too slowly."};
  news.ended_at = wall_clock();
  news.epochs = {{.epoch = 1, .metrics = test::classified(0.5), .samples = 640},
                 {.epoch = 2, .metrics = test::classified(0.25, kNone, 0.3)}};
  news.errors = {{.message = "old"}};
  return news;
}

}  // namespace

class TestRunsContinued : public QObject {
  Q_OBJECT

 private:
  [[nodiscard]] std::filesystem::path file(const char* name) const { return folder_.filePath(name).toStdString(); }
  QTemporaryDir folder_;

 private Q_SLOTS:
  void a_run_that_goes_on_is_the_same_run();
  void a_run_is_known_by_its_folder();
  void a_run_that_is_not_there_begins_anew_data();
  void a_run_that_is_not_there_begins_anew();
  void curves_keep_their_pace();
};

/// What came behind the checkpoint goes, what people know it by stays, curves and epochs are joined.
void TestRunsContinued::a_run_that_goes_on_is_the_same_run() {
  const auto path = file("goes_on.db");
  RunNews first = two_epochs();
  first.status = RunStatus::Stopped;
  first.failure = "it was stopped";
  first.columns = {"time_s", "step", "old"};
  first.samples = {1, 10, 0.5, 2, 20, 0.25, 9, 90, 0.125};  // the last row is behind the checkpoint
  first.epochs.push_back({.epoch = 3, .metrics = test::classified(0.125), .samples = 640});
  const std::int64_t id = record_run(path, header(), first);
  Database database = open_runs(path);
  QVERIFY(add_tag(database, id, "mine"));
  const RunRecord before = recorded_run(database, id);

  RunHeader head = header("another title");
  head.graph = "{\"nodes\": [1]}";
  head.parameters = {{"trainer.epochs", "4"}};
  head.continues = {
      .run = id, .started_at = before.started_at, .property = {"checkpoints", "/kept"}, .epochs = 2, .wall_s = 4};
  {
    RunRecorder recorder(head, path, {}, 5ms);
    RunNews running;
    running.status = RunStatus::Running;
    running.epochs = {{.epoch = 3, .metrics = test::classified(0.0625), .samples = 320, .learning_rate = 0.5}};
    running.environment = {{"checkpoints", "/kept"}};
    running.errors = {{.message = "new"}};
    recorder.tell(std::move(running));
    QVERIFY(wait_until([&] { return recorder.id() != 0; }));
    QCOMPARE(recorder.id(), id);
    QCOMPARE(recorder.started_at(), before.started_at);
    QVERIFY(wait_until([&] { return recorded_run(database, id).status == RunStatus::Running; }));
    const RunRecord now = recorded_run(database, id);
    QCOMPARE(now.ended_at, 0.0);
    QCOMPARE(now.series.rows(), std::size_t{3});  // as they were, until there are new ones
    RunNews news;
    news.columns = {"time_s", "new", "step"};
    news.samples = {5, 7, 50};
    recorder.tell(std::move(news));
    RunNews end;
    end.status = RunStatus::Finished;
    end.ended_at = wall_clock();
    recorder.tell(std::move(end));
  }
  QCOMPARE(list_runs(database)->size(), std::size_t{1});
  const RunRecord run = recorded_run(database, id);
  QCOMPARE(name(run.status), name(RunStatus::Finished));
  QCOMPARE(run.started_at, before.started_at);
  QCOMPARE(run.title, std::string("Cats"));
  QCOMPARE(run.tags, std::vector<std::string>{"mine"});
  QCOMPARE(run.graph, head.graph);
  QVERIFY(run.parameters == head.parameters);
  QVERIFY(run.failure.empty() && run.verdict.text.empty());
  QCOMPARE(run.environment.size(), std::size_t{1});
  QCOMPARE(run.errors.size(), std::size_t{1});
  QCOMPARE(run.errors[0].message, std::string("new"));
  QCOMPARE(run.epochs.size(), std::size_t{3});
  QCOMPARE(run.epochs[1].metrics, test::classified(0.25, kNone, 0.3));
  QCOMPARE(run.epochs[2].metrics, test::classified(0.0625));
  QCOMPARE(run.epochs[2].learning_rate, 0.5);
  QVERIFY(std::isnan(run.epochs[0].learning_rate));
  QVERIFY((run.series.columns == std::vector<std::string>{"time_s", "new", "step", "old"}));
  QCOMPARE(run.series.rows(), std::size_t{3});
  for (const auto& [row, time, step] :
       {std::tuple{0U, 1.0, 10.0}, std::tuple{1U, 2.0, 20.0}, std::tuple{2U, 5.0, 50.0}}) {
    QCOMPARE(run.series.at(row, 0), time);
    QCOMPARE(run.series.at(row, 2), step);
  }
  QVERIFY(std::isnan(run.series.at(1, 1)) && run.series.at(1, 3) == 0.25);
  QVERIFY(run.series.at(2, 1) == 7 && std::isnan(run.series.at(2, 3)));
}

/// The first checkpoints may be older than the run's number: its folder of checkpoints tells which it is.
void TestRunsContinued::a_run_is_known_by_its_folder() {
  const auto path = file("folder.db");
  RunNews first = two_epochs();
  const std::int64_t older = record_run(path, header("older"), first);
  const std::int64_t newer = record_run(path, header("newer"), first);
  QVERIFY(older < newer);
  RunHeader head = header();
  head.continues = {.property = {"checkpoints", "/kept"}, .epochs = 1};
  QCOMPARE(record_run(path, head, {}), newer);
  Database database = open_runs(path);
  QCOMPARE(recorded_run(database, newer).epochs.size(), std::size_t{1});
  QCOMPARE(recorded_run(database, older).epochs.size(), std::size_t{2});
}

void TestRunsContinued::a_run_that_is_not_there_begins_anew_data() {
  QTest::addColumn<QString>("what");
  for (const char* what :
       {"deleted", "newest deleted", "other number", "other record", "other folder", "goes on elsewhere"})
    QTest::newRow(what) << what;
}

void TestRunsContinued::a_run_that_is_not_there_begins_anew() {
  QFETCH(QString, what);
  const auto path = file(what.toUtf8());
  RunNews first = two_epochs();
  if (what == "goes on elsewhere") first.status = RunStatus::Running;  // in this process, which is alive
  const std::int64_t id = record_run(path, header(), first);
  Database database = open_runs(path);
  RunHeader head = header("second");
  head.continues = {.run = id,
                    .started_at = recorded_run(database, id).started_at,
                    .property = {"checkpoints", "/kept"},
                    .epochs = 1};
  if (what == "newest deleted") head.continues.run = 0;
  if (what.endsWith("deleted")) QVERIFY(remove_run(database, id));
  if (what == "other number") head.continues.run += 7;
  if (what == "other record") head.continues.started_at += 0.001;
  if (what == "other folder") head.continues.property.second = "/elsewhere";
  const std::int64_t second = record_run(path, head, {});
  QVERIFY(second != id);
  QCOMPARE(recorded_run(database, second).title, std::string("second"));
  if (!what.endsWith("deleted")) QCOMPARE(recorded_run(database, id).epochs.size(), std::size_t{2});
}

/// Rows of a long past stand for many moments each, and are not thinned out further by a short present.
void TestRunsContinued::curves_keep_their_pace() {
  const auto path = file("pace.db");
  RunNews first = two_epochs();
  first.columns = {"time_s"};
  for (int i = 0; i < 4096; ++i) first.samples.push_back(i * 1.0);
  const std::int64_t id = record_run(path, header(), first);
  Database database = open_runs(path);
  const RunRecord before = recorded_run(database, id);
  QVERIFY(before.series.rows() > 256 && before.series.rows() <= 512);

  RunHeader head = header();
  head.continues = {
      .run = id, .started_at = before.started_at, .property = {"checkpoints", "/kept"}, .epochs = 2, .wall_s = 4096};
  RunNews second = two_epochs();
  second.columns = {"time_s"};
  for (int i = 0; i < 512; ++i) second.samples.push_back(4096 + i * 1.0);
  QCOMPARE(record_run(path, head, second), id);
  const RunRecord run = recorded_run(database, id);
  QVERIFY(run.series.rows() > 256 && run.series.rows() <= 512);
  const auto past = static_cast<double>(run.series.rows()) * 4096 / (4096 + 512);
  QVERIFY2(run.series.at(static_cast<std::size_t>(past) - 1, 0) > 3900, "the past has lost rows to the present");
  for (std::size_t i = 1; i < run.series.rows(); ++i) QVERIFY(run.series.at(i, 0) > run.series.at(i - 1, 0));
}

FEEDLINE_TEST(TestRunsContinued)

}  // namespace test_runs_continued

#include "test_runs_continued.moc"
