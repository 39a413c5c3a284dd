// SPDX-License-Identifier: GPL-3.0-or-later
// Runs beside others: its clock only says how long it has waited.
#include "base/machine_fault.h"
#include "engine/quarantine.h"
#include "support/fake_data.h"
#include "support/machine.h"
#include "support/test_program.h"

#include <QtTest>

#include <cerrno>
#include <chrono>
#include <latch>
#include <random>
#include <semaphore>
#include <thread>

namespace test_pipeline_faults {

using namespace feedline;
using namespace feedline::test;

namespace {

PipelineOptions with(std::size_t workers, std::uint32_t epochs = 1) {
  PipelineOptions options;
  options.workers = workers;
  options.epochs = epochs;
  return options;
}

}  // namespace

/// What goes wrong, and what comes from outside: bad data, no memory, stop, pause, destruction at any moment.
class TestPipelineFaults : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void allBad() {
    PlanBuilder builder = noisy_plan(1000, 4, 8);
    builder.source()->before = [](std::uint64_t record) -> Status {
      if (record % 10 == 0) return fail_record("is a folder");
      return fail_record("is no picture", "Remove it");
    };
    const auto plan = builder.build();
    for (const std::size_t workers : {1U, 2U, 8U}) {
      const Drained drained = drain(plan, with(workers));
      QVERIFY(drained.batches.empty());
      QVERIFY(drained.error);
      QCOMPARE(drained.error->code, ErrorCode::BadInput);
      QCOMPARE(drained.error->node, std::string("data"));
      QVERIFY(drained.error->file.starts_with("memory#"));
      QCOMPARE(drained.error->reason,
               std::string("104 of 104 records could not be used; the most frequent error: is no picture"));
      QCOMPARE(drained.error->remedy, std::string("Remove it"));
    }
  }

  void tooManyBadEndsAtTheSameBatch() {
    PlanBuilder builder = noisy_plan(600, 4, 10);
    builder.source()->before = [](std::uint64_t record) -> Status {
      if (record >= 200) return fail_record("gone");
      return {};
    };
    const auto plan = builder.build();
    std::size_t batches = 0;
    for (const std::size_t workers : {1U, 2U, 8U}) {
      Pipeline pipeline(plan, plan->train, with(workers));
      const Drained drained = drain(pipeline, plan->train);
      QVERIFY(drained.error);
      if (batches == 0) batches = drained.batches.size();
      QVERIFY(batches > 0);
      QCOMPARE(drained.batches.size(), batches);
      QVERIFY(!pipeline.next());  // and it stays failed
      // What was read ahead is in no count: all are the same whatever the workers.
      QCOMPARE(pipeline.error_count(), pipeline.errors().at(0).count);
      const std::string text = drained.error->reason;
      QVERIFY2(text.starts_with(std::to_string(pipeline.error_count()) + " of "), text.c_str());
    }
  }

  void badRecordsAreTriedOnce_data() {
    QTest::addColumn<int>("workers");
    QTest::addColumn<bool>("staged");
    QTest::newRow("1 worker") << 1 << false;
    QTest::newRow("8 workers") << 8 << false;
    QTest::newRow("3 workers, staged") << 3 << true;
  }
  void badRecordsAreTriedOnce() {
    QFETCH(int, workers);
    QFETCH(bool, staged);
    std::atomic<int> reads{0};
    std::atomic<int> runs{0};
    PlanBuilder builder = noisy_plan(3000, 4, 10);
    builder.source()->before = [&](std::uint64_t record) -> Status {
      if (record != 77) return {};
      ++reads;
      return fail_record("gone");
    };
    builder.step("picky", op([&](auto in, auto out, OpContext& context) -> Status {
                   out[0]->view(*in[0]);
                   if (context.record != 78) return {};
                   ++runs;
                   return fail_record("ugly");
                 }),
                 {2}, {4});
    builder.field("again", 4, DType::F32, {4});
    const auto plan = builder.build();
    PipelineOptions options = with(static_cast<std::size_t>(workers), 4);
    options.staged = staged;
    options.prefetch = 1;
    Pipeline pipeline(plan, plan->train, options);
    const Drained drained = drain(pipeline, plan->train);
    QVERIFY(!drained.error);
    QCOMPARE(drained.batches.size(), 1200U);
    for (const BatchCopy& batch : drained.batches)
      for (const std::uint64_t id : batch.record_ids) QVERIFY(id != 77 && id != 78);
    QCOMPARE(reads.load(), 1);
    QCOMPARE(runs.load(), 1);
    QCOMPARE(pipeline.error_count(), 8U);  // each was left out of four epochs
    QCOMPARE(pipeline.errors().size(), 2U);
    for (const RecordError& error : pipeline.errors()) QCOMPARE(error.count, 4U);
  }

  void quarantineIsBounded() {
    Quarantine few(100);
    for (std::uint64_t record = 0; record < 1000; ++record) few.add(record * 7919, static_cast<std::uint32_t>(record));
    QCOMPARE(few.size(), 100U);
    for (std::uint64_t record = 0; record < 1000; ++record)
      QCOMPARE(few.find(record * 7919).value_or(9999), record < 100 ? static_cast<std::uint32_t>(record) : 9999U);
    Quarantine many(10'000'000'000);
    for (std::uint64_t record = 0; record < Quarantine::kMost + 100; ++record) many.add(record, 3);
    many.add(5, 4);  // known already
    QCOMPARE(many.size(), Quarantine::kMost);
    QCOMPARE(many.find(5).value_or(0), 3U);
    QVERIFY(!Quarantine(10).find(1));
  }

  void fewRecordsAllBad() {
    PlanBuilder builder = noisy_plan(5, 4, 2);
    builder.source()->before = [](std::uint64_t) -> Status { return fail_record("empty"); };
    const auto plan = builder.build();
    const Drained drained = drain(plan, with(2));
    QVERIFY(drained.error);
    QVERIFY(drained.error->reason.starts_with("5 of 5"));
  }

  void emptyEpochsEnd() {
    PlanBuilder builder = noisy_plan(50, 4, 8);
    builder.source()->before = [](std::uint64_t) -> Status { return fail_record("empty"); };
    const auto plan = builder.build();
    PipelineOptions options = with(2, 3);
    options.max_bad_fraction = 1;
    Pipeline pipeline(plan, plan->train, options);
    const Drained drained = drain(pipeline, plan->train);
    QVERIFY(!drained.error);
    QCOMPARE(drained.batches.size(), 3U);  // nothing but the news that an epoch is over
    for (const BatchCopy& batch : drained.batches) QVERIFY(batch.last_of_epoch && batch.record_ids.empty());
    QCOMPARE(pipeline.error_count(), 150U);
  }

  void foreignExceptions() {
    PlanBuilder builder(9, 4, 9);
    builder.source()->before = [](std::uint64_t record) -> Status {
      if (record == 1) throw std::runtime_error("odd");
      if (record == 2) throw 42;
      return {};
    };
    builder.field("pixels", PlanBuilder::kPixels, DType::U8, {4});
    const auto plan = builder.build();
    Pipeline pipeline(plan, plan->train, with(2));
    const Drained drained = drain(pipeline, plan->train);
    QVERIFY(!drained.error);
    QCOMPARE(drained.batches.at(0).record_ids.size(), 7U);
    QCOMPARE(pipeline.errors().size(), 2U);
    QCOMPARE(pipeline.errors()[0].error.file, std::string("memory#1"));
  }

  void theMachinesFaultIsNotTheRecords_data() {
    QTest::addColumn<int>("workers");
    QTest::addColumn<bool>("staged");
    QTest::newRow("1 worker") << 1 << false;
    QTest::newRow("8 workers") << 8 << false;
    QTest::newRow("2 workers, staged") << 2 << true;
  }
  /// What fails for want of descriptors or memory comes back when it is tried again: no byte differs, nothing counts.
  void theMachinesFaultIsNotTheRecords() {
    QFETCH(int, workers);
    QFETCH(bool, staged);
    std::atomic<int> read_faults{0};
    std::atomic<int> run_faults{0};
    PlanBuilder builder = noisy_plan(300, 4, 10);
    const auto with_op = [&] {
      builder.step("hungry", op([&](auto in, auto out, OpContext& context) -> Status {
                     if (context.record == 78 && run_faults++ < 2) throw std::bad_alloc();
                     out[0]->view(*in[0]);
                     return {};
                   }),
                   {2}, {4});
      builder.field("again", 4, DType::F32, {4});
    };
    with_op();
    builder.source()->before = [&](std::uint64_t record) -> Status {
      if (record == 77 && read_faults++ < 4) return fail(machine_error(EMFILE, "it cannot be opened"));
      return {};
    };
    const auto plan = builder.build();
    PipelineOptions options = with(static_cast<std::size_t>(workers));
    options.staged = staged;
    Pipeline pipeline(plan, plan->train, options);
    const Drained drained = drain(pipeline, plan->train);
    QVERIFY2(!drained.error, drained.error ? drained.error->line().c_str() : "");
    QCOMPARE(read_faults.load(), 5);
    QCOMPARE(run_faults.load(), 3);
    QCOMPARE(drained.batches, expected(plan->train, 1));
    QCOMPARE(pipeline.error_count(), 0U);
    const auto stages = pipeline.stages(Clock::system().now());
    QCOMPARE(stages[0].total.records, 300U);
    QVERIFY(stages[0].total.starved >= 75'000'000);  // 5, 10, 20 and 40 ms
    QVERIFY(stages[0].total.cpu < stages[0].total.starved);
  }

  /// A node that never finds memory for one record ends the run, and the error names that record.
  void noMemoryForARecordNamesIt() {
    const ShortPatience short_patience(60);
    PlanBuilder builder = noisy_plan(300, 4, 10);
    builder.step("hungry", op([&](auto in, auto out, OpContext& context) -> Status {
                   if (context.record == 78) throw std::bad_alloc();
                   out[0]->view(*in[0]);
                   return {};
                 }),
                 {2}, {4});
    builder.field("again", 4, DType::F32, {4});
    const auto plan = builder.build();
    Pipeline pipeline(plan, plan->train, with(2));
    const Drained drained = drain(pipeline, plan->train);
    QVERIFY(drained.error);
    QCOMPARE(drained.error->code, ErrorCode::Failed);
    QCOMPARE(drained.error->node, std::string("hungry"));
    QCOMPARE(drained.error->file, std::string("memory#78"));
    QCOMPARE(pipeline.error_count(), 0U);
  }

  void aMachineThatStaysAtFaultEndsTheRun_data() {
    QTest::addColumn<int>("fault");
    QTest::addColumn<QString>("remedy");
    QTest::newRow("EMFILE") << EMFILE << "ulimit -n";
    QTest::newRow("ENFILE") << ENFILE << "fs.file-max";
    QTest::newRow("ENOMEM") << ENOMEM << "fewer workers";
    QTest::newRow("EIO") << EIO << "Check the disk";
    QTest::newRow("ESTALE") << ESTALE << "the server";
    QTest::newRow("ETIMEDOUT") << ETIMEDOUT << "the server";
  }
  void aMachineThatStaysAtFaultEndsTheRun() {
    QFETCH(int, fault);
    QFETCH(QString, remedy);
    const ShortPatience short_patience(60);
    PlanBuilder builder = noisy_plan(300, 4, 10);
    builder.source()->before = [&](std::uint64_t record) -> Status {
      if (record < 200) return {};
      return fail(machine_error(fault, "it cannot be opened").in_file("/data/" + std::to_string(record)));
    };
    const auto plan = builder.build();
    for (const std::size_t workers : {1U, 8U}) {
      Pipeline pipeline(plan, plan->train, with(workers));
      const Drained drained = drain(pipeline, plan->train);
      QVERIFY(drained.error);
      QCOMPARE(drained.error->code, ErrorCode::Failed);
      QCOMPARE(drained.error->node, std::string("data"));
      QVERIFY(drained.error->file.starts_with("/data/2"));
      QVERIFY2(drained.error->remedy.find(remedy.toStdString()) != std::string::npos, drained.error->line().c_str());
      QCOMPARE(pipeline.error_count(), 0U);
    }
  }

  void aStopEndsTheWaitForTheMachine() {
    PlanBuilder builder = noisy_plan(300, 4, 10);
    std::counting_semaphore<> reached(0);
    builder.source()->before = [&](std::uint64_t) -> Status {
      reached.release();
      return fail(machine_error(EIO, "it cannot be read"));
    };
    const auto plan = builder.build();
    const Nanos start = Clock::system().now();
    {
      Pipeline pipeline(plan, plan->train, with(2));
      for (int i = 0; i < 14; ++i) reached.acquire();  // the pauses are long by now
      pipeline.stop();
      const auto batch = pipeline.next();
      QVERIFY(!batch);
      QCOMPARE(batch.error().code, ErrorCode::Cancelled);
    }
    QVERIFY(Clock::system().now() - start < 8'000'000'000);  // Patience would be at its end after ten seconds
  }

  /// Whoever waits for the machine is not stuck in a record, but after a second it is told.
  void theWatchdogKnowsThatWait() {
    std::atomic<int> faults{0};
    std::atomic<int> notices{0};
    PlanBuilder builder = noisy_plan(50, 4, 10);
    builder.source()->before = [&](std::uint64_t record) -> Status {
      if (record == 7 && faults++ < 9) return fail(machine_error(ENFILE, "it cannot be opened"));  // 1.6 s
      return {};
    };
    const auto plan = builder.build();
    PipelineOptions options = with(1);
    options.slow_seconds = 0.1;
    options.slow_factor = 1;
    options.on_slow = "stop";
    options.on_notice = [&](const Error& error) {
      if (error.node == "data" && error.reason.find("tried again") != std::string::npos) ++notices;
    };
    const Drained drained = drain(plan, options);
    QCOMPARE(notices.load(), 1);  // once it has lasted for a second
    QVERIFY2(!drained.error, drained.error ? drained.error->line().c_str() : "");
    QCOMPARE(drained.batches, expected(plan->train, 1));
  }

  void errorListIsBounded() {
    PlanBuilder builder = noisy_plan(2000, 4, 50);
    builder.source()->before = [](std::uint64_t record) -> Status {
      return fail_record("error " + std::to_string(record));
    };
    const auto plan = builder.build();
    PipelineOptions options = with(2);
    options.max_bad_fraction = 1;
    Pipeline pipeline(plan, plan->train, options);
    (void)drain(pipeline, plan->train);
    QCOMPARE(pipeline.error_count(), 2000U);
    QVERIFY(pipeline.errors().size() <= 200);
  }

  void noMemoryForBatches() {
    const auto plan = noisy_plan(500, 4, 8).build();
    for (const int limit : {0, 1, 3}) {
      auto allocator = std::make_shared<CountingAllocator>();
      allocator->limit = limit;
      PipelineOptions options = with(2);
      options.allocator = allocator;
      {
        const Drained drained = drain(plan, options);
        QVERIFY(drained.error);
        QCOMPARE(drained.error->code, ErrorCode::Failed);
        QVERIFY(drained.error->reason.find("memory") != std::string::npos);
        QCOMPARE(drained.error->node, std::string("batch"));
        QVERIFY(!drained.error->remedy.empty());
      }
      QCOMPARE(allocator->live.load(), 0);
    }
  }

  void hugeBatch() {
    class Narrow final : public BufferAllocator {
     public:
      std::byte* allocate(std::size_t bytes) override {
        if (bytes > std::size_t{1} << 40) throw std::bad_alloc();
        return host()->allocate(bytes);
      }
      void release(std::byte* data, std::size_t bytes) noexcept override { host()->release(data, bytes); }
    };
    const auto plan = noisy_plan(50, 4, std::int64_t{1} << 50).build();
    PipelineOptions options = with(2);
    options.allocator = std::make_shared<Narrow>();
    const Drained drained = drain(plan, options);
    QVERIFY(drained.error);
    QCOMPARE(drained.error->code, ErrorCode::Failed);
    QVERIFY2(drained.error->reason.find("GB each") != std::string::npos, drained.error->reason.c_str());
  }

  void buffersAreReused() {
    auto allocator = std::make_shared<CountingAllocator>();
    const auto plan = noisy_plan(4000, 4, 8).build();
    PipelineOptions options = with(2);
    options.allocator = allocator;
    options.prefetch = 3;
    Batch kept;
    {
      Pipeline pipeline(plan, plan->train, options);
      while (true) {
        auto batch = pipeline.next();
        QVERIFY(batch);
        if (!*batch) break;
        kept = std::move(**batch);
      }
      QVERIFY(allocator->allocated <= (3 + 2) * 2);  // two fields; window, one in hand, one being swapped
    }
    QCOMPARE(allocator->live.load(), 2);  // the batch outlives its pipeline
    QCOMPARE(copy(plan->train, kept), expected(plan->train, 1).back());
    kept = {};
    QCOMPARE(allocator->live.load(), 0);
  }

  void backPressure() {
    // Nobody takes batches: reading goes on only as far as queue and window allow.
    std::atomic<int> reads{0};
    PlanBuilder builder = noisy_plan(100'000, 4, 16);
    builder.source()->before = [&](std::uint64_t) -> Status {
      ++reads;
      return {};
    };
    const auto plan = builder.build();
    Pipeline pipeline(plan, plan->train, with(2));
    const auto blocked = [&] {
      const auto stages = pipeline.stages(Clock::system().now());
      return stages.front().total.blocked > 0 && stages.back().total.blocked > 0 && stages.back().queue.fill == 1.0;
    };
    QTRY_VERIFY(blocked());
    QVERIFY(reads < 10'000);
    QCOMPARE(pipeline.stages(0).size(), 4U);
  }

  void metersCount() {
    PlanBuilder builder = noisy_plan(640, 10, 64);
    builder.source()->before = [](std::uint64_t) -> Status {
      std::this_thread::sleep_for(std::chrono::microseconds(50));  // so that those behind it must wait
      return {};
    };
    const auto plan = builder.build();
    Pipeline pipeline(plan, plan->train, with(3));
    (void)drain(pipeline, plan->train);
    const auto stages = pipeline.stages(Clock::system().now());
    const std::vector<std::string> nodes{"data", "scale", "noise", "batch"};
    const std::vector<std::uint64_t> bytes{640 * (10 + 8), 640 * 40, 640 * 40, 640 * (40 + 8)};
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      QCOMPARE(stages.at(i).node, nodes[i]);
      QCOMPARE(stages[i].total.records, 640U);
      QCOMPARE(stages[i].total.bytes, bytes[i]);
      QVERIFY(stages[i].total.busy > 0);
      QVERIFY(stages[i].total.cpu <= stages[i].total.busy);
    }
    QCOMPARE(stages[1].workers, 3U);
    QVERIFY(stages[1].total.starved > 0);
  }

  void stopWhileWorkersAreStuck() {
    std::counting_semaphore<> gate(0);
    std::counting_semaphore<> reached(0);
    PlanBuilder builder(100, 4, 8);
    builder
        .step("stuck", op([&](auto in, auto out, OpContext&) -> Status {
                reached.release();
                gate.acquire();
                out[0]->view(*in[0]);
                return {};
              }),
              {PlanBuilder::kPixels}, {2})
        .field("pixels", 2, DType::U8, {4});
    const auto plan = builder.build();
    Pipeline pipeline(plan, plan->train, with(2));
    reached.acquire();
    std::thread stopper([&] { pipeline.stop(); });
    const auto batch = pipeline.next();  // must return although both workers are stuck in their node
    QVERIFY(!batch);
    QCOMPARE(batch.error().code, ErrorCode::Cancelled);
    stopper.join();
    gate.release(1000);
  }

  void pauseRests() {
    std::atomic<int> runs{0};
    PlanBuilder builder(1'000'000, 4, 8);
    builder
        .step("count", op([&](auto in, auto out, OpContext&) -> Status {
                ++runs;
                out[0]->view(*in[0]);
                return {};
              }),
              {PlanBuilder::kPixels}, {2})
        .field("pixels", 2, DType::U8, {4});
    const auto plan = builder.build();
    Pipeline pipeline(plan, plan->train, with(2));
    QVERIFY(pipeline.next());
    pipeline.pause();
    // What is finished is still handed out; then next() waits until somebody resumes.
    std::atomic<bool> resumed{false};
    std::thread helper([&] {
      int before = -1;
      while (before != runs) {  // rests once nothing moves any more
        before = runs;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
      resumed = true;
      pipeline.resume();
    });
    int handed = 0;
    while (!resumed) {
      QVERIFY(pipeline.next());
      ++handed;
    }
    QVERIFY(handed <= 6);  // the prefetch window, and the batch that waited for resume()
    QVERIFY(pipeline.next());
    helper.join();
  }

  void stopIsFinal() {
    const auto plan = noisy_plan(100, 4, 8).build();
    Pipeline pipeline(plan, plan->train, with(2));
    pipeline.pause();
    pipeline.stop();
    pipeline.resume();
    for (int i = 0; i < 3; ++i) {
      const auto batch = pipeline.next();
      QVERIFY(!batch);
      QCOMPARE(batch.error().code, ErrorCode::Cancelled);
    }
  }

  void randomLives() {
    PlanBuilder builder = noisy_plan(300, 8, 7);
    builder.source()->before = [](std::uint64_t record) -> Status {
      if (record % 50 == 3) return fail_record("bad");
      return {};
    };
    const auto plan = builder.build();
    const auto wanted = expected(plan->train, 2, [](std::uint64_t r) { return r % 50 == 3; });
    std::mt19937 random(4711);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(3);
    int lives = 0;
    for (; lives < 3000 && std::chrono::steady_clock::now() < until; ++lives) {
      PipelineOptions options = with(1 + random() % 4, 2);
      options.prefetch = 1 + random() % 4;
      options.staged = random() % 4 == 0;
      Batch kept;
      Pipeline pipeline(plan, plan->train, options);
      std::thread other([&, seed = random()] {
        std::mt19937 own(seed);
        for (unsigned i = own() % 6; i > 0; --i) {
          switch (own() % 4) {
            case 0:
              pipeline.pause();
              break;
            case 1:
              (void)pipeline.stages(Clock::system().now());
              break;
            case 2:
              (void)pipeline.errors();
              break;
            default:
              pipeline.resume();
          }
        }
        if (own() % 3 == 0) pipeline.stop();
        pipeline.resume();
      });
      for (std::size_t i = 0, count = random() % 90; i < count; ++i) {
        auto batch = pipeline.next();
        if (!batch) {
          QCOMPARE(batch.error().code, ErrorCode::Cancelled);
          break;
        }
        QCOMPARE(bool(*batch), i < wanted.size());
        if (!*batch) break;
        QCOMPARE(copy(plan->train, **batch), wanted[i]);
        kept = std::move(**batch);
      }
      other.join();
    }
    QVERIFY(lives > 10);
  }
};

FEEDLINE_TEST(TestPipelineFaults)

}  // namespace test_pipeline_faults

#include "test_pipeline_faults.moc"
