// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/step_timer.h"
#include "support/test_program.h"
#include "telemetry/process_meter.h"
#include "telemetry/series.h"
#include "telemetry/snapshot.h"
#include "telemetry/snapshot_history.h"
#include "telemetry/stage_meter.h"

#include <QtTest>

#include <algorithm>
#include <fstream>
#include <thread>
#include <vector>

namespace test_telemetry {

using namespace feedline;

namespace {

/// Time that stands still until it is told otherwise.
class FakeClock final : public Clock {
 public:
  Nanos wall = 1000;
  Nanos cpu = 0;
  [[nodiscard]] Nanos now() const override { return wall; }
  mutable int cpu_reads = 0;
  [[nodiscard]] Nanos thread_cpu() const override {
    ++cpu_reads;
    return cpu;
  }
  void work(Nanos time) {
    wall += time;
    cpu += time;
  }
};

}  // namespace

class TestTelemetry : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void openWaitCounts() {
    WorkerMeter meter;
    meter.enter_wait(WorkerState::Starved, 100);
    QCOMPARE(meter.read(130).starved, Nanos{30});
    QCOMPARE(meter.read(90).starved, Nanos{0});  // a reader whose clock reading is older than the wait
    meter.leave_wait(150);
    QCOMPARE(meter.read(400).starved, Nanos{50});
    meter.enter_wait(WorkerState::Blocked, 500);
    QCOMPARE(meter.read(510).blocked, Nanos{10});
    QCOMPARE(meter.read(510).starved, Nanos{50});
    QCOMPARE(meter.read(490).blocked, Nanos{0});
    meter.enter_wait(WorkerState::Starved, 520);  // straight from one wait to another
    QCOMPARE(meter.read(530).blocked, Nanos{20});
    QCOMPARE(meter.read(530).starved, Nanos{60});
    meter.enter_wait(WorkerState::Idle, 540);  // paused: nobody's fault
    QCOMPARE(meter.read(900).starved, Nanos{70});
    meter.leave_wait(900);
    meter.leave_wait(950);
    QCOMPARE(meter.read(1000).starved, Nanos{70});
  }

  void workAddsUp() {
    StageMeter meter("n", "t", 2);
    meter.worker(0).add_work(3, 30, 500, 400);
    meter.worker(1).add_work(4, 40, 100, 100);
    meter.worker(0).add_work(1, 10, -5, -1);  // a clock that went back adds nothing
    const StageCounters total = meter.read(0);
    QCOMPARE(total.records, 8U);
    QCOMPARE(total.bytes, 80U);
    QCOMPARE(total.busy, Nanos{600});
    QCOMPARE(total.cpu, Nanos{500});
    const StageCounters since = total - StageCounters{.records = 5, .bytes = 90, .busy = 100};
    QCOMPARE(since.records, 3U);
    QCOMPARE(since.bytes, 0U);
    QCOMPARE(since.busy, Nanos{500});
  }

  void readerNeverSeesTimeGoBack() {
    WorkerMeter meter;
    std::atomic<Nanos> time{1};  // moved by the writer alone
    std::atomic<bool> done{false};
    std::atomic<int> rounds{0};
    std::thread writer([&] {
      for (int i = 0; i < 200'000 || rounds < 100; ++i) {
        meter.enter_wait(i % 2 == 0 ? WorkerState::Starved : WorkerState::Blocked, time += 3);
        meter.leave_wait(time += 5);
        meter.add_work(1, 1, 1, 1);
      }
      done = true;
    });
    StageCounters last;
    int wrong = 0;
    while (!done) {
      const StageCounters next = meter.read(time);
      if (next.starved < last.starved || next.blocked < last.blocked || next.records < last.records) ++wrong;
      if (next.starved + next.blocked > time) ++wrong;
      last = next;
      ++rounds;
    }
    writer.join();
    QCOMPARE(wrong, 0);
    QCOMPARE(meter.read(time).starved + meter.read(time).blocked, static_cast<Nanos>(meter.read(0).records) * 5);
  }

  void timerSplitsWork() {
    FakeClock clock;
    WorkerMeter a;
    WorkerMeter b;
    StepTimer timer(clock, {&a, &b});
    timer.start();
    clock.work(10'000);
    timer.lap(0, 5, 50);
    clock.work(20'000);
    timer.lap(1, 5, 20);
    clock.work(5'000);
    timer.lap(0, 2, 7);
    QCOMPARE(a.read(0).records, 0U);  // not published yet: it is too little
    QCOMPARE(timer.stop(), Nanos{35'000});
    QCOMPARE(a.read(0).records, 7U);
    QCOMPARE(a.read(0).bytes, 57U);
    QCOMPARE(a.read(0).busy, Nanos{15'000});
    QCOMPARE(a.read(0).cpu, Nanos{15'000});
    QCOMPARE(b.read(0).cpu, Nanos{20'000});
  }

  void timerAsksForCpuTimeSeldom() {
    FakeClock clock;
    WorkerMeter a;
    WorkerMeter b;
    StepTimer timer(clock, {&a, &b});
    for (int chunk = 0; chunk < 10'000; ++chunk) {
      timer.start();
      clock.work(60'000);
      timer.lap(0, 2, 2);
      clock.work(20'000);
      clock.wall += 10'000;  // a quarter of a chunk's waiting is not enough to read the clock for
      timer.lap(1, 1, 1);
      QCOMPARE(timer.stop(), Nanos{90'000});
      QVERIFY(a.read(0).cpu <= a.read(0).busy && b.read(0).cpu <= b.read(0).busy);
      clock.wall += 10'000;  // between two chunks
    }
    QVERIFY2(clock.cpu_reads < 1200, qPrintable(QString::number(clock.cpu_reads)));
    QCOMPARE(a.read(0).records, 20'000U);  // counts and wall time are never late
    QCOMPARE(a.read(0).busy, Nanos{600'000'000});
    QCOMPARE(b.read(0).busy, Nanos{300'000'000});
    const Nanos cpu = a.read(0).cpu + b.read(0).cpu;
    QVERIFY(cpu <= Nanos{800'000'000} && cpu > Nanos{798'000'000});
  }

  void timerWithoutMeters() {
    FakeClock clock;
    StepTimer timer(clock, {});
    timer.start();
    clock.work(5'000);
    QCOMPARE(timer.lap(0, 1, 1), Nanos{0});
    QCOMPARE(timer.stop(), Nanos{5'000});
    QCOMPARE(clock.cpu_reads, 0);
  }

  void timerBlamesTheOneThatWaited() {
    FakeClock clock;
    WorkerMeter decode;
    WorkerMeter read;
    StepTimer timer(clock, {&decode, &read});
    timer.start();
    clock.work(10'000);
    timer.lap(0, 1, 1);
    clock.work(2'000);
    clock.wall += 900'000;  // a disk
    timer.lap(1, 1, 1);
    QCOMPARE(read.read(0).busy, Nanos{902'000});  // published at once: it is long
    QCOMPARE(read.read(0).cpu, Nanos{2'000});
    QCOMPARE(decode.read(0).cpu, Nanos{10'000});
    timer.stop();
  }

  void seriesStaysBounded() {
    Series series(100);
    for (int i = 0; i < 100'000; ++i) series.add(i, 2.0 * i + 1);
    const auto points = series.points();
    QVERIFY(points.size() <= 101);
    QVERIFY(points.size() >= 49);
    for (std::size_t i = 0; i < points.size(); ++i) {
      QVERIFY(std::abs(points[i].y - (2 * points[i].x + 1)) < 1e-6);  // means of a line lie on the line
      if (i > 0) QVERIFY(points[i].x > points[i - 1].x);
    }
    QVERIFY(points.front().x < 2000);
    QVERIFY(points.back().x > 98'000);
  }

  void seriesKeepsTheMean_data() {
    QTest::addColumn<int>("capacity");
    QTest::addColumn<int>("count");
    for (const int capacity : {4, 5, 7, 16})
      for (const int count : {0, 1, 3, 4, 5, 9, 63, 64, 65, 1000})
        QTest::addRow("%d in %d", count, capacity) << capacity << count;
  }
  void seriesKeepsTheMean() {
    QFETCH(int, capacity);
    QFETCH(int, count);
    Series series(static_cast<std::size_t>(capacity));
    for (int i = 0; i < count; ++i) series.add(i, i);
    const auto points = series.points();
    QVERIFY(points.size() <= static_cast<std::size_t>(capacity));
    QCOMPARE(points.empty(), count == 0);
    for (std::size_t i = 2; i + 1 < points.size(); ++i)  // even resolution, but for the unfinished end
      QVERIFY(std::abs((points[i].x - points[i - 1].x) - (points[1].x - points[0].x)) < 1e-9);
    if (count > 1) QVERIFY(points.back().x > 0.5 * (count - 1));
  }

  /// A rate is over whole steps: between two ends of steps, whenever the snapshots were taken.
  void trainingRate() {
    const TrainerSample none;
    const TrainerSample one{.steps = 1, .samples = 64, .stepped = from_seconds(0.8)};
    const TrainerSample three{.steps = 3, .samples = 192, .stepped = from_seconds(2.4)};
    QCOMPARE(training_rate(none, none), 0.0);
    QCOMPARE(training_rate(none, one), 80.0);
    QCOMPARE(training_rate(one, three), 80.0);
    QCOMPARE(training_rate(three, three), 0.0);
    QCOMPARE(step_rate(one, three), 1.25);
    QCOMPARE(step_rate({}, three), 1.25);
    QCOMPARE(step_rate(three, three), 0.0);
  }

  void stepTimesSubtract() {
    StepTimes later;
    StepTimes earlier;
    Nanos all = 0;
    for (std::size_t i = 0; i < kStepPhaseCount; ++i) {
      QCOMPARE(static_cast<std::size_t>(kStepPhases[i].phase), i);  // the table is in the order of the phases
      later.parts[i] = static_cast<Nanos>(10 * (i + 1));
      earlier.parts[i] = static_cast<Nanos>(i);
      all += later.parts[i] - earlier.parts[i];
    }
    QCOMPARE((later - earlier).total(), all);
    QCOMPARE((later - earlier)[Phase::Backward], Nanos{37});
    QCOMPARE((later - earlier).step(), all - Nanos{10});
    const std::vector<PhaseTime> list = phase_list(later);
    QCOMPARE(list.size(), kStepPhaseCount);
    for (const PhaseTime& phase : list) QCOMPARE(phase.seconds, seconds(later[find_phase(phase.name)->phase]));
  }

  /// Twenty snapshots a second of a run whose steps are counted; `at` tells what happened around a time.
  void momentsStayBounded() {
    constexpr std::size_t kMost = 16;
    SnapshotHistory moments(kMost, 0.5);
    QVERIFY(!moments.at(0));
    const auto feed = [&](int from, int to) {
      for (int tick = from; tick < to; ++tick) {
        Snapshot now{.at = from_seconds(1 + tick * 0.05), .started = from_seconds(1)};
        now.trainer.steps = static_cast<std::uint64_t>(tick);
        moments.add(now);
      }
    };
    feed(0, 140);
    const auto early = moments.at(3.2);
    QVERIFY(early);
    QVERIFY(early->earlier.elapsed() <= 3.2 && early->now.elapsed() >= 3.2);
    QVERIFY(std::abs(early->now.elapsed() - early->earlier.elapsed() - 1) < 1e-6);
    QCOMPARE(early->now.trainer.steps - early->earlier.trainer.steps, std::uint64_t{20});
    QVERIFY(!moments.at(-1));
    QVERIFY(!moments.at(8));

    feed(140, 20 * 3600);
    QVERIFY(moments.size() <= kMost);
    const auto late = moments.at(1800);
    QVERIFY(late);
    QVERIFY(late->earlier.elapsed() <= 1800 && late->now.elapsed() >= 1800);
    QVERIFY(late->now.elapsed() - late->earlier.elapsed() <= 2.0 * 3600 / (kMost / 2));
    moments.clear();
    QVERIFY(!moments.at(1800));
  }
  /// Of several runs in one process each tells its own.
  void the_peak_of_memory_begins_anew_with_each_meter() {
    constexpr std::size_t kBlock = 96 << 20;
    ProcessMeter meter;
    const std::uint64_t before = meter.read().peak_rss_bytes;
    {
      std::vector<char> block(kBlock);
      volatile char* bytes = block.data();
      for (std::size_t i = 0; i < kBlock; i += 4096) bytes[i] = 1;
    }
    const std::uint64_t high = meter.read().peak_rss_bytes;
    QVERIFY(high >= before + kBlock / 2);
    if (!std::ofstream("/proc/self/clear_refs")) QSKIP("this kernel keeps the peak of the whole process");
    QVERIFY(ProcessMeter().read().peak_rss_bytes + kBlock / 2 < high);
  }
  void process() {
    ProcessMeter meter;
    const ProcessSample first = meter.read();
    QVERIFY(first.rss_bytes > 1'000'000);
    QVERIFY(first.peak_rss_bytes >= first.rss_bytes);
    std::vector<char> block(64 << 20, 1);
    volatile double sum = 0;
    while (meter.read().cpu < first.cpu + 20'000'000)
      for (int i = 0; i < 100'000; ++i) sum = sum + block[static_cast<std::size_t>(i) * 7];
    const ProcessSample second = meter.read();
    QVERIFY(second.rss_bytes > first.rss_bytes + (48 << 20));
    QVERIFY(second.cpu > first.cpu);
    for (const GpuSample& gpu : second.gpus) {
      QVERIFY(!gpu.name.empty());
      QVERIFY(gpu.utilisation >= 0 && gpu.utilisation <= 1);
      QVERIFY(gpu.memory_used <= gpu.memory_total);
    }
  }
};

FEEDLINE_TEST(TestTelemetry)

}  // namespace test_telemetry

#include "test_telemetry.moc"
