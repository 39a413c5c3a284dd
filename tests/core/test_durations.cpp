// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/step_timer.h"
#include "support/test_program.h"
#include "telemetry/durations.h"

#include <QtTest>

#include <atomic>
#include <thread>

namespace test_durations {

using namespace feedline;

namespace {

class FakeClock final : public Clock {
 public:
  Nanos wall = 1000;
  mutable int reads = 0;
  [[nodiscard]] Nanos now() const override {
    ++reads;
    return wall;
  }
  [[nodiscard]] Nanos thread_cpu() const override { return wall; }
};

}  // namespace

class TestDurations : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void bucketsCoverTheirTimes() {
    for (std::size_t i = 0; i < Durations::kBuckets; ++i) {
      QCOMPARE(Durations::bucket_of(Durations::lower(i)), i);
      QCOMPARE(Durations::bucket_of(Durations::lower(i + 1) - 1), i);
    }
    QCOMPARE(Durations::bucket_of(0), std::size_t{0});
    QCOMPARE(Durations::bucket_of(-5), std::size_t{0});
    QCOMPARE(Durations::bucket_of(Nanos{1} << 60U), Durations::kBuckets - 1);
  }

  void slowestAreKept() {
    DurationMeter meter;
    for (std::uint64_t record = 0; record < 1000; ++record)
      meter.add_record(static_cast<Nanos>(1'000'000 + (record * 7919 % 1000) * 10'000), record);
    meter.add_record(50'000'000, 77);
    meter.add_record(60'000'000, 77);  // the same record again: named once
    const Durations read = meter.read();
    QCOMPARE(read.records(), std::uint64_t{1002});
    QCOMPARE(read.slowest.size(), Durations::kSlowest);
    QCOMPARE(read.slowest.front().record, std::uint64_t{77});
    QVERIFY(std::abs(static_cast<double>(read.slowest.front().time) / 60e6 - 1) < 1e-3);
    for (std::size_t i = 1; i < read.slowest.size(); ++i) {
      QVERIFY(read.slowest[i].time <= read.slowest[i - 1].time);
      QVERIFY(read.slowest[i].time > 10'900'000);
    }
  }

  void quantilesAreBordersOfBuckets() {
    DurationMeter meter;
    meter.add(1'000, 90);
    meter.add(1'000'000, 10);
    const Durations read = meter.read();
    QVERIFY(read.quantile(0.5) >= 1'000 && read.quantile(0.5) <= 1'600);
    QVERIFY(read.quantile(0.95) >= 1'000'000 && read.quantile(0.95) <= 1'600'000);
    QCOMPARE(Durations{}.quantile(0.5), Nanos{0});
    QVERIFY(read.slowest.empty());
  }

  void sumsKeepTheSlowestOfBoth() {
    DurationMeter a;
    DurationMeter b;
    for (std::uint64_t i = 1; i <= 8; ++i) {
      a.add_record(static_cast<Nanos>(i * 2'000'000), i);
      b.add_record(static_cast<Nanos>(i * 2'000'000 + 1'000'000), 100 + i);
    }
    Durations sum = a.read();
    sum += b.read();
    QCOMPARE(sum.records(), std::uint64_t{16});
    QCOMPARE(sum.slowest.size(), Durations::kSlowest);
    QCOMPARE(sum.slowest[0].record, std::uint64_t{108});
    QCOMPARE(sum.slowest[1].record, std::uint64_t{8});
  }

  void readersSeeWholeWords() {
    DurationMeter meter;
    std::atomic<bool> stop{false};
    std::thread writer([&] {
      for (std::uint64_t i = 1; !stop.load(); ++i)
        meter.add_record(static_cast<Nanos>(1000 * (1 + i % 100'000)), i % 100'000);
    });
    for (int i = 0; i < 2000; ++i)
      for (const Durations::Slow& slow : meter.read().slowest)
        QVERIFY(std::abs(static_cast<double>(slow.time) / (1000.0 * static_cast<double>(1 + slow.record)) - 1) < 1e-3);
    stop = true;
    writer.join();
  }

  void onlySlowNodesAreTimedRecordByRecord() {
    FakeClock clock;
    WorkerMeter quick;
    WorkerMeter slow;
    StepTimer timer(clock, {&quick, &slow});
    const auto tile = [&](std::size_t node, Nanos each) {
      const bool timed = timer.begin(node);
      for (std::uint64_t record = 0; record < 8; ++record) {
        clock.wall += each;
        if (timed) timer.record(node, record);
      }
      timer.lap(node, 8, 0);
      return timed;
    };
    timer.start();
    QVERIFY(!tile(0, 1'000));
    QVERIFY(!tile(1, 500'000));  // not known yet: counted with the mean
    QVERIFY(!tile(0, 1'000));
    QVERIFY(tile(1, 500'000));
    timer.stop();
    QCOMPARE(quick.durations.read().records(), std::uint64_t{16});
    QVERIFY(quick.durations.read().slowest.empty());
    const Durations found = slow.durations.read();
    QCOMPARE(found.records(), std::uint64_t{16});
    QCOMPARE(found.counts[Durations::bucket_of(500'000)], std::uint64_t{16});
    QCOMPARE(found.slowest.size(), std::size_t{8});
  }
};

FEEDLINE_TEST(TestDurations)

}  // namespace test_durations

#include "test_durations.moc"
