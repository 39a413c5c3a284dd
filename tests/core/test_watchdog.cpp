// SPDX-License-Identifier: GPL-3.0-or-later
// Mostly waits: for records that are held.
#include "engine/watchdog.h"
#include "engine/worker_pool.h"
#include "support/fake_data.h"
#include "support/test_program.h"

#include <QtTest>

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace test_watchdog {

using namespace feedline;
using namespace feedline::test;

namespace {

/// Holds threads that come with one of the chosen records, until it is opened. Threads that are left behind share it.
class Gate {
 public:
  explicit Gate(std::map<std::uint64_t, int> times) : times_(std::move(times)) {}

  void pass(std::uint64_t record) {
    std::unique_lock lock(mutex_);
    const auto found = times_.find(record);
    if (!armed_ || found == times_.end() || found->second == 0) return;
    --found->second;
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    --inside_;
    changed_.notify_all();
  }
  void arm() {
    const std::lock_guard lock(mutex_);
    armed_ = true;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait_for(int inside) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return inside_ >= inside; });
  }
  void wait_empty() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return inside_ == 0; });
  }

 private:
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::map<std::uint64_t, int> times_;  ///< by record: how often it is held
  bool armed_ = false;
  bool open_ = false;
  int inside_ = 0;
};

constexpr int kAlways = 1 << 20;
/// Long enough that no other record takes it on a loaded machine.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr double kSlowSeconds = 0.3;
#else
constexpr double kSlowSeconds = 0.15;
#endif
enum class Where { Source, Middle, Last };

/// data -> scale -> noise -> batch, with a gate in one of them.
PlanBuilder gated(const std::shared_ptr<Gate>& gate, Where where, std::uint64_t records = 60) {
  PlanBuilder builder(records, 9, 8);
  if (where == Where::Source)
    builder.source()->before = [gate](std::uint64_t record) -> Status {
      gate->pass(record);
      return {};
    };
  const auto guarded = [gate](std::shared_ptr<const SampleOp> work, bool here) {
    return op([gate, work = std::move(work), here](auto in, auto out, OpContext& context) -> Status {
      if (here) gate->pass(context.record);
      return work->run(in, out, context);
    });
  };
  builder.step("scale", guarded(to_float(), where == Where::Middle), {PlanBuilder::kPixels}, {2})
      .step("noise", guarded(add_noise(), where == Where::Last), {2}, {3})
      .field("image", 3, DType::F32, {9})
      .field("label", PlanBuilder::kLabel, DType::I64, {})
      .shuffle();
  return builder;
}

std::string node_of(Where where) {
  return where == Where::Source ? "data" : where == Where::Middle ? "scale" : "noise";
}

PipelineOptions slow(const std::string& policy, std::size_t workers, bool staged = false) {
  PipelineOptions options;
  options.workers = workers;
  options.staged = staged;
  options.slow_seconds = kSlowSeconds;
  options.on_slow = policy;
  return options;
}

/// Everything that a pipeline gives, with the memory held: stuck threads come back before it is looked at.
std::vector<Batch> hold(Pipeline& pipeline, std::optional<Error>& error) {
  std::vector<Batch> batches;
  for (;;) {
    auto batch = pipeline.next();
    if (!batch) {
      error = batch.error();
      return batches;
    }
    if (!*batch) return batches;
    batches.push_back(std::move(**batch));
  }
}

void compare(const DataPlan& plan, const std::vector<Batch>& batches, const std::vector<BatchCopy>& wanted) {
  QCOMPARE(batches.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i)
    QVERIFY2(copy(plan, batches[i]) == wanted[i], qPrintable(QString("batch %1").arg(i)));
}

}  // namespace

/// Records that a node does not come back from.
class TestWatchdog : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void leavesOut_data() {
    QTest::addColumn<int>("where");
    QTest::addColumn<int>("workers");
    QTest::addColumn<bool>("staged");
    for (const Where where : {Where::Source, Where::Middle, Where::Last})
      for (const int workers : {1, 3})
        for (const bool staged : {false, true})
          QTest::addRow("%s, %d workers%s", node_of(where).c_str(), workers, staged ? ", staged" : "")
              << static_cast<int>(where) << workers << staged;
  }
  void leavesOut() {
    QFETCH(int, where);
    QFETCH(int, workers);
    QFETCH(bool, staged);
    const std::set<std::uint64_t> stuck{7, 31, 32};
    const auto gate = std::make_shared<Gate>(std::map<std::uint64_t, int>{{7, kAlways}, {31, kAlways}, {32, kAlways}});
    const auto plan = gated(gate, static_cast<Where>(where)).build();
    const auto wanted = expected(plan->train, 1, [&](std::uint64_t r) { return stuck.contains(r); });
    gate->arm();
    Pipeline pipeline(plan, plan->train, slow("skip", static_cast<std::size_t>(workers), staged));
    std::optional<Error> error;
    const std::vector<Batch> batches = hold(pipeline, error);
    gate->open();
    gate->wait_empty();
    QVERIFY2(!error, error ? error->line().c_str() : "");
    compare(plan->train, batches, wanted);
    QCOMPARE(pipeline.error_count(), 3U);
    const auto errors = pipeline.errors();
    QCOMPARE(errors.size(), 1U);
    QCOMPARE(errors[0].count, 3U);
    QCOMPARE(errors[0].error.node, node_of(static_cast<Where>(where)));
    QCOMPARE(errors[0].error.code, ErrorCode::BadRecord);
    QVERIFY2(errors[0].error.reason.starts_with("this record took longer than "), errors[0].error.reason.c_str());
    QVERIFY(errors[0].error.file == "memory#7" || errors[0].error.file == "memory#31" ||
            errors[0].error.file == "memory#32");
    QVERIFY(!errors[0].error.remedy.empty());
  }

  void laterEpochsDoNotTryAgain() {
    const auto gate = std::make_shared<Gate>(std::map<std::uint64_t, int>{{5, kAlways}});
    const auto plan = gated(gate, Where::Middle, 400).build();
    const auto wanted = expected(plan->train, 3, [&](std::uint64_t r) { return r == 5; });
    gate->arm();
    PipelineOptions options = slow("skip", 2);
    options.epochs = 3;
    options.prefetch = 1;
    Pipeline pipeline(plan, plan->train, options);
    std::optional<Error> error;
    const std::vector<Batch> batches = hold(pipeline, error);
    gate->wait_for(1);
    gate->open();
    gate->wait_empty();  // one thread, not three
    compare(plan->train, batches, wanted);
    QCOMPARE(pipeline.error_count(), 3U);
  }

  void triesOnceMore_data() {
    QTest::addColumn<int>("times");
    QTest::newRow("slow once") << 1;
    QTest::newRow("slow again") << kAlways;
  }
  void triesOnceMore() {
    QFETCH(int, times);
    const auto gate = std::make_shared<Gate>(std::map<std::uint64_t, int>{{12, times}, {40, times}});
    const auto plan = gated(gate, Where::Last).build();
    const bool left_out = times > 1;
    const auto wanted = expected(plan->train, 1, [&](std::uint64_t r) { return left_out && (r == 12 || r == 40); });
    gate->arm();
    PipelineOptions options = slow("retry", 2);
    std::mutex mutex;
    std::vector<Error> notices;
    options.on_notice = [&](const Error& notice) {
      const std::lock_guard lock(mutex);
      notices.push_back(notice);
    };
    Pipeline pipeline(plan, plan->train, options);
    std::optional<Error> error;
    const std::vector<Batch> batches = hold(pipeline, error);
    gate->open();
    gate->wait_empty();
    QVERIFY(!error);
    compare(plan->train, batches, wanted);
    QCOMPARE(pipeline.error_count(), left_out ? 2U : 0U);
    const std::lock_guard lock(mutex);
    QCOMPARE(notices.size(), 2U);
    QCOMPARE(notices[0].node, std::string("noise"));
    QVERIFY(QString::fromStdString(notices[0].reason).contains("tried once more"));
  }

  void namesWhatItWaitsFor() {
    const auto gate = std::make_shared<Gate>(std::map<std::uint64_t, int>{{20, 1}});
    const auto plan = gated(gate, Where::Middle).build();
    const auto wanted = expected(plan->train, 1);
    gate->arm();
    PipelineOptions options = slow("wait", 2);
    std::mutex mutex;
    std::vector<Error> notices;
    options.on_notice = [&](const Error& notice) {
      {
        const std::lock_guard lock(mutex);
        notices.push_back(notice);
      }
      gate->open();
    };
    Pipeline pipeline(plan, plan->train, options);
    std::optional<Error> error;
    compare(plan->train, hold(pipeline, error), wanted);
    QCOMPARE(pipeline.error_count(), 0U);
    const std::lock_guard lock(mutex);
    QCOMPARE(notices.size(), 1U);
    QCOMPARE(notices[0].node, std::string("scale"));
    QCOMPARE(notices[0].file, std::string("memory#20"));
    QVERIFY(QString::fromStdString(notices[0].reason).startsWith("it has been working on this record for"));
  }

  void endsTheRun() {
    const auto gate = std::make_shared<Gate>(std::map<std::uint64_t, int>{{20, 1}});
    const auto plan = gated(gate, Where::Last).build();
    gate->arm();
    Pipeline pipeline(plan, plan->train, slow("stop", 2));
    std::optional<Error> error;
    (void)hold(pipeline, error);
    gate->open();
    QVERIFY(error);
    QCOMPARE(error->code, ErrorCode::Failed);
    QCOMPARE(error->node, std::string("noise"));
    QCOMPARE(error->file, std::string("memory#20"));
    QVERIFY(!error->remedy.empty());
  }

  void slowIsMeasuredAgainstItsKind_data() {
    QTest::addColumn<double>("factor");
    QTest::addColumn<bool>("slow");
    QTest::newRow("long, but not for its kind") << 1e6 << false;
    QTest::newRow("long for its kind") << 2.0 << true;
  }
  void slowIsMeasuredAgainstItsKind() {
    QFETCH(double, factor);
    QFETCH(bool, slow);
    PlanBuilder builder(24, 4, 2);
    builder
        .step("rest", op([](auto in, auto out, OpContext& context) -> Status {
                std::this_thread::sleep_for(std::chrono::milliseconds(context.record == 23 ? 600 : 1));
                out[0]->view(*in[0]);
                return {};
              }),
              {PlanBuilder::kPixels}, {2})
        .field("pixels", 2, DType::U8, {4});
    const auto plan = builder.build();
    PipelineOptions options = test_watchdog::slow("stop", 1);
    options.slow_factor = factor;
    Pipeline pipeline(plan, plan->train, options);
    std::optional<Error> error;
    (void)hold(pipeline, error);
    QCOMPARE(error.has_value(), slow);
    if (!slow) return;
    QCOMPARE(error->file, std::string("memory#23"));
    QVERIFY2(error->reason.find("it usually takes") != std::string::npos, error->reason.c_str());
  }

  void aSleepOfTheWholeProcessIsNoReason() {
    Observation observation;
    QCOMPARE(observation.look(5, 0), Nanos{0});
    QCOMPARE(observation.look(5, 100'000'000'000), Nanos{100'000'000'000});
    QVERIFY(!observation.enough());
    (void)observation.look(5, 100'000'000'001);
    (void)observation.look(5, 100'000'000'002);
    QVERIFY(observation.enough());
    QVERIFY(observation.first_report());
    QVERIFY(!observation.first_report());
    QCOMPARE(observation.look(6, 100'000'000'003), Nanos{0});  // another record
    QVERIFY(!observation.enough());
    QVERIFY(observation.first_report());
  }

  void endsThoughThreadsAreStuck() {
    std::map<std::uint64_t, int> all;
    for (std::uint64_t r = 0; r < 60; ++r) all[r] = kAlways;
    const auto gate = std::make_shared<Gate>(all);
    std::weak_ptr<const Plan> left;
    {
      auto plan = gated(gate, Where::Source).build();
      left = plan;
      gate->arm();
      PipelineOptions options = slow("wait", 16);  // three readers
      auto pipeline = std::make_unique<Pipeline>(plan, plan->train, options);
      plan.reset();
      gate->wait_for(2);
      pipeline->stop();
      const auto batch = pipeline->next();
      QVERIFY(!batch);
      QCOMPARE(batch.error().code, ErrorCode::Cancelled);
      pipeline.reset();  // leaves them behind, with what they need
      QVERIFY(!left.expired());
    }
    gate->open();
    QTRY_VERIFY(left.expired());  // and they go when they come back
  }

  void endsThoughAbandonedThreadsAreStuck() {
    auto gate = std::make_shared<Gate>(std::map<std::uint64_t, int>{{20, kAlways}});
    std::weak_ptr<const Plan> left;
    {
      auto plan = gated(gate, Where::Last).build();
      left = plan;
      gate->arm();
      std::optional<Error> error;
      Pipeline pipeline(plan, plan->train, slow("skip", 2));
      plan.reset();
      const std::vector<Batch> batches = hold(pipeline, error);
      QVERIFY(!error);
      QCOMPARE(batches.size(), 8U);
    }
    QVERIFY(!left.expired());
    gate->open();
    QTRY_VERIFY(left.expired());
  }

  void tooManyAtOnce() {
    std::map<std::uint64_t, int> all;
    for (std::uint64_t r = 0; r < 200; ++r) all[r] = kAlways;
    const auto gate = std::make_shared<Gate>(all);
    const auto plan = gated(gate, Where::Middle, 200).build();
    gate->arm();
    PipelineOptions options = slow("skip", 16);
    options.slow_seconds = 0.1;
    options.max_bad_fraction = 1;
    options.prefetch = 16;
    Pipeline pipeline(plan, plan->train, options);
    std::optional<Error> error;
    (void)hold(pipeline, error);
    gate->open();
    QVERIFY(error);
    QCOMPARE(error->code, ErrorCode::Failed);
    QCOMPARE(error->node, std::string("scale"));
    QVERIFY(error->file.starts_with("memory#"));
  }
};

FEEDLINE_TEST(TestWatchdog)

}  // namespace test_watchdog

#include "test_watchdog.moc"
