// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/core_split.h"
#include "plan/step_work.h"
#include "schema/registry.h"
#include "support/test_program.h"
#include "training/block_cache.h"
#include "training/double_buffer.h"
#include "training/thread_team.h"

#include <QStringList>
#include <QTest>

#include <atomic>
#include <cmath>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <thread>

namespace test_core_budget {

using namespace feedline;

namespace {

/// A device on paper: its queues as text, copies that are made when the test says so.
class PaperLane final : public UploadLane {
 public:
  void copy(std::size_t slot, const Batch& batch) override {
    log << QString("copy %1>%2").arg(batch.index).arg(slot);
    done[slot] = immediate;
  }
  bool copied(std::size_t slot) override {
    if (!done[slot]) ++waits;
    if (waits > 3) done[slot] = true;
    return done[slot];
  }
  void begin_step(std::size_t slot) override { log << QString("begin %1").arg(slot); }
  void end_step(std::size_t slot) override { log << QString("end %1").arg(slot); }

  QStringList log{};
  bool immediate = true;
  bool done[2] = {true, true};
  int waits = 0;
};

Batch batch(std::uint64_t index, const std::shared_ptr<const BatchBuffer>& buffer) {
  Batch made;
  made.index = index;
  made.records = 1;
  made.buffer = buffer;
  return made;
}

}  // namespace

/// How a step uses cores, threads and memory: the parts that need no LibTorch.
class TestCoreBudget : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void splits_data();
  void splits();
  void stages_share_the_cores();
  void small_steps_take_few_threads();
  void a_step_is_worth_threads();
  void team_works_together();
  void team_hands_faults_back();
  void team_keeps_its_threads();
  void buffers_in_turn();
  void buffers_hold_batches_until_copied();
  void blocks_are_used_again();
  void blocks_have_a_limit();
};

void TestCoreBudget::splits_data() {
  QTest::addColumn<int>("cores");
  QTest::addColumn<bool>("cpu");
  QTest::addColumn<int>("batch");
  QTest::addColumn<int>("workers");
  QTest::addColumn<int>("replicas");
  QTest::addColumn<int>("threads");
  QTest::addColumn<QList<int>>("expected");  // workers, replicas, intra-op threads
  QTest::newRow("auto") << 2 << true << 128 << 0 << 0 << 0 << QList<int>{2, 2, 1};
  QTest::newRow("one core") << 1 << true << 128 << 0 << 0 << 0 << QList<int>{1, 1, 1};
  QTest::newRow("no core") << 0 << true << 128 << 0 << 0 << 0 << QList<int>{1, 1, 1};
  QTest::newRow("many cores, few rows") << 16 << true << 32 << 0 << 0 << 0 << QList<int>{16, 4, 4};
  QTest::newRow("a tiny batch") << 4 << true << 5 << 0 << 0 << 0 << QList<int>{4, 1, 4};
  QTest::newRow("replicas given") << 8 << true << 64 << 0 << 2 << 0 << QList<int>{8, 2, 4};
  QTest::newRow("more replicas than cores") << 2 << true << 64 << 0 << 6 << 0 << QList<int>{2, 6, 1};
  QTest::newRow("more replicas than rows") << 2 << true << 3 << 0 << 6 << 0 << QList<int>{2, 3, 1};
  QTest::newRow("threads given") << 8 << true << 128 << 0 << 0 << 4 << QList<int>{8, 2, 4};
  QTest::newRow("more threads than cores") << 2 << true << 128 << 0 << 0 << 8 << QList<int>{2, 1, 8};
  QTest::newRow("workers given") << 2 << true << 128 << 5 << 0 << 0 << QList<int>{5, 2, 1};
  QTest::newRow("all given") << 4 << true << 128 << 1 << 3 << 2 << QList<int>{1, 3, 2};
  QTest::newRow("a GPU") << 16 << false << 128 << 0 << 0 << 0 << QList<int>{16, 1, 1};
  QTest::newRow("a GPU has one replica") << 16 << false << 128 << 0 << 4 << 0 << QList<int>{16, 1, 1};
}

void TestCoreBudget::splits() {
  QFETCH(int, cores);
  QFETCH(bool, cpu);
  QFETCH(int, batch);
  QFETCH(int, workers);
  QFETCH(int, replicas);
  QFETCH(int, threads);
  QFETCH(QList<int>, expected);
  TrainerSettings settings;
  settings.workers = workers;
  settings.replicas = replicas;
  settings.intra_op_threads = threads;
  const CoreSplit split = split_cores(settings, settings, static_cast<std::size_t>(cores), cpu, batch);
  QCOMPARE((QList<int>{static_cast<int>(split.workers), split.replicas, split.intra_op_threads}), expected);
}

void TestCoreBudget::stages_share_the_cores() {
  const TrainerSettings settings;
  QCOMPARE(split_cores(settings, settings, 8, true, 128, 2), (CoreSplit{8, 1, 4}));
  QCOMPARE(split_cores(settings, settings, 2, true, 128, 3), (CoreSplit{2, 1, 1}));
}

/// Threads of a small network would only wait for each other; what is asked for is done all the same.
void TestCoreBudget::small_steps_take_few_threads() {
  TrainerSettings settings;
  QCOMPARE(split_cores(settings, settings, 16, true, 128, 1, 1), (CoreSplit{16, 1, 1}));
  QCOMPARE(split_cores(settings, settings, 16, true, 128, 1, 6), (CoreSplit{16, 6, 1}));
  QCOMPARE(split_cores(settings, settings, 16, true, 24, 1, 6), (CoreSplit{16, 3, 2}));
  settings.intra_op_threads = 4;
  QCOMPARE(split_cores(settings, settings, 16, true, 128, 1, 6), (CoreSplit{16, 1, 4}));
  QCOMPARE(split_cores(settings, settings, 16, true, 128, 1, 9), (CoreSplit{16, 2, 4}));
  settings.intra_op_threads = 0;
  settings.replicas = 2;
  QCOMPARE(split_cores(settings, settings, 16, true, 128, 1, 1), (CoreSplit{16, 2, 1}));
  settings.intra_op_threads = 3;
  QCOMPARE(split_cores(settings, settings, 16, true, 128, 1, 1), (CoreSplit{16, 2, 3}));
}

/// By what its layers multiply, and by the records that a batch really has.
void TestCoreBudget::a_step_is_worth_threads() {
  const NodeSpec& linear = *Registry::instance().find("linear");
  const TensorDesc in{.kind = Kind::Tensor, .shape = {64, 1000}};
  const TensorDesc out{.kind = Kind::Tensor, .shape = {64, 500}};
  ModelPlan network;
  network.layers.push_back(
      {.spec = &linear, .params = linear.complete({{"units", std::int64_t{500}}}), .inputs = {in}, .output = out});
  QCOMPARE(multiply_adds_of(network), 500.0 * 1001);  // its constants count as well

  Plan plan;
  plan.learner = network;
  plan.train.batch.size = 64;
  plan.train.sampler.count = 100'000;
  QCOMPARE(threads_worth(plan, 1), std::int64_t{8});  // 64 * 500,500 / 4 million
  QCOMPARE(threads_worth(plan, 4), std::int64_t{2});
  plan.train.sampler.count = 10;
  QCOMPARE(threads_worth(plan, 1), std::int64_t{1});

  network.layers.front().output = {};  // its shapes are not known yet
  QCOMPARE(multiply_adds_of(network), 0.0);
  network.layers.front().spec = Registry::instance().find("torchscript");
  QVERIFY(std::isinf(multiply_adds_of(network)));  // only its file knows
  plan.learner = network;
  QVERIFY(threads_worth(plan, 1) > 1000);
}

void TestCoreBudget::team_works_together() {
  std::atomic<int> begun = 0;
  ThreadTeam team(3, [&](std::size_t) { ++begun; });
  std::vector<int> done(3, 0);
  for (int round = 1; round <= 1000; ++round) {
    for (const auto& fault : team.run([&](std::size_t member) { done[member] += static_cast<int>(member) + 1; }))
      QVERIFY(fault == nullptr);
    // All are over when run() returns.
    QCOMPARE(done, (std::vector<int>{round, 2 * round, 3 * round}));
  }
  QCOMPARE(begun.load(), 3);
}

void TestCoreBudget::team_hands_faults_back() {
  ThreadTeam team(3, [](std::size_t) {});
  const auto& faults = team.run([](std::size_t member) {
    if (member != 1) throw std::runtime_error(std::to_string(member));
  });
  QVERIFY(faults[0] != nullptr);
  QVERIFY(faults[1] == nullptr);
  QVERIFY_EXCEPTION_THROWN(std::rethrow_exception(faults[2]), std::runtime_error);
  for (const auto& fault : team.run([](std::size_t) {})) QVERIFY(fault == nullptr);
}

void TestCoreBudget::team_keeps_its_threads() {
  std::vector<std::thread::id> begun(4);
  ThreadTeam team(4, [&](std::size_t member) { begun[member] = std::this_thread::get_id(); });
  std::vector<std::thread::id> worked(4);
  for (int round = 0; round < 20; ++round) {
    (void)team.run([&](std::size_t member) { worked[member] = std::this_thread::get_id(); });
    QVERIFY(worked == begun);
  }
  QVERIFY(begun[0] == std::this_thread::get_id());
}

void TestCoreBudget::buffers_in_turn() {
  PaperLane lane;
  const auto memory = std::make_shared<const BatchBuffer>();
  DoubleBuffer buffer(lane);
  for (std::uint64_t i = 0; i < 3; ++i) {
    QCOMPARE(buffer.put(batch(i, memory)), static_cast<std::size_t>(i % 2));
    buffer.step_queued();
  }
  // The second copy is queued before anybody asks whether the first step is over.
  QCOMPARE(lane.log.join(", "),
           QString("copy 0>0, begin 0, end 0, copy 1>1, begin 1, end 1, copy 2>0, begin 0, end 0"));
  QCOMPARE(lane.waits, 0);
}

void TestCoreBudget::buffers_hold_batches_until_copied() {
  PaperLane lane;
  lane.immediate = false;
  const auto memory = std::make_shared<const BatchBuffer>();
  {
    DoubleBuffer buffer(lane);
    (void)buffer.put(batch(0, memory));
    QCOMPARE(memory.use_count(), 2L);
    (void)buffer.put(batch(1, memory));
    QCOMPARE(memory.use_count(), 3L);
    QVERIFY(lane.waits <= 1);  // asked, not waited
    lane.done[1] = true;
    (void)buffer.put(batch(2, memory));  // needs slot 0: waits for its copy, and finds the other's made
    QVERIFY(lane.waits > 1);
    QCOMPARE(memory.use_count(), 2L);
  }
  QCOMPARE(memory.use_count(), 1L);
}

void TestCoreBudget::blocks_are_used_again() {
  BlockCache cache(std::size_t{1} << 30);
  void* const block = cache.take(1'000'000);
  QVERIFY(block != nullptr);
  QCOMPARE(reinterpret_cast<std::uintptr_t>(block) % 64, std::uintptr_t{0});
  std::memset(block, 1, 1'000'000);
  cache.give(block);
  QVERIFY(cache.cached() >= 1'000'000 && cache.cached() <= 1'125'000);
  // Nearly the same size fits too; another does not.
  void* const same = cache.take(999'000);
  QCOMPARE(same, block);
  void* const other = cache.take(2'000'000);
  QVERIFY(other != block);
  QCOMPARE(cache.cached(), std::size_t{0});
  void* const small = cache.take(100);
  for (void* data : {same, other, small}) cache.give(data);
  QVERIFY(cache.cached() >= 3'000'000 && cache.cached() < 3'400'000);
  cache.trim();
  QCOMPARE(cache.cached(), std::size_t{0});
  QVERIFY(cache.take(static_cast<std::size_t>(-1)) == nullptr);
  QVERIFY(cache.take(static_cast<std::size_t>(-1) / 4) == nullptr);
  cache.give(nullptr);
}

void TestCoreBudget::blocks_have_a_limit() {
  BlockCache cache(1 << 20);
  std::vector<void*> blocks;
  for (int i = 0; i < 10; ++i) blocks.push_back(cache.take(200'000));
  for (void* block : blocks) cache.give(block);
  QVERIFY(cache.cached() <= 1 << 20);
  QVERIFY(cache.cached() >= 800'000);
}

FEEDLINE_TEST(TestCoreBudget)

}  // namespace test_core_budget

#include "test_core_budget.moc"
