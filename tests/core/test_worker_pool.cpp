// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/fake_data.h"
#include "support/test_program.h"

#include <QtTest>

#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

namespace test_worker_pool {

using namespace feedline;
using namespace feedline::test;

namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kLives = 1000;
#else
constexpr int kLives = 2000;
#endif

/// Counts the threads inside it; may wait until so many have been there together.
class Meeting {
 public:
  void visit() {
    std::unique_lock lock(mutex_);
    most_ = std::max(most_, ++inside_);
    changed_.notify_all();
    changed_.wait(lock, [this] { return most_ >= wanted_; });
    --inside_;
  }
  void want(int together) {
    const std::lock_guard lock(mutex_);
    wanted_ = together;
  }
  /// The most that were inside together since the last call.
  int most() {
    const std::lock_guard lock(mutex_);
    return std::exchange(most_, 0);
  }

 private:
  std::mutex mutex_{};
  std::condition_variable changed_{};
  int inside_ = 0;
  int most_ = 0;
  int wanted_ = 0;
};

PlanBuilder meeting_plan(const std::shared_ptr<Meeting>& meeting) {
  PlanBuilder builder(100'000, 4, 16);
  builder
      .step("meet", op([meeting](auto in, auto out, OpContext&) -> Status {
              meeting->visit();
              out[0]->view(*in[0]);
              return {};
            }),
            {PlanBuilder::kPixels}, {2})
      .field("pixels", 2, DType::U8, {4});
  return builder;
}

std::size_t workers_of(const Pipeline& pipeline, const std::string& node) {
  for (const StageSample& stage : pipeline.stages(Clock::system().now()))
    if (stage.node == node) return stage.workers;
  return 0;
}

}  // namespace

/// Workers that come and go while a pipeline runs, and pipelines that do.
class TestWorkerPool : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// What a queue holds is told with it; with prefetch 0 the last one holds nothing.
  void queuesTellTheirCapacity_data() {
    QTest::addColumn<int>("prefetch");
    QTest::newRow("prefetch 3") << 3;
    QTest::newRow("prefetch 0") << 0;
  }
  void queuesTellTheirCapacity() {
    QFETCH(int, prefetch);
    const auto plan = noisy_plan(3000, 4, 16).build();
    PipelineOptions options;
    options.workers = 2;
    options.prefetch = static_cast<std::size_t>(prefetch);
    options.staged = true;
    Pipeline pipeline(plan, plan->train, options);
    for (int i = 0; i < 8; ++i) QVERIFY(pipeline.next());
    const std::vector<StageSample> stages = pipeline.stages(Clock::system().now());
    for (const StageSample& stage : stages) {
      const bool last = &stage == &stages.back();
      QVERIFY(stage.queue.waiting <= std::max<std::size_t>(stage.queue.capacity, 1));
      if (last) {
        QCOMPARE(stage.queue.capacity, static_cast<std::size_t>(prefetch));
      } else {
        QVERIFY(stage.queue.capacity >= 2);
      }
    }
  }

  void moreWorkTogether_data() {
    QTest::addColumn<bool>("staged");
    QTest::newRow("fused") << false;
    QTest::newRow("staged") << true;
  }
  void moreWorkTogether() {
    QFETCH(bool, staged);
    const auto meeting = std::make_shared<Meeting>();
    const auto plan = meeting_plan(meeting).build();
    PipelineOptions options;
    options.workers = 1;
    options.staged = staged;
    options.epochs = 0;
    Pipeline pipeline(plan, plan->train, options);
    QVERIFY(pipeline.next());
    QCOMPARE(workers_of(pipeline, "meet"), 1U);
    meeting->want(5);  // from now on each waits until five are there: only five workers can go on
    QCOMPARE(pipeline.set_workers("meet", 5), 5U);
    QCOMPARE(workers_of(pipeline, "meet"), 5U);
    for (int i = 0; i < 40; ++i) QVERIFY(pipeline.next());
    QVERIFY(meeting->most() >= 5);
  }

  void fewerLeave() {
    const auto meeting = std::make_shared<Meeting>();
    const auto plan = meeting_plan(meeting).build();
    PipelineOptions options;
    options.workers = 6;
    options.epochs = 0;
    Pipeline pipeline(plan, plan->train, options);
    for (int i = 0; i < 20; ++i) QVERIFY(pipeline.next());
    QCOMPARE(pipeline.set_workers("meet", 0), 1U);
    for (int i = 0; i < 40; ++i) QVERIFY(pipeline.next());  // chunks in hand are done
    (void)meeting->most();
    for (int i = 0; i < 200; ++i) QVERIFY(pipeline.next());
    QCOMPARE(meeting->most(), 1);
    QCOMPARE(pipeline.set_workers("meet", 3), 3U);
    meeting->want(3);
    for (int i = 0; i < 40; ++i) QVERIFY(pipeline.next());
  }

  void namesAndBounds() {
    const auto plan = noisy_plan(100, 4, 8).build();
    PipelineOptions options;
    options.workers = 2;
    options.staged = true;
    Pipeline pipeline(plan, plan->train, options);
    QCOMPARE(pipeline.set_workers("nobody", 3), 0U);
    QCOMPARE(pipeline.set_workers("noise", 3), 3U);
    QCOMPARE(pipeline.set_workers("data", 4), 4U);
    QCOMPARE(pipeline.set_workers("batch", 1), 1U);
    const std::vector<std::size_t> wanted{4, 2, 3, 1};
    const auto stages = pipeline.stages(Clock::system().now());
    for (std::size_t i = 0; i < wanted.size(); ++i) QCOMPARE(stages.at(i).workers, wanted[i]);
    pipeline.stop();
    QCOMPARE(pipeline.set_workers("noise", 7), 7U);  // too late to matter, but no fault
  }

  void sameBytesWhileWorkersChange_data() { moreWorkTogether_data(); }
  void sameBytesWhileWorkersChange() {
    QFETCH(bool, staged);
    const auto plan = noisy_plan(3000, 9, 16).build();
    const auto wanted = expected(plan->train, 2);
    PipelineOptions options;
    options.workers = 2;
    options.staged = staged;
    options.epochs = 2;
    Pipeline pipeline(plan, plan->train, options);
    std::mt19937 random(7);
    const char* const nodes[] = {"data", "scale", "noise", "batch"};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (i % 3 == 0) QVERIFY(pipeline.set_workers(nodes[random() % 4], 1 + random() % 9) > 0);
      const auto batch = pipeline.next();
      QVERIFY(batch && *batch);
      QVERIFY2(copy(plan->train, **batch) == wanted[i], qPrintable(QString("batch %1").arg(i)));
    }
    QVERIFY(!*pipeline.next());
  }

  void metersGoOn() {
    const auto plan = noisy_plan(5000, 9, 16).build();
    PipelineOptions options;
    options.workers = 1;
    Pipeline pipeline(plan, plan->train, options);
    std::uint64_t seen = 0;
    for (int i = 0;; ++i) {
      (void)pipeline.set_workers("scale", static_cast<std::size_t>(1 + i % 5));
      const std::uint64_t now = pipeline.stages(Clock::system().now())[1].total.records;
      QVERIFY(now >= seen);
      seen = now;
      const auto batch = pipeline.next();
      QVERIFY(batch);
      if (!*batch) break;
    }
    for (const StageSample& stage : pipeline.stages(Clock::system().now())) QCOMPARE(stage.total.records, 5000U);
  }

  /// Start, stop, pause, resume, change workers and destroy at random moments, from four threads.
  void randomLives() {
    PlanBuilder builder = noisy_plan(120, 8, 7);
    const auto bad = [](std::uint64_t r) { return r % 50 == 3; };
    builder.source()->before = [bad](std::uint64_t record) -> Status {
      if (bad(record)) return fail_record("bad");
      return {};
    };
    const auto plan = builder.build();
    const auto wanted = expected(plan->train, 2, bad);
    std::mt19937 random(815);
    int to_the_end = 0;
    for (int life = 0; life < kLives; ++life) {
      PipelineOptions options;
      options.workers = 1 + random() % 4;
      options.prefetch = 1 + random() % 4;
      options.staged = random() % 3 == 0;
      options.epochs = 2;
      const auto allocator = std::make_shared<CountingAllocator>();
      if (random() % 16 == 0) allocator->limit = static_cast<int>(random() % 8);
      options.allocator = allocator;
      {
        Batch kept;
        Pipeline pipeline(plan, plan->train, options);
        const auto meddle = [&pipeline](unsigned seed) {
          std::mt19937 own(seed);
          const char* const nodes[] = {"data", "scale", "noise", "batch", "nobody"};
          for (unsigned i = own() % 8; i > 0; --i) {
            switch (own() % 7) {
              case 0:
                pipeline.pause();
                break;
              case 1:
                (void)pipeline.stages(Clock::system().now());
                break;
              case 2:
                (void)pipeline.errors();
                break;
              case 3:
                if (own() % 4 == 0) pipeline.stop();
                break;
              case 4:
                pipeline.resume();
                break;
              default:
                (void)pipeline.set_workers(nodes[own() % 5], own() % 7);
            }
          }
          pipeline.resume();
        };
        std::vector<std::jthread> others;
        for (int i = 0; i < 3; ++i) others.emplace_back(meddle, static_cast<unsigned>(random()));
        const std::size_t count = random() % 50;
        for (std::size_t i = 0; i < count; ++i) {
          auto batch = pipeline.next();
          if (!batch) {
            QVERIFY(batch.error().code == ErrorCode::Cancelled || allocator->limit < 8);
            break;
          }
          QCOMPARE(bool(*batch), i < wanted.size());
          if (!*batch) {
            ++to_the_end;
            break;
          }
          QVERIFY(copy(plan->train, **batch) == wanted[i]);
          kept = std::move(**batch);
        }
        others.clear();
      }
      QCOMPARE(allocator->live.load(), 0);
    }
    QVERIFY(to_the_end > 20);
  }
};

FEEDLINE_TEST(TestWorkerPool)

}  // namespace test_worker_pool

#include "test_worker_pool.moc"
