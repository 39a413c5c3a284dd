// SPDX-License-Identifier: GPL-3.0-or-later

// Programs that record a run are killed (SIGKILL) at random moments, several at once on one file.

#include "runs/run_recorder.h"
#include "runs/run_store.h"
#include "support/test_program.h"
#include "support/wait_until.h"

#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace test_runs_killed {

using namespace feedline;
using feedline::test::die_with_parent;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kKills = 50;
constexpr int kAtOnce = 10;
constexpr auto kStep = 2ms;
constexpr std::size_t kMost = 4096;

/// What a program has told its recorder, in memory that outlives it: when it told the epoch of this number.
struct Told {
  std::atomic<std::uint32_t> count{0};
  std::atomic<std::int64_t> at[kMost]{};
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

/// Memory that parent and child share.
class SharedTold {
 public:
  SharedTold()
      : told_(new (::mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Told) {}
  ~SharedTold() { ::munmap(told_, sizeof(Told)); }
  SharedTold(const SharedTold&) = delete;
  SharedTold& operator=(const SharedTold&) = delete;
  Told* operator->() const { return told_; }

 private:
  Told* told_;
};

std::int64_t now() { return Clock::now().time_since_epoch().count(); }

/// Tells an epoch, a row and a longer curve every few milliseconds, until it is killed.
[[noreturn]] void record_for_ever(const std::filesystem::path& file, Told& told) {
  RunRecorder recorder({.title = std::to_string(::getpid()), .origin = "test", .graph = "{}"}, file);
  RunNews first;
  first.status = RunStatus::Running;
  first.columns = {"time_s", "number"};
  recorder.tell(std::move(first));
  std::vector<CurvePoint> curve;
  for (std::uint32_t i = 0; i < kMost; ++i) {
    RunNews news;
    news.epochs = {{.epoch = i + 1, .metrics = {loss_metric(kTrainSplit, i * 0.5)}}};
    news.samples = {i * 0.1, i * 1.0};
    news.figures = RunFigures{.steps = i * 1.0};
    curve.push_back({i * 1.0, i * 2.0});
    if (curve.size() > 500) curve.erase(curve.begin());
    news.loss = curve;
    recorder.tell(std::move(news));
    told.at[i] = now();
    told.count = i + 1;
    std::this_thread::sleep_for(kStep);
  }
  for (;;) ::pause();
}

struct Victim {
  pid_t pid = 0;
  Clock::time_point kill_at{};
  std::int64_t killed = 0;
  std::unique_ptr<SharedTold> told = std::make_unique<SharedTold>();
};

}  // namespace

class TestRunsKilled : public QObject {
  Q_OBJECT

 private:
  void kill_some(int count, int& most_told);
  void check(Database& database, const Victim& victim);

  QTemporaryDir folder_;
  std::filesystem::path file_;
  QRandomGenerator random_{20261125};

 private Q_SLOTS:
  void nothing_but_the_last_second_is_lost();
};

void TestRunsKilled::check(Database& database, const Victim& victim) {
  const auto runs = list_runs(database, {.text = std::to_string(victim.pid)});
  QVERIFY(runs);
  const std::uint32_t told = (*victim.told)->count;
  std::uint32_t due = 0;  // told a second or more before the end
  while (due < told && (*victim.told)->at[due] + 1'000'000'000 <= victim.killed) ++due;
  if (due == 0 && runs->empty()) return;  // killed before there was anything to write
  QCOMPARE(runs->size(), std::size_t{1});
  QCOMPARE(name(runs->front().status), name(RunStatus::Died));
  const auto run = load_run(database, runs->front().id);
  QVERIFY(run);
  QVERIFY2(run->epochs.size() >= due && run->epochs.size() <= told + 1,
           qPrintable(QString("%1 of %2 told, %3 due").arg(run->epochs.size()).arg(told).arg(due)));
  for (std::size_t i = 0; i < run->epochs.size(); ++i) {
    QCOMPARE(run->epochs[i].epoch, static_cast<std::uint32_t>(i + 1));
    QCOMPARE(value_of(run->epochs[i].metrics, kLossMetric, kTrainSplit), static_cast<double>(i) * 0.5);
  }
  // One transaction holds them all: lists, figures and curves are of the same moment.
  if (run->epochs.empty()) return;
  const double last = static_cast<double>(run->epochs.size() - 1);
  QCOMPARE(run->figures.steps, last);
  QCOMPARE(run->loss.back().x, last);
  QVERIFY(run->series.rows() > 0 && run->series.at(run->series.rows() - 1, 1) <= last);
}

void TestRunsKilled::kill_some(int count, int& most_told) {
  std::vector<Victim> victims(static_cast<std::size_t>(count));
  for (Victim& victim : victims) {
    victim.kill_at = Clock::now() + std::chrono::milliseconds(random_.bounded(50, 1700));
    victim.pid = ::fork();
    if (victim.pid == 0) {
      die_with_parent();
      record_for_ever(file_, *victim.told->operator->());
    }
    QVERIFY(victim.pid > 0);
  }
  std::sort(victims.begin(), victims.end(), [](const auto& a, const auto& b) { return a.kill_at < b.kill_at; });
  for (Victim& victim : victims) {
    std::this_thread::sleep_until(victim.kill_at);
    victim.killed = now();
    ::kill(victim.pid, SIGKILL);
    ::waitpid(victim.pid, nullptr, 0);
    auto database = Database::open(file_);
    QVERIFY2(database, database ? "" : database.error().line().c_str());
    auto integrity = database->prepare("PRAGMA integrity_check");
    QVERIFY(integrity && integrity->step());
    QCOMPARE(integrity->text(0), std::string("ok"));
    check(*database, victim);
    if (QTest::currentTestFailed()) return;
    most_told = std::max<int>(most_told, static_cast<int>((*victim.told)->count));
  }
}

void TestRunsKilled::nothing_but_the_last_second_is_lost() {
  file_ = folder_.filePath("runs.db").toStdString();
  int most_told = 0;
  for (int killed = 0; killed < kKills && !QTest::currentTestFailed(); killed += kAtOnce) kill_some(kAtOnce, most_told);
  QVERIFY2(most_told > 200, "no program lived long enough for anything to be due");
}

FEEDLINE_TEST(TestRunsKilled)

}  // namespace test_runs_killed

#include "test_runs_killed.moc"
