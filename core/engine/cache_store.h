// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/pipeline.h"
#include "engine/shared_records.h"
#include "engine/spill_file.h"
#include "schema/behaviour.h"
#include "telemetry/snapshot.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace feedline::inline engine {

/// A kept value: its shape, and directly behind it its bytes. It stays where it is, unchanged, as long as its store.
struct alignas(32) CacheEntry {
  std::array<std::uint32_t, Datum::kMaxDims> dims{};
  DType dtype = DType::U8;
  Layout layout = Layout::None;
  std::uint8_t dim_count = 0;

  /// Lets `out` show the value.
  void show(Datum& out) const;
};

/// What one cache node keeps, by record, in one run: in memory up to a budget, then in a SpillFile. Nothing is ever
/// evicted. Only records that were put in cost anything: their bytes and about 64 more. Thread-safe.
///
/// Where the run's ranks share their caches, several processes have one in common (SharedRecords): then level() is that
/// of all of them, and a value that another process puts in is found here.
class CacheStore {
 public:
  /// `ram_bytes`: what may be taken of the memory; `settings` says the rest.
  CacheStore(std::string node, const CacheSettings& settings, std::uint64_t ram_bytes, std::filesystem::path folder);
  /// One that is kept with other processes.
  CacheStore(std::string node, std::unique_ptr<SharedRecords> shared);
  ~CacheStore();
  CacheStore(const CacheStore&) = delete;
  CacheStore& operator=(const CacheStore&) = delete;

  /// Null: not kept.
  [[nodiscard]] const CacheEntry* find(std::uint64_t record) const;
  /// Keeps a copy, unless there is no room or a value of this record is kept already. A part of a picture is not kept.
  void put(std::uint64_t record, const Datum& value) noexcept;

  [[nodiscard]] const std::string& node() const { return node_; }
  [[nodiscard]] CacheSample level() const;
  /// Why the cache took no more, if that is not what its settings ask for: a full disk, a folder that cannot be written
  /// to. The count is that of the values that found no room.
  [[nodiscard]] std::optional<RecordError> notice() const;

 private:
  struct Slot {
    std::uint64_t key = 0;  ///< record + 1; 0: empty
    const CacheEntry* entry = nullptr;
  };
  /// Open addressing, at most three quarters full.
  struct alignas(64) Shard {
    mutable std::mutex mutex{};
    std::vector<Slot> slots{};
    std::size_t used = 0;
    [[nodiscard]] std::size_t place(std::uint64_t record) const;
    void insert(std::uint64_t record, const CacheEntry* entry);
  };
  struct Block {
    std::byte* data = nullptr;
    std::size_t size = 0;
    std::size_t used = 0;
  };
  static constexpr std::size_t kShards = 64;

  [[nodiscard]] Shard& shard(std::uint64_t record) const;
  [[nodiscard]] std::byte* take_memory(std::size_t size);
  [[nodiscard]] const CacheEntry* keep(const CacheEntry& head, const Datum& value);
  [[nodiscard]] bool keep_alone(std::uint64_t record, const CacheEntry& head, const Datum& value);
  [[nodiscard]] bool keep_together(std::uint64_t record, const CacheEntry& head, const Datum& value);
  void take_fault(const Error& fault);
  [[nodiscard]] bool may_pass();
  void end(Error why);

  const std::string node_;
  const bool disk_;
  const std::uint64_t ram_limit_;
  mutable std::array<Shard, kShards> shards_{};

  const std::unique_ptr<SharedRecords> shared_{};  ///< null: what follows is used
  std::mutex memory_mutex_{};
  std::vector<Block> blocks_{};
  SpillFile spill_;

  std::atomic<bool> memory_full_{false};
  std::atomic<bool> full_{false};
  std::atomic<std::uint64_t> records_{0};
  std::atomic<std::uint64_t> ram_bytes_{0};
  std::atomic<std::uint64_t> disk_bytes_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::int64_t> fault_since_{0};  ///< since when the machine has failed to write; 0: it does not
  mutable std::mutex notice_mutex_{};
  std::optional<Error> notice_{};
};

}  // namespace feedline::inline engine
