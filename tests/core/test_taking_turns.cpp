// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/sequential_gate.h"
#include "support/fake_data.h"
#include "support/test_program.h"

#include <QtTest>

#include <atomic>
#include <chrono>
#include <thread>

namespace test_taking_turns {

using namespace feedline;
using namespace feedline::test;

namespace {

/// Counts how many threads are inside at once.
class Narrow final : public SampleOp {
 public:
  explicit Narrow(bool sequential) : sequential_(sequential) {}
  Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext&) const override {
    const int now = ++inside;
    int seen = most.load();
    while (now > seen && !most.compare_exchange_weak(seen, now)) {
    }
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    out[0]->view(*in[0]);
    --inside;
    return {};
  }
  [[nodiscard]] bool sequential() const override { return sequential_; }

  mutable std::atomic<int> inside{0};
  mutable std::atomic<int> most{0};

 private:
  bool sequential_;
};

std::shared_ptr<const Plan> plan_with(const std::shared_ptr<const SampleOp>& narrow, std::uint64_t records = 400) {
  return PlanBuilder(records, 5, 16)
      .step("narrow", narrow, {PlanBuilder::kPixels}, {2})
      .step("scale", to_float(), {2}, {3})
      .field("image", 3, DType::F32, {5})
      .field("label", PlanBuilder::kLabel, DType::I64, {})
      .build();
}

}  // namespace

/// Nodes that let one worker in at a time, and pipelines where preparing and consuming take turns.
class TestTakingTurns : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void one_worker_at_a_time_data() {
    QTest::addColumn<bool>("staged");
    QTest::newRow("fused") << false;
    QTest::newRow("staged") << true;
  }
  void one_worker_at_a_time() {
    QFETCH(bool, staged);
    PipelineOptions options;
    options.workers = 4;
    options.staged = staged;
    const auto narrow = std::make_shared<Narrow>(true);
    const auto plan = plan_with(narrow);
    const Drained drained = drain(plan, options);
    QVERIFY(!drained.error);
    QVERIFY(drained.batches == expected(plan->train, 1));
    QCOMPARE(narrow->most.load(), 1);
    const auto wide = std::make_shared<Narrow>(false);
    QVERIFY(!drain(plan_with(wide), options).error);
    QVERIFY(wide->most.load() > 1);  // else the check above says nothing
  }

  void waiting_for_a_turn_is_no_work() {
    PipelineOptions options;
    options.workers = 4;
    options.epochs = 0;
    const auto plan = plan_with(std::make_shared<Narrow>(true), 4000);
    Pipeline pipeline(plan, plan->train, options);
    for (int i = 0; i < 40; ++i) QVERIFY(pipeline.next());
    for (const StageSample& stage : pipeline.stages(Clock::system().now())) {
      QCOMPARE(stage.sequential, stage.node == "narrow");
      if (stage.node != "narrow") continue;
      QVERIFY(stage.total.busy > 0);
      QVERIFY2(stage.total.starved > stage.total.busy, "three of four workers wait for their turn");
    }
  }

  void a_stop_ends_the_wait() {
    PipelineOptions options;
    options.workers = 8;
    options.epochs = 0;
    const auto plan = plan_with(std::make_shared<Narrow>(true), 100'000);
    auto pipeline = std::make_unique<Pipeline>(plan, plan->train, options);
    QVERIFY(pipeline->next());
    const Nanos start = Clock::system().now();
    pipeline.reset();
    QVERIFY(seconds(Clock::system().now() - start) < 1.5);  // less than the farewell to stuck threads
  }

  void an_abandoned_worker_holds_nobody_up() {
    SequentialGate gate;
    const std::atomic<bool> stop{false};
    Heartbeat stuck(1);
    Heartbeat next(1);
    QVERIFY(gate.enter(stuck, stop));
    {
      const SequentialGate::Stay stay(gate, stuck);
      stuck.abandon();
      QVERIFY(!gate.taken());
      QVERIFY(gate.enter(next, stop));
    }  // the stuck one comes back at last, and must not let a third one in
    QVERIFY(gate.taken());
    const std::atomic<bool> ended{true};
    Heartbeat third(1);
    QVERIFY(!gate.enter(third, ended));
  }

  void nothing_is_prepared_before_it_is_asked_for_data() { one_worker_at_a_time_data(); }
  void nothing_is_prepared_before_it_is_asked_for() {
    QFETCH(bool, staged);
    const auto builder = noisy_plan(320, 9, 16);
    const auto plan = builder.build();
    PipelineOptions options;
    options.workers = 2;
    options.prefetch = 0;
    options.staged = staged;
    options.epochs = 2;
    Pipeline pipeline(plan, plan->train, options);
    QTest::qWait(50);
    QCOMPARE(builder.source()->pixel_reads.load(), std::uint64_t{0});
    std::vector<BatchCopy> batches;
    for (std::uint64_t asked = 1;; ++asked) {
      auto batch = pipeline.next();
      QVERIFY(batch);
      if (!*batch) break;
      QTest::qWait(1);
      QCOMPARE(builder.source()->pixel_reads.load(), asked * 16);
      batches.push_back(copy(plan->train, **batch));
    }
    QVERIFY(batches == expected(plan->train, 2));
  }
};

FEEDLINE_TEST(TestTakingTurns)

}  // namespace test_taking_turns

#include "test_taking_turns.moc"
