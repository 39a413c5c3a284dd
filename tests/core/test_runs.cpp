// SPDX-License-Identifier: GPL-3.0-or-later
// Runs beside others: two seconds are far more than telling takes, unless it waits for a lock that is held.
#include "runs/process_mark.h"
#include "runs/run_recorder.h"
#include "runs/run_store.h"
#include "support/recorded_runs.h"
#include "support/results.h"
#include "support/test_program.h"
#include "support/wait_until.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <cmath>
#include <sqlite3.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace test_runs {

using namespace feedline;
using feedline::test::die_with_parent;
using feedline::test::open_runs;
using feedline::test::record_run;
using feedline::test::recorded_run;
using feedline::test::wait_until;
using namespace std::chrono_literals;

namespace {

constexpr double kNone = RunFigures::kNone;

RunHeader header(const std::string& title = "Cats") {
  return {.title = title,
          .file = "/graphs/cats.feedline",
          .origin = "window",
          .graph = "{\"nodes\": []}",
          .seed = 7,
          .parameters = {{"batch.size", "128"}, {"trainer.epochs", "3"}}};
}

RunNews whole_run() {
  RunNews news;
  news.status = RunStatus::Finished;
  news.device = "cpu";
  news.environment = {{"cores", "2 of 4"}, {"gpu", "A"}, {"gpu", "B"}};
  news.figures = RunFigures{.steps = 100, .samples_per_s = 1234.5};
  news.results = RunResults{.metrics = test::classified(0.25), .phases = {{"wait", 1.5}, {"hop", 0.25}}};
  news.verdict = VerdictRecord{.kind = "read_bound", .node = "source", .text = "It reads too slowly."};
  news.ended_at = wall_clock();
  news.epochs = {{.epoch = 1, .metrics = test::classified(0.5), .samples = 640},
                 {.epoch = 2, .metrics = test::classified(0.25, kNone, 0.3)}};
  news.errors = {
      {.severity = "error", .node = "decode", .file = "/a'b.jpg", .message = "no JPEG", .remedy = "x", .count = 3}};
  news.stages = {{.node = "source", .type = "image_folder", .workers = 1, .records = 640, .cpu_s = 0.5}};
  news.columns = {"time_s", "step"};
  news.samples = {0.2, 10, 0.4, kNone};
  for (int i = 0; i < 150; ++i) news.loss.push_back({i * 1.0, 1.0 / (i + 1)});
  return news;
}

/// What the program wrote before metrics and phases were rows (version 3 of the file), and a run as it left it.
constexpr const char* kVersion3 = R"sql(
PRAGMA journal_mode=WAL;
CREATE TABLE predictions (id INTEGER PRIMARY KEY, made_at TEXT NOT NULL, graph TEXT NOT NULL, fix TEXT NOT NULL,
  title TEXT NOT NULL, verdict TEXT NOT NULL, predicted REAL NOT NULL, measured REAL NOT NULL, low REAL NOT NULL,
  high REAL NOT NULL, pairs INTEGER NOT NULL, kept INTEGER NOT NULL);
CREATE TABLE runs (id INTEGER PRIMARY KEY AUTOINCREMENT, process TEXT NOT NULL, started_at REAL NOT NULL,
  seen_at REAL NOT NULL, ended_at REAL NOT NULL DEFAULT 0, status TEXT NOT NULL, title TEXT NOT NULL, file TEXT NOT NULL,
  origin TEXT NOT NULL, host TEXT NOT NULL, graph TEXT NOT NULL, device TEXT NOT NULL DEFAULT '',
  seed INTEGER NOT NULL, columns TEXT NOT NULL DEFAULT '', verdict_kind TEXT NOT NULL DEFAULT '',
  verdict_node TEXT NOT NULL DEFAULT '', verdict TEXT NOT NULL DEFAULT '', failure TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT '', pinned INTEGER NOT NULL DEFAULT 0, removed_at REAL NOT NULL DEFAULT 0,
  steps REAL, total_steps REAL, samples REAL, epoch REAL, epochs REAL, wall_s REAL, cpu_s REAL,
  samples_per_s REAL, wait_share REAL, loss REAL, accuracy REAL, val_loss REAL, val_accuracy REAL,
  peak_rss_bytes REAL, record_errors REAL,
  wait_s REAL, h2d_s REAL, forward_s REAL, backward_s REAL, optimizer_s REAL, other_s REAL);
CREATE TABLE tags (run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, tag TEXT NOT NULL,
  PRIMARY KEY (run, tag)) WITHOUT ROWID;
CREATE TABLE properties (run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, kind TEXT NOT NULL,
  position INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, kind, position)) WITHOUT ROWID;
CREATE TABLE epochs (run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, epoch INTEGER NOT NULL,
  train_loss REAL, train_accuracy REAL, val_loss REAL, val_accuracy REAL, samples_per_s REAL, wall_s REAL,
  samples INTEGER NOT NULL, PRIMARY KEY (run, epoch)) WITHOUT ROWID;
CREATE TABLE errors (run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, position INTEGER NOT NULL,
  severity TEXT NOT NULL, node TEXT NOT NULL, file TEXT NOT NULL, message TEXT NOT NULL, remedy TEXT NOT NULL,
  count INTEGER NOT NULL, records INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (run, position)) WITHOUT ROWID;
CREATE TABLE stages (run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, position INTEGER NOT NULL,
  node TEXT NOT NULL, type TEXT NOT NULL, workers INTEGER NOT NULL, records INTEGER NOT NULL, records_per_s REAL,
  cpu_s REAL, busy_s REAL, starved_s REAL, blocked_s REAL, queue_fill REAL, PRIMARY KEY (run, position)) WITHOUT ROWID;
CREATE TABLE series (run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, position INTEGER NOT NULL,
  numbers BLOB NOT NULL, PRIMARY KEY (run, position)) WITHOUT ROWID;
CREATE TABLE loss_curve (run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, position INTEGER NOT NULL,
  points BLOB NOT NULL, PRIMARY KEY (run, position)) WITHOUT ROWID;
INSERT INTO runs (id, process, started_at, seen_at, ended_at, status, title, file, origin, host, graph, seed, steps,
  samples_per_s, loss, accuracy, val_loss, val_accuracy, wait_s, h2d_s, forward_s, backward_s, optimizer_s, other_s)
  VALUES (7, '', 100, 160, 160, 'finished', 'Old', '', 'window', 'here', '{}', 3, 40, 99.5, 0.5, 0.75, 0.625, NULL,
  1, 2, 3, 4, 5, 6);
INSERT INTO runs (id, process, started_at, seen_at, status, title, file, origin, host, graph, seed)
  VALUES (8, '', 200, 200, 'failed', 'Bare', '', 'window', 'here', '{}', 3);
INSERT INTO tags VALUES (7, 'kept');
INSERT INTO epochs VALUES (7, 1, 1.5, 0.25, NULL, NULL, 90, 3, 640);
INSERT INTO epochs VALUES (7, 2, 0.5, 0.75, 0.625, 0.5, 110, 2.5, 640);
PRAGMA user_version=3;
)sql";

}  // namespace

/// The record of runs: what was told is read again, bounded, searched, marked, deleted and restored.
class TestRuns : public QObject {
  Q_OBJECT

 private:
  [[nodiscard]] std::filesystem::path file(const char* name) const { return folder_.filePath(name).toStdString(); }
  QTemporaryDir folder_;

 private Q_SLOTS:
  void all_of_a_run_is_read_again();
  void what_an_older_program_wrote_is_kept();
  void news_that_come_in_pieces_add_up();
  void a_table_is_bounded_and_keeps_the_mean();
  void a_long_run_stays_small();
  void runs_are_found_by_words_and_tags();
  void marks_and_deleting();
  void a_run_whose_process_is_gone_has_died();
  void a_locked_file_holds_nobody_up_and_loses_nothing();
  void a_fault_is_told_once();
};

void TestRuns::what_an_older_program_wrote_is_kept() {
  const auto path = file("version3.db");
  sqlite3* handle = nullptr;
  QCOMPARE(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  char* fault = nullptr;
  QVERIFY2(sqlite3_exec(handle, kVersion3, nullptr, nullptr, &fault) == SQLITE_OK, fault);
  sqlite3_close(handle);

  for (int turn = 0; turn < 2; ++turn) {  // it is brought up to date once
    Database database = open_runs(path);
    const RunRecord run = recorded_run(database, 7);
    QCOMPARE(run.title, std::string("Old"));
    QCOMPARE(run.tags, std::vector<std::string>{"kept"});
    QCOMPARE(run.figures.steps, 40.0);
    QCOMPARE(run.figures.samples_per_s, 99.5);
    QCOMPARE(run.metrics, test::classified(0.5, 0.75, 0.625));
    const std::vector<PhaseTime> phases = {{"wait", 1},     {"h2d", 2},       {"forward", 3},
                                           {"backward", 4}, {"optimizer", 5}, {"other", 6}};
    QCOMPARE(run.phases, phases);
    QCOMPARE(run.epochs.size(), std::size_t{2});
    QCOMPARE(run.epochs[0].metrics, test::classified(1.5, 0.25));
    QCOMPARE(run.epochs[1].metrics, test::classified(0.5, 0.75, 0.625, 0.5));
    QCOMPARE(run.epochs[1].wall_s, 2.5);
    QCOMPARE(run.epochs[1].samples, std::uint64_t{640});
    const RunRecord bare = recorded_run(database, 8);
    QVERIFY(bare.metrics.empty() && bare.phases.empty() && bare.epochs.empty());
    const auto all = list_runs(database);
    QVERIFY(all && all->size() == 2);
    QCOMPARE(all->back().metrics, run.metrics);
  }
  // It goes on being written to, and deleting a run takes its rows with it.
  QCOMPARE(record_run(path, header(), whole_run()), std::int64_t{9});
  Database database = open_runs(path);
  QCOMPARE(recorded_run(database, 9).epochs[1].metrics, test::classified(0.25, kNone, 0.3));
  QVERIFY(database.run("DELETE FROM runs WHERE id = 7"));
  auto left = database.prepare(
      "SELECT (SELECT count(*) FROM metrics WHERE run = 7) + (SELECT count(*) FROM phases"
      " WHERE run = 7)");
  QVERIFY(left && left->step());
  QCOMPARE(left->integer(0), std::int64_t{0});
}

void TestRuns::all_of_a_run_is_read_again() {
  const auto path = file("a.db");
  const std::int64_t id = record_run(path, header(), whole_run());
  Database database = open_runs(path);
  const RunRecord run = recorded_run(database, id);
  QCOMPARE(run.title, std::string("Cats"));
  QCOMPARE(run.file, std::string("/graphs/cats.feedline"));
  QCOMPARE(run.origin, std::string("window"));
  QCOMPARE(run.host, host_name());
  QCOMPARE(run.graph, std::string("{\"nodes\": []}"));
  QCOMPARE(run.seed, 7);
  QCOMPARE(run.device, std::string("cpu"));
  QCOMPARE(name(run.status), name(RunStatus::Finished));
  QVERIFY(run.started_at > 1e9 && run.ended_at >= run.started_at - 1);
  QVERIFY(run.parameters == header().parameters);
  QVERIFY(run.environment == whole_run().environment);
  QCOMPARE(run.figures.steps, 100.0);
  QCOMPARE(run.figures.samples_per_s, 1234.5);
  QCOMPARE(run.metrics, test::classified(0.25));
  QCOMPARE(run.phases, (std::vector<PhaseTime>{{"wait", 1.5}, {"hop", 0.25}}));
  QCOMPARE(run.verdict.text, std::string("It reads too slowly."));
  QCOMPARE(run.epochs.size(), std::size_t{2});
  QCOMPARE(run.epochs[0].samples, std::uint64_t{640});
  QCOMPARE(run.epochs[0].metrics, test::classified(0.5));
  QCOMPARE(run.epochs[1].metrics, test::classified(0.25, kNone, 0.3));
  QVERIFY(run.errors == whole_run().errors);
  QCOMPARE(run.stages.size(), std::size_t{1});
  QCOMPARE(run.stages[0].cpu_s, 0.5);
  QVERIFY((run.series.columns == std::vector<std::string>{"time_s", "step"}));
  QCOMPARE(run.series.rows(), std::size_t{2});
  QVERIFY(run.series.at(1, 0) == 0.4 && std::isnan(run.series.at(1, 1)));
  QCOMPARE(run.series.find("step"), std::size_t{1});
  QVERIFY(run.loss == whole_run().loss);
}

void TestRuns::news_that_come_in_pieces_add_up() {
  const auto path = file("pieces.db");
  std::int64_t id = 0;
  {
    RunRecorder recorder(header(), path, {}, 5ms);
    std::vector<CurvePoint> curve;
    for (int i = 0; i < 60; ++i) {
      RunNews news;
      news.columns = {"time_s"};
      news.samples = {i * 0.2};
      curve.push_back({i * 1.0, i * 2.0});
      news.loss = curve;
      if (i % 10 == 0) news.epochs = {{.epoch = static_cast<std::uint32_t>(i / 10 + 1)}};
      if (i % 20 == 0) news.errors = {{.message = std::to_string(i)}};
      recorder.tell(std::move(news));
      std::this_thread::sleep_for(1ms);
    }
    QVERIFY(wait_until([&] { return recorder.id() != 0; }));
    id = recorder.id();
    RunNews end;
    end.all_errors = std::vector<ErrorRecord>{{.message = "all", .count = 3}};
    recorder.tell(std::move(end));
  }
  Database database = open_runs(path);
  const RunRecord run = recorded_run(database, id);
  QCOMPARE(run.epochs.size(), std::size_t{6});
  QCOMPARE(run.errors.size(), std::size_t{1});
  QCOMPARE(run.errors[0].message, std::string("all"));
  QCOMPARE(run.series.rows(), std::size_t{60});
  for (std::size_t i = 0; i < 60; ++i) QCOMPARE(run.series.at(i, 0), static_cast<double>(i) * 0.2);
  QCOMPARE(run.loss.size(), std::size_t{60});
  QCOMPARE(run.loss.back().y, 118.0);
}

void TestRuns::a_table_is_bounded_and_keeps_the_mean() {
  BoundedTable table(2, 8);
  for (int i = 0; i < 1000; ++i) table.add(std::vector<double>{i * 1.0, i % 4 == 0 ? 4.0 : kNone});
  QVERIFY(table.rows() <= 8);
  QCOMPARE(table.stride(), std::size_t{128});
  for (std::size_t r = 0; r + 1 < table.rows(); ++r) {
    QCOMPARE(table.row(r)[0], static_cast<double>(r) * 128 + 63.5);
    QCOMPARE(table.row(r)[1], 4.0);  // what was not measured is not zero
  }
  table.written();
  QCOMPARE(table.first_changed(), table.rows());
  table.add(std::vector<double>{0, 0});
  QCOMPARE(table.first_changed(), table.rows() - 1);
  table.add(std::vector<double>{1});  // of another width
  QCOMPARE(table.row(table.rows() - 1).size(), std::size_t{2});
}

void TestRuns::a_long_run_stays_small() {
  const auto path = file("long.db");
  {
    RunRecorder recorder(header(), path);
    std::vector<std::string> columns(50, "x");
    for (int batch = 0; batch < 100; ++batch) {
      RunNews news;
      news.columns = columns;
      news.samples.assign(50 * 100, batch * 1.0);
      recorder.tell(std::move(news));
      if (batch % 10 == 0) std::this_thread::sleep_for(1ms);
    }
  }
  Database database = open_runs(path);
  const RunRecord run = recorded_run(database, 1);
  QVERIFY2(run.series.rows() > 100 && run.series.rows() <= 512, qPrintable(QString::number(run.series.rows())));
  QVERIFY(QFile(QString::fromStdString(path.string())).size() < 2'000'000);
}

void TestRuns::runs_are_found_by_words_and_tags() {
  const auto path = file("search.db");
  const auto first = record_run(path, header("Cats"), whole_run());
  RunHeader other = header("Dogs 100%_");
  other.file = "/graphs/dogs.feedline";
  other.parameters = {{"batch.size", "64"}};
  const auto second = record_run(path, other, {});
  Database database = open_runs(path);
  QVERIFY(add_tag(database, second, "baseline"));
  QVERIFY(set_note(database, first, "The good One"));
  const auto ids = [&](const RunQuery& query) {
    QString text;
    const auto runs = list_runs(database, query);
    if (!runs) return QString::fromStdString(runs.error().line());
    for (const RunSummary& run : *runs) text += QString::number(run.id) + ' ';
    return text;
  };
  QCOMPARE(ids({}), QString("2 1 "));
  QCOMPARE(ids({.limit = 1}), QString("2 "));
  QCOMPARE(ids({.text = "CATS"}), QString("1 "));
  QCOMPARE(ids({.text = "batch.size=64"}), QString("2 "));
  QCOMPARE(ids({.text = "good one"}), QString("1 "));
  QCOMPARE(ids({.text = "reads slowly finished"}), QString("1 "));
  QCOMPARE(ids({.text = "100%_"}), QString("2 "));
  QCOMPARE(ids({.text = "baseline"}), QString("2 "));
  QCOMPARE(ids({.tag = "baseline"}), QString("2 "));
  QCOMPARE(ids({.tag = "base"}), QString());
  QCOMPARE(ids({.text = "' OR 1=1 --"}), QString());
}

void TestRuns::marks_and_deleting() {
  const auto path = file("marks.db");
  for (const char* title : {"one", "two", "three"}) record_run(path, header(title), whole_run());
  Database database = open_runs(path);
  QVERIFY(set_pinned(database, 1, true));
  QCOMPARE(list_runs(database)->front().id, 1);
  QVERIFY(add_tag(database, 2, "b") && add_tag(database, 2, "a") && add_tag(database, 2, "a"));
  QVERIFY((recorded_run(database, 2).tags == std::vector<std::string>{"a", "b"}));
  QVERIFY(remove_tag(database, 2, "a"));
  QVERIFY((recorded_run(database, 2).tags == std::vector<std::string>{"b"}));
  for (const char* bad : {"", "two words", "a,b", "line\nbreak"}) QVERIFY(!add_tag(database, 2, bad));
  QVERIFY(set_note(database, 2, "Ein Wort: müde"));
  QCOMPARE(recorded_run(database, 2).note, std::string("Ein Wort: müde"));

  QVERIFY(remove_run(database, 2));
  QCOMPARE(list_runs(database)->size(), std::size_t{2});
  QVERIFY(!load_run(database, 2) && !load_run(database, 2).error().remedy.empty());
  QCOMPARE(list_runs(database, {.removed = true})->front().id, 2);
  QVERIFY(restore_run(database, 2));
  QCOMPARE(recorded_run(database, 2).tags.front(), std::string("b"));
  QCOMPARE(recorded_run(database, 2).epochs.size(), std::size_t{2});
  for (const Status& status : {set_note(database, 99, ""), set_pinned(database, 99, true), add_tag(database, 99, "x"),
                               remove_run(database, 99), restore_run(database, 2)})
    QVERIFY(!status);

  // What was deleted a month ago goes when the next run begins, with all that belongs to it; its number is not reused.
  QVERIFY(remove_run(database, 3));
  QVERIFY(database.run("UPDATE runs SET removed_at = removed_at - 31 * 24 * 3600 WHERE id = 3"));
  QCOMPARE(record_run(path, header("four"), {}), 4);
  QVERIFY(!restore_run(database, 3));
  auto left = database.prepare("SELECT count(*) FROM epochs WHERE run = 3");
  QVERIFY(left && left->step());
  QCOMPARE(left->integer(0), 0);
}

void TestRuns::a_run_whose_process_is_gone_has_died() {
  const auto path = file("died.db");
  const pid_t child = ::fork();
  if (child == 0) {
    die_with_parent();
    RunRecorder recorder(header(), path);
    RunNews news;
    news.status = RunStatus::Running;
    recorder.tell(std::move(news));
    for (;;) ::pause();
  }
  Database database = open_runs(path);
  QVERIFY(wait_until([&] { return !list_runs(database)->empty(); }));
  QVERIFY(is_active(recorded_run(database, 1).status));
  QVERIFY(!remove_run(database, 1));  // it goes on
  ::kill(child, SIGKILL);
  while (::waitpid(child, nullptr, 0) != child) {
  }
  const RunRecord run = recorded_run(database, 1);
  QCOMPARE(name(run.status), name(RunStatus::Died));
  QVERIFY(run.ended_at >= run.started_at);
  QVERIFY(remove_run(database, 1));

  ProcessMark other = ProcessMark::own();
  QVERIFY(ProcessMark::parse(other.text()).look() == ProcessMark::State::Alive);
  other.started -= 1;  // a process that had this number before
  QVERIFY(other.look() == ProcessMark::State::Gone);
  other.machine = "elsewhere";
  QVERIFY(ProcessMark::parse(other.text()).look() == ProcessMark::State::Unknown);
}

void TestRuns::a_locked_file_holds_nobody_up_and_loses_nothing() {
  const auto path = file("locked.db");
  Database blocker = open_runs(path);
  QVERIFY(blocker.run("BEGIN EXCLUSIVE"));
  {
    RunRecorder recorder(header(), path, {}, 5ms);
    const auto before = std::chrono::steady_clock::now();
    for (int i = 0; i < 1000; ++i) {
      RunNews news;
      news.columns = {"time_s"};
      news.samples = {i * 1.0};
      recorder.tell(std::move(news));
    }
    // The lock is held for longer: nobody waited for it.
    QVERIFY(std::chrono::steady_clock::now() - before < 2s);
    QCOMPARE(recorder.id(), 0);
    std::this_thread::sleep_for(50ms);
    QVERIFY(blocker.run("COMMIT"));
  }
  const RunRecord run = recorded_run(blocker, 1);
  QCOMPARE(run.series.at(0, 0), 0.5);  // two moments a row
  QCOMPARE(run.series.rows(), std::size_t{500});
}

void TestRuns::a_fault_is_told_once() {
  std::atomic<int> told{0};
  {
    RunRecorder recorder(
        header(), "/proc/nowhere/runs.db", [&](const Error& error) { told += error.remedy.empty() ? 100 : 1; }, 5ms);
    for (int i = 0; i < 20; ++i) {
      recorder.tell(whole_run());
      std::this_thread::sleep_for(2ms);
    }
    QCOMPARE(recorder.id(), 0);
  }
  QCOMPARE(told.load(), 1);

  // A file that cannot be written to for a while: told once, and then all is there.
  const auto path = file("fault.db");
  { open_runs(path); }
  told = 0;
  {
    RunRecorder recorder(
        header(), path, [&](const Error&) { ++told; }, 5ms);
    QVERIFY(wait_until([&] { return recorder.id() != 0; }));
    Database other = open_runs(path);
    QVERIFY(other.run("ALTER TABLE epochs RENAME TO hidden"));
    recorder.tell(whole_run());
    std::this_thread::sleep_for(100ms);
    QVERIFY(other.run("ALTER TABLE hidden RENAME TO epochs"));
  }
  QCOMPARE(told.load(), 1);
  Database database = open_runs(path);
  QCOMPARE(recorded_run(database, 1).epochs.size(), std::size_t{2});
  QCOMPARE(recorded_run(database, 1).figures.steps, 100.0);
}

FEEDLINE_TEST(TestRuns)

}  // namespace test_runs

#include "test_runs.moc"
