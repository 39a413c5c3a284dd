// SPDX-License-Identifier: GPL-3.0-or-later
// What a cache node keeps, where, and what need not run because of it.
#include "base/memory.h"
#include "engine/cache_route.h"
#include "support/fake_data.h"
#include "support/machine.h"
#include "support/test_program.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <sys/mount.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace test_cache {

using namespace feedline;
using namespace feedline::test;

namespace {

constexpr std::uint64_t kMegabyte = 1U << 20;

/// Value of a record, of a size of its own.
Datum value_of(std::uint64_t record, std::size_t bytes) {
  Datum value;
  std::byte* to = value.allocate(DType::U8, {static_cast<std::int64_t>(bytes / 4), 2, 2}, Layout::HWC);
  for (std::size_t i = 0; i < bytes / 4 * 4; ++i) to[i] = static_cast<std::byte>(record * 31 + i);
  return value;
}

bool same(const Datum& a, const Datum& b) {
  return a.text() == b.text() && std::memcmp(a.data(), b.data(), a.bytes()) == 0;
}

bool holds(const CacheStore& store, std::uint64_t record, std::size_t bytes) {
  const CacheEntry* entry = store.find(record);
  if (entry == nullptr) return false;
  Datum shown;
  entry->show(shown);
  return same(shown, value_of(record, bytes));
}

/// Takes the limit on the size of files down to `bytes` for as long as it lives.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

/// scale -> cache -> noise; also counts how often `scale` ran.
PlanBuilder cached_plan(std::uint64_t records, std::size_t pixels, std::int64_t batch, CacheSettings settings,
                        std::shared_ptr<std::atomic<int>> scaled = std::make_shared<std::atomic<int>>()) {
  PlanBuilder builder(records, pixels, batch);
  const auto scale = to_float();
  builder
      .step("scale", op([scale, scaled](auto in, auto out, OpContext& context) -> Status {
              ++*scaled;
              return scale->run(in, out, context);
            }),
            {PlanBuilder::kPixels}, {2})
      .cache("cache", 2, 3, settings)
      .step("noise", add_noise(), {3}, {4})
      .field("image", 4, DType::F32, {static_cast<std::int64_t>(pixels)})
      .field("label", PlanBuilder::kLabel, DType::I64, {})
      .shuffle();
  return builder;
}

PipelineOptions epochs(std::uint32_t count, std::size_t workers = 2) {
  PipelineOptions options;
  options.epochs = count;
  options.workers = workers;
  options.max_bad_fraction = 1;
  return options;
}

const StageSample& stage(const std::vector<StageSample>& stages, const std::string& node) {
  for (const StageSample& sample : stages)
    if (sample.node == node) return sample;
  qFatal("no stage %s", node.c_str());
}

}  // namespace

class TestCache : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  [[nodiscard]] std::filesystem::path folder() const { return folder_.path().toStdString(); }

 private Q_SLOTS:
  void freeMemoryIsKnown() {
    QVERIFY(free_memory() > 10 * kMegabyte);
    QVERIFY(free_memory() < (std::uint64_t{1} << 50));
  }

  void keepsWhatItWasGiven_data() {
    QTest::addColumn<quint64>("ram");
    QTest::newRow("memory") << quint64{64 * kMegabyte};
    QTest::newRow("file") << quint64{0};
    QTest::newRow("memory, then file") << quint64{kMegabyte};
  }
  void keepsWhatItWasGiven() {
    QFETCH(quint64, ram);
    CacheStore store("cache", {}, ram, folder());
    const auto bytes = [](std::uint64_t record) { return static_cast<std::size_t>(4 + record % 5000); };
    {
      std::vector<std::jthread> writers;
      for (std::uint64_t t = 0; t < 4; ++t)
        writers.emplace_back([&, t] {
          for (std::uint64_t i = 0; i < 1500; ++i) {
            const std::uint64_t record = (i + t * 500) * 1'000'003;  // threads overlap; far beyond 32 bits
            store.put(record, value_of(record, bytes(record)));
            if (!holds(store, record, bytes(record))) qFatal("lost a record");
          }
        });
    }
    QCOMPARE(store.level().records, 3000U);
    for (std::uint64_t i = 0; i < 3000; ++i) QVERIFY(holds(store, i * 1'000'003, bytes(i * 1'000'003)));
    QVERIFY(store.find(1) == nullptr);
    QVERIFY(store.level().ram_bytes <= ram);
    QCOMPARE(store.level().disk_bytes > 0, ram < 64 * kMegabyte);
    QCOMPARE(store.level().ram_bytes > 0, ram > 0);
    QVERIFY(!store.level().full && !store.notice());
    QVERIFY2(QDir(folder_.path()).isEmpty(QDir::AllEntries | QDir::NoDotAndDotDot), "the file has a name");
  }

  void firstValueStays() {
    CacheStore store("cache", {}, kMegabyte, folder());
    store.put(7, value_of(1, 400));
    const CacheEntry* entry = store.find(7);
    store.put(7, value_of(2, 800));
    QCOMPARE(store.find(7), entry);
    QCOMPARE(store.level().records, 1U);
  }

  void partsOfPicturesAreNotKept() {
    CacheStore store("cache", {}, kMegabyte, folder());
    Datum part = value_of(1, 400);
    part.set_part({.whole_width = 100, .whole_height = 100});
    store.put(1, part);
    QVERIFY(store.find(1) == nullptr);
  }

  void emptyValuesAndScalars() {
    CacheStore store("cache", {}, kMegabyte, folder());
    Datum empty;
    empty.allocate(DType::U8, {0});
    Datum label;
    label.set_label(-3);
    store.put(0, empty);
    store.put(1, label);
    Datum shown;
    store.find(0)->show(shown);
    QCOMPARE(shown.bytes(), 0U);
    store.find(1)->show(shown);
    QCOMPARE(shown.label(), -3);
  }

  void limitsAreKept() {
    CacheStore ram_only("cache", {.disk = false}, 10'000, folder());
    CacheStore both("cache", {.disk_megabytes = 2}, 10'000, folder());
    for (std::uint64_t record = 0; record < 400; ++record) {
      ram_only.put(record, value_of(record, 10'000 - 4 * record));
      both.put(record, value_of(record, 20'000));
    }
    QVERIFY(ram_only.level().full && ram_only.level().ram_bytes <= 10'000 && ram_only.level().disk_bytes == 0);
    QVERIFY(both.level().full && both.level().disk_bytes > kMegabyte && both.level().disk_bytes <= 2 * kMegabyte);
    QVERIFY2(!ram_only.notice() && !both.notice(), "its settings ask for no more");
    for (std::uint64_t record = 0; record < both.level().records; ++record) QVERIFY(holds(both, record, 20'000));
  }

  void unwritableFolder() {
    const std::string file = folder_.filePath("a file").toStdString();
    QFile made(QString::fromStdString(file));
    QVERIFY(made.open(QIODevice::WriteOnly));
    CacheStore store("keep", {}, 0, file);
    for (std::uint64_t record = 0; record < 5; ++record) store.put(record, value_of(record, 100));
    const auto notice = store.notice();
    QVERIFY(notice);
    QCOMPARE(notice->count, 5U);
    QCOMPARE(notice->error.node, std::string("keep"));
    QCOMPARE(notice->error.file, file);
    QVERIFY(notice->error.reason.find("cache folder") != std::string::npos);
    QVERIFY(!notice->error.remedy.empty());
    QVERIFY(made.remove());
  }

  /// A machine that cannot write for a moment ends no cache; one that goes on failing does.
  void theMachinesFaultPasses() {
    QTemporaryDir place;
    CacheStore store("keep", {}, 0, place.path().toStdString());
    {
      const FaultyFiles faulty(FaultyFiles::Call::Open, EMFILE, 3, place.path().toStdString());
      for (std::uint64_t record = 0; record < 5; ++record) store.put(record, value_of(record, 100));
    }
    QCOMPARE(store.level().records, 2U);
    QVERIFY(!store.level().full && !store.notice());
    QVERIFY(store.find(2) == nullptr && holds(store, 3, 100));
    for (std::uint64_t record = 0; record < 5; ++record) store.put(record, value_of(record, 100));
    QCOMPARE(store.level().records, 5U);

    CacheStore other("keep", {}, 0, place.path().toStdString());
    const ShortPatience short_patience(1);
    const FaultyFiles faulty(FaultyFiles::Call::Open, EMFILE, 1'000'000, place.path().toStdString());
    for (std::uint64_t record = 0; record < 1000 && !other.level().full; ++record) {
      other.put(record, value_of(record, 100));
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    QVERIFY(other.level().full);
    QVERIFY(other.notice() && other.notice()->error.remedy.find("ulimit") != std::string::npos);
  }

  void fullDisk_data() {
    QTest::addColumn<bool>("mounted");
    QTest::newRow("limit of the process") << false;
    QTest::newRow("small file system") << true;
  }
  void fullDisk() {
    QFETCH(bool, mounted);
    QTemporaryDir small;
    if (mounted && mount("none", small.path().toLocal8Bit(), "tmpfs", 0, "size=512k") != 0)
      QSKIP("a file system can only be mounted by root");
    {
      const FileLimit limit(mounted ? RLIM_INFINITY : rlim_t{512 * 1024});
      // With a limit of its own the cache does not look at what is free before the disk says no.
      CacheStore store("keep", {.disk_megabytes = mounted ? 64 : 0}, 0, small.path().toStdString());
      for (std::uint64_t record = 0; record < 100; ++record) store.put(record, value_of(record, 20'000));
      const std::uint64_t kept = store.level().records;
      QVERIFY2(kept > 5 && kept < 27, qPrintable(QString::number(kept)));
      QVERIFY(store.level().full);
      const auto notice = store.notice();
      QVERIFY(notice);
      QCOMPARE(notice->count, 100 - kept);
      QVERIFY2(notice->error.reason.find("full") != std::string::npos, notice->error.reason.c_str());
      for (std::uint64_t record = 0; record < kept; ++record) QVERIFY(holds(store, record, 20'000));
    }
    if (mounted) QVERIFY(umount(small.path().toLocal8Bit()) == 0);
  }

  void tenthOfTheDiskStaysFree() {
    QTemporaryDir small;
    if (mount("none", small.path().toLocal8Bit(), "tmpfs", 0, "size=1m") != 0)
      QSKIP("a file system can only be mounted by root");
    {
      CacheStore store("keep", {}, 0, small.path().toStdString());
      for (std::uint64_t record = 0; record < 100; ++record) store.put(record, value_of(record, 20'000));
      QVERIFY(store.level().disk_bytes > 500'000 && store.level().disk_bytes <= 943'719);
      QVERIFY(store.notice());
    }
    QVERIFY(umount(small.path().toLocal8Bit()) == 0);
  }

  void routes() {
    // 0 pixels -> a 2 -> [cache one] 3 -> b 4 -> [cache two] 5 -> field; 3 also -> c 6 -> field; label -> field
    PlanBuilder builder(10, 4, 2);
    builder.step("a", pass_view(), {0}, {2})
        .cache("one", 2, 3)
        .step("b", pass_view(), {3}, {4})
        .cache("two", 4, 5)
        .step("c", pass_view(), {3}, {6});
    for (const SlotIndex slot : {5, 6}) builder.field("f", slot, DType::U8, {4});
    builder.field("label", PlanBuilder::kLabel, DType::I64, {});
    const auto plan = builder.build();
    const DataPlan* const plans[] = {&plan->train};
    const CacheShelf shelf(plans, folder());
    CacheRouter router(plan->train, &shelf);
    QCOMPARE(router.caches(), 2U);
    const CacheEntry kept;
    using Marks = std::vector<std::uint8_t>;
    const auto route = [&](bool one, bool two) {
      const CacheEntry* const entries[] = {one ? &kept : nullptr, two ? &kept : nullptr};
      return router.route(entries);
    };
    QCOMPARE(route(false, false).steps, (Marks{1, 1, 1, 1, 1}));
    QCOMPARE(route(true, false).steps, (Marks{0, 1, 1, 1, 1}));
    QCOMPARE(route(false, true).steps, (Marks{1, 1, 0, 1, 1}));  // c still needs what one passes on
    QCOMPARE(route(true, true).steps, (Marks{0, 1, 0, 1, 1}));
    QCOMPARE(route(false, false).ports, (Marks{1, 1}));
    QCOMPARE(route(true, false).ports, (Marks{0, 1}));
    QCOMPARE(route(false, true).ports, (Marks{1, 1}));
    QVERIFY(route(true, true).read);
    CacheRouter none(plan->train, nullptr);
    QCOMPARE(none.caches(), 0U);
  }

  void nothingIsReadWhereNothingIsWanted() {
    PlanBuilder builder(2000, 4, 8);
    builder.cache("cache", PlanBuilder::kPixels, 2).field("pixels", 2, DType::U8, {4}).shuffle();
    std::atomic<int> reads{0};
    builder.source()->before = [&](std::uint64_t) -> Status {
      ++reads;
      return {};
    };
    const auto plan = builder.build();
    const Drained drained = drain(plan, epochs(3, 1));
    const int read = reads;
    // What was under way at the end of the first epoch may be read twice.
    QVERIFY2(read >= 2000 && read < 3000, qPrintable(QString::number(read)));
    QVERIFY(drained.batches == expected(plan->train, 3));
  }

  void upstreamRunsOnce_data() {
    QTest::addColumn<bool>("staged");
    QTest::newRow("fused") << false;
    QTest::newRow("staged") << true;
  }
  void upstreamRunsOnce() {
    QFETCH(bool, staged);
    auto scaled = std::make_shared<std::atomic<int>>(0);
    PlanBuilder builder = cached_plan(4000, 50, 16, {}, scaled);
    const auto plan = builder.build();
    PipelineOptions options = epochs(5);
    options.staged = staged;
    Pipeline pipeline(plan, plan->train, options);
    const Drained drained = drain(pipeline, plan->train);
    QVERIFY(!drained.error);
    QCOMPARE(drained.batches.size(), 5U * 250U);
    // Records that are still under way when the next epoch asks for them are prepared once more: few of 4,000.
    QVERIFY2(*scaled >= 4000 && *scaled < 5000, qPrintable(QString::number(*scaled)));
    QVERIFY(builder.source()->pixel_reads < 5000);
    const auto stages = pipeline.stages(Clock::system().now());
    QCOMPARE(stage(stages, "scale").total.records, static_cast<std::uint64_t>(*scaled));
    QCOMPARE(stage(stages, "cache").total.records, 20'000U);
    QCOMPARE(stage(stages, "noise").total.records, 20'000U);
    QCOMPARE(stage(stages, "data").total.records, 20'000U);  // their labels
    QVERIFY(stage(stages, "cache").cache);
    QCOMPARE(stage(stages, "cache").cache->records, 4000U);
    QVERIFY(stage(stages, "cache").cache->ram_bytes >= 4000U * 50U * sizeof(float));
    QVERIFY(!stage(stages, "scale").cache);
    const auto wanted = expected(plan->train, 5);
    for (std::size_t i = 0; i < wanted.size(); ++i) QVERIFY(drained.batches[i] == wanted[i]);
  }

  void fullCacheGoesOn() {
    const std::string nowhere = "/proc/no such folder";
    const auto plan = cached_plan(300, 3000, 16, {.ram_megabytes = 1}).build();
    PipelineOptions options = epochs(3);
    options.cache_folder = nowhere;
    Pipeline pipeline(plan, plan->train, options);
    const Drained drained = drain(pipeline, plan->train);
    QVERIFY(!drained.error);
    QVERIFY(drained.batches == expected(plan->train, 3));
    QCOMPARE(pipeline.error_count(), 0U);
    const auto notices = pipeline.notices();
    QCOMPARE(notices.size(), 1U);
    QCOMPARE(notices[0].error.node, std::string("cache"));
    QCOMPARE(notices[0].error.file, nowhere);
    QVERIFY(notices[0].count > 0);
    const auto cache = stage(pipeline.stages(0), "cache").cache;
    QVERIFY(cache->records > 50 && cache->records < 300 && cache->full);
  }

  void badRecordsAreNotKept() {
    PlanBuilder builder = cached_plan(500, 9, 32, {});
    builder.source()->before = [](std::uint64_t record) -> Status {
      if (record % 6 == 1) return fail_record("cannot be read");
      return {};
    };
    const auto plan = builder.build();
    Pipeline pipeline(plan, plan->train, epochs(3));
    const Drained drained = drain(pipeline, plan->train);
    QVERIFY(drained.batches == expected(plan->train, 3, [](std::uint64_t r) { return r % 6 == 1; }));
    QCOMPARE(pipeline.error_count(), 3U * 84U);
    QCOMPARE(stage(pipeline.stages(0), "cache").cache->records, 416U);
  }

  void pipelinesShareAShelf() {
    const auto plan = cached_plan(200, 20, 10, {}).build();
    const DataPlan* const plans[] = {&plan->train, nullptr, &plan->train};
    PipelineOptions options = epochs(1);
    options.caches = std::make_shared<CacheShelf>(plans, folder());
    const Drained first = drain(plan, options);
    Pipeline second(plan, plan->train, options);
    const Drained again = drain(second, plan->train);
    QVERIFY(first.batches == again.batches);
    QCOMPARE(stage(second.stages(0), "scale").total.records, 0U);
  }
};

FEEDLINE_TEST(TestCache)

}  // namespace test_cache

#include "test_cache.moc"
