// SPDX-License-Identifier: GPL-3.0-or-later
// What several processes of one machine keep of records together, also where one of them is killed.
#include "engine/cache_shelf.h"
#include "engine/shared_records.h"
#include "support/fake_data.h"
#include "support/test_program.h"
#include "support/wait_until.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace test_shared_records {

using namespace feedline;
using namespace feedline::test;

namespace {

constexpr std::uint64_t kMegabyte = 1U << 20;

using Head = std::array<std::uint64_t, 4>;  // of 32 bytes, as that of a cache's entry

struct Value {
  Value(std::uint64_t record, std::size_t bytes) : head{record, bytes, 17, 19}, body(bytes) {
    for (std::size_t i = 0; i < bytes; ++i) body[i] = static_cast<std::byte>(record * 31 + i);
  }
  [[nodiscard]] std::span<const std::byte> first() const { return std::as_bytes(std::span(head)); }
  Head head;
  std::vector<std::byte> body;
};

Result<bool> put(SharedRecords& kept, std::uint64_t record, std::size_t bytes) {
  const Value value(record, bytes);
  return kept.put(record, value.first(), value.body);
}

bool is_whole(const std::byte* found, std::uint64_t record, std::size_t bytes) {
  const Value value(record, bytes);
  return std::memcmp(found, value.head.data(), sizeof value.head) == 0 &&
         std::memcmp(found + sizeof value.head, value.body.data(), bytes) == 0;
}

std::unique_ptr<SharedRecords> made(const SharedLimits& limits, const std::filesystem::path& folder) {
  auto records = SharedRecords::make(limits, folder);
  if (!records) qFatal("%s", records.error().line().c_str());
  return std::move(*records);
}

/// Another process; its exit code is what `work` returns.
pid_t process(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  die_with_parent();
  ::_exit(work());
}

/// Processes that make their caches one after the other.
class Side final : public CacheSharing {
 public:
  Side(std::deque<std::string>& offers, bool makes) : offers_(offers), makes_(makes) {}
  [[nodiscard]] bool makes() const override { return makes_; }
  [[nodiscard]] std::string tell(std::string_view own) override {
    if (makes_) return offers_.emplace_back(own);
    std::string offer = offers_.front();
    offers_.pop_front();
    return offer;
  }

 private:
  std::deque<std::string>& offers_;
  bool makes_;
};

}  // namespace

class TestSharedRecords : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  [[nodiscard]] std::filesystem::path folder() const { return folder_.path().toStdString(); }
  [[nodiscard]] bool is_empty() const { return QDir(folder_.path()).isEmpty(QDir::AllEntries | QDir::NoDotAndDotDot); }

 private Q_SLOTS:
  /// They begin at the two ends, and meet in the middle; part of it is in memory, part in the file.
  void two_processes_fill_one() {
    constexpr std::uint64_t kCount = 2000;
    const auto bytes = [](std::uint64_t record) { return static_cast<std::size_t>(record % 5000); };
    const auto kept = made({.records = kCount, .ram_bytes = kMegabyte}, folder());
    const std::string offer = kept->offer();
    const auto fill = [&](SharedRecords& records, bool backwards) {
      for (std::uint64_t i = 0; i < kCount; ++i) {
        const std::uint64_t record = backwards ? kCount - 1 - i : i;
        if (const auto done = put(records, record, bytes(record)); !done || !*done) return 2;
        // Null where the other one is just writing it.
        if (const std::byte* found = records.find(record); found != nullptr && !is_whole(found, record, bytes(record)))
          return 3;
      }
      return 0;
    };
    const pid_t other = process([&] {
      const auto opened = SharedRecords::open(offer, folder());
      return opened ? fill(**opened, true) : 1;
    });
    QVERIFY(other > 0);
    QCOMPARE(fill(*kept, false), 0);
    int status = -1;
    QCOMPARE(::waitpid(other, &status, 0), other);
    QVERIFY(WIFEXITED(status));
    QCOMPARE(WEXITSTATUS(status), 0);
    for (std::uint64_t record = 0; record < kCount; ++record) {
      const std::byte* found = kept->find(record);
      QVERIFY(found != nullptr && is_whole(found, record, bytes(record)));
    }
    const CacheSample level = kept->level();
    QCOMPARE(level.records, kCount);
    QVERIFY(level.ram_bytes > kMegabyte / 2 && level.ram_bytes <= kMegabyte);
    QVERIFY(level.disk_bytes > 0);
    QVERIFY(kept->find(kCount) == nullptr && kept->find(~std::uint64_t{0}) == nullptr);
    QVERIFY2(is_empty(), "the file has a name");
  }

  /// What it was just writing is not kept, and nobody waits for it.
  void a_killed_process_leaves_nothing_torn_data() {
    QTest::addColumn<quint64>("ram");
    QTest::newRow("memory") << 64 * quint64{kMegabyte};
    QTest::newRow("file") << quint64{0};
  }
  void a_killed_process_leaves_nothing_torn() {
    QFETCH(quint64, ram);
    constexpr std::uint64_t kCount = 300;
    constexpr std::size_t kBytes = 60'000;
    for (const std::uint64_t enough : {1U, 100U}) {
      const auto kept = made({.records = kCount, .ram_bytes = ram}, folder());
      const pid_t victim = process([&] {
        const auto opened = SharedRecords::open(kept->offer(), folder());
        for (std::uint64_t record = 0; opened && record < kCount; ++record) (void)put(**opened, record, kBytes);
        return opened ? ::pause() : 1;
      });
      QVERIFY(victim > 0);
      int status = -1;
      while (kept->level().records < enough) {
        QCOMPARE(::waitpid(victim, &status, WNOHANG), 0);
        std::this_thread::yield();
      }
      QCOMPARE(::kill(victim, SIGKILL), 0);
      QCOMPARE(::waitpid(victim, &status, 0), victim);
      int missing = 0;
      for (std::uint64_t record = 0; record < kCount; ++record) {
        const auto done = put(*kept, record, kBytes);
        QVERIFY(done && *done);
        const std::byte* found = kept->find(record);
        if (found == nullptr) ++missing;
        QVERIFY(found == nullptr || is_whole(found, record, kBytes));
      }
      QVERIFY2(missing <= 1, qPrintable(QString::number(missing)));
      QVERIFY(is_empty());
    }
  }

  void limits_hold_for_all_together() {
    const auto one = made({.records = 400, .ram_bytes = kMegabyte, .disk_bytes = 2 * kMegabyte}, folder());
    const auto other = SharedRecords::open(one->offer(), folder());
    QVERIFY2(other, other ? "" : other.error().line().c_str());
    {
      std::vector<std::jthread> threads;
      for (std::uint64_t side = 0; side < 2; ++side)
        threads.emplace_back([&, side] {
          for (std::uint64_t record = side; record < 400; record += 2)
            (void)put(side == 0 ? *one : **other, record, 20'000);
        });
    }
    const CacheSample level = one->level();
    QVERIFY(level.ram_bytes > kMegabyte / 2 && level.ram_bytes <= kMegabyte);
    QVERIFY(level.disk_bytes > kMegabyte && level.disk_bytes <= 2 * kMegabyte);
    QCOMPARE((*other)->level().records, level.records);
    std::uint64_t found = 0;
    for (std::uint64_t record = 0; record < 400; ++record) {
      const std::byte* here = one->find(record);
      const std::byte* there = (*other)->find(record);
      QCOMPARE(here != nullptr, there != nullptr);
      if (here == nullptr) continue;
      QVERIFY(is_whole(here, record, 20'000) && is_whole(there, record, 20'000));
      ++found;
    }
    QCOMPARE(found, level.records);
    const auto late = put(*one, 399, 20'000);
    QVERIFY(late && *late == (one->find(399) != nullptr));
  }

  void what_cannot_be_written_is_given_back() {
    const auto kept = made({.records = 10, .ram_bytes = 0}, folder());
    void* nowhere = ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const Value value(5, 100);
    const auto failed = kept->put(5, value.first(), std::span(static_cast<const std::byte*>(nowhere), 4096));
    QVERIFY(!failed);
    QCOMPARE(failed.error().file, folder().string());
    QVERIFY(kept->find(5) == nullptr);
    const auto done = put(*kept, 5, 100);
    QVERIFY(done && *done && is_whole(kept->find(5), 5, 100));
    QCOMPARE(kept->level().records, 1U);
    ::munmap(nowhere, 4096);
  }

  void a_folder_that_cannot_be_written_is_told_once_it_is_needed() {
    const auto kept = made({.records = 10, .ram_bytes = 8192}, "/proc/no such folder");
    const auto first = put(*kept, 0, 1000);
    QVERIFY(first && *first);
    const auto second = put(*kept, 1, 20'000);
    QVERIFY(!second);
    QCOMPARE(second.error().file, std::string("/proc/no such folder"));
    QVERIFY(!second.error().remedy.empty());
    QVERIFY(kept->find(0) != nullptr && kept->find(1) == nullptr);
    const auto memory_alone = made({.records = 10, .ram_bytes = 8192, .disk = false}, "/proc/no such folder");
    const auto none = put(*memory_alone, 1, 20'000);
    QVERIFY(none && !*none);
  }

  void only_what_was_offered_is_opened() {
    const auto kept = made({.records = 10, .ram_bytes = kMegabyte}, folder());
    const auto other = made({.records = 10, .ram_bytes = kMegabyte}, folder());
    QVERIFY(SharedRecords::open(kept->offer(), folder()));
    const std::string mark = kept->offer().substr(kept->offer().rfind(':'));
    const std::string place = other->offer().substr(0, other->offer().rfind(':'));
    for (const std::string& offer : {std::string(), std::string("1:2"), std::string("a:b:c:d:e"), place + mark,
                                     std::to_string(::getpid()) + ":0:1:2" + mark, "0:1:2:3" + mark})
      QVERIFY2(!SharedRecords::open(offer, folder()), offer.c_str());
    QVERIFY2(!SharedRecords::make({.records = ~std::uint64_t{0} / 16}, folder()), "a table larger than the memory");
  }

  /// Each rank reads what the other one has read before: nothing is prepared again.
  void ranks_find_what_the_others_kept() {
    const auto scaled = std::make_shared<std::atomic<int>>(0);
    PlanBuilder builder(600, 50, 16);
    builder
        .step("scale", op([scale = to_float(), scaled](auto in, auto out, OpContext& context) -> Status {
                ++*scaled;
                return scale->run(in, out, context);
              }),
              {PlanBuilder::kPixels}, {2})
        .cache("cache", 2, 3)
        .step("noise", add_noise(), {3}, {4})
        .field("image", 4, DType::F32, {50})
        .field("label", PlanBuilder::kLabel, DType::I64, {})
        .shuffle();
    const auto plan = builder.build();
    const DataPlan* const plans[] = {&plan->train};
    std::deque<std::string> offers;
    const auto shelf = [&](bool makes) {
      return std::make_shared<CacheShelf>(plans, folder(), std::vector<std::shared_ptr<CacheStore>>{},
                                          std::make_shared<Side>(offers, makes));
    };
    const auto one = shelf(true);
    const auto other = shelf(false);
    const auto half = [&](std::size_t part, std::shared_ptr<CacheShelf> caches) {
      PipelineOptions options;
      options.workers = 2;
      options.share = {.part = part, .parts = 2};
      options.caches = std::move(caches);
      options.cache_folder = folder();
      return drain(plan, options).batches;
    };
    const auto first = half(0, one);
    const auto second = half(1, other);
    QCOMPARE(scaled->load(), 600);
    QVERIFY(half(1, one) == second);
    QVERIFY(half(0, other) == first);
    QCOMPARE(scaled->load(), 600);
    QCOMPARE(builder.source()->pixel_reads.load(), 600U);
    QVERIFY2(half(0, nullptr) == first, "with a cache of its own");
    QCOMPARE(scaled->load(), 900);
    for (const auto& caches : {one, other}) {
      const CacheSample level = caches->find("cache")->level();
      QCOMPARE(level.records, 600U);
      QVERIFY(level.ram_bytes >= 600U * 50U * sizeof(float) && level.disk_bytes == 0);
    }
  }
};

FEEDLINE_TEST(TestSharedRecords)

}  // namespace test_shared_records

#include "test_shared_records.moc"
