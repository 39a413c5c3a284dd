// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/cache_store.h"

#include "base/clock.h"
#include "base/machine_fault.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>
#include <limits>
#include <span>
#include <sys/mman.h>
#include <utility>

namespace feedline::inline engine {
namespace {

/// Address space taken at once; pages cost memory only once they are written to.
constexpr std::size_t kBlock = std::size_t{256} << 20;
constexpr std::size_t kFirstSlots = 16;
constexpr std::uint64_t kMegabyte = std::uint64_t{1} << 20;

/// A mixing of the bits (the finaliser of MurmurHash3), so that neighbours spread over shards and slots.
std::uint64_t mixed(std::uint64_t key) {
  key = (key ^ (key >> 33U)) * 0xff51afd7ed558ccdULL;
  key = (key ^ (key >> 33U)) * 0xc4ceb9fe1a85ec53ULL;
  return key ^ (key >> 33U);
}

std::size_t rounded(std::size_t size) {
  return (size + alignof(CacheEntry) - 1) / alignof(CacheEntry) * alignof(CacheEntry);
}

/// None if the shape does not fit into a CacheEntry.
std::optional<CacheEntry> head_of(const Datum& value) {
  CacheEntry head{.dtype = value.dtype(), .layout = value.layout()};
  for (const std::int64_t dim : value.dims()) {
    if (dim < 0 || dim > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    head.dims[head.dim_count++] = static_cast<std::uint32_t>(dim);
  }
  return head;
}

}  // namespace

void CacheEntry::show(Datum& out) const {
  std::array<std::int64_t, Datum::kMaxDims> wide{};
  std::copy_n(dims.begin(), dim_count, wide.begin());
  out.view(reinterpret_cast<const std::byte*>(this + 1), dtype, std::span(wide).first(dim_count), layout);
}

CacheStore::CacheStore(std::string node, const CacheSettings& settings, std::uint64_t ram_bytes,
                       std::filesystem::path folder)
    : node_(std::move(node)),
      disk_(settings.disk),
      ram_limit_(ram_bytes),
      spill_(std::move(folder), static_cast<std::uint64_t>(settings.disk_megabytes) * kMegabyte) {}

CacheStore::CacheStore(std::string node, std::unique_ptr<SharedRecords> shared)
    : node_(std::move(node)), disk_(false), ram_limit_(0), shared_(std::move(shared)), spill_({}, 0) {}

CacheStore::~CacheStore() {
  for (const Block& block : blocks_) munmap(block.data, block.size);
}

CacheStore::Shard& CacheStore::shard(std::uint64_t record) const { return shards_[mixed(record) % kShards]; }

/// Index of the record's slot, or of the empty one where it would go.
std::size_t CacheStore::Shard::place(std::uint64_t record) const {
  std::size_t at = (mixed(record) / kShards) & (slots.size() - 1);
  while (slots[at].key != 0 && slots[at].key != record + 1) at = (at + 1) & (slots.size() - 1);
  return at;
}

void CacheStore::Shard::insert(std::uint64_t record, const CacheEntry* entry) {
  if (4 * (used + 1) > 3 * slots.size()) {
    std::vector<Slot> old(std::max(kFirstSlots, 2 * slots.size()));
    old.swap(slots);
    for (const Slot& slot : old)
      if (slot.key != 0) slots[place(slot.key - 1)] = slot;
  }
  slots[place(record)] = {.key = record + 1, .entry = entry};
  ++used;
}

const CacheEntry* CacheStore::find(std::uint64_t record) const {
  if (shared_) return reinterpret_cast<const CacheEntry*>(shared_->find(record));
  const Shard& in = shard(record);
  const std::lock_guard lock(in.mutex);
  return in.slots.empty() ? nullptr : in.slots[in.place(record)].entry;
}

void CacheStore::put(std::uint64_t record, const Datum& value) noexcept {
  if (value.part() || find(record) != nullptr) return;
  if (full_.load(std::memory_order_relaxed)) {
    ++refused_;
    return;
  }
  try {
    const auto head = head_of(value);
    const bool kept = head && (shared_ ? keep_together(record, *head, value) : keep_alone(record, *head, value));
    if (!kept) ++refused_;
  } catch (const std::exception&) {  // no memory for the index
    full_ = true;
    ++refused_;
  }
}

/// False: there is no room any more.
bool CacheStore::keep_alone(std::uint64_t record, const CacheEntry& head, const Datum& value) {
  const CacheEntry* entry = keep(head, value);
  if (entry == nullptr) return false;
  Shard& into = shard(record);
  const std::lock_guard lock(into.mutex);
  if (!into.slots.empty() && into.slots[into.place(record)].entry != nullptr) return true;  // another one was quicker
  into.insert(record, entry);
  ++records_;
  return true;
}

/// The same, with other processes.
bool CacheStore::keep_together(std::uint64_t record, const CacheEntry& head, const Datum& value) {
  const auto kept = shared_->put(record, std::as_bytes(std::span(&head, 1)), value.span());
  if (!kept) {
    take_fault(kept.error());
    return false;
  }
  fault_since_.store(0, std::memory_order_relaxed);
  if (!*kept) full_ = true;
  return *kept;
}

/// Null: there is no room any more.
const CacheEntry* CacheStore::keep(const CacheEntry& head, const Datum& value) {
  const std::size_t size = rounded(sizeof head + value.bytes());
  if (std::byte* to = take_memory(size)) {
    std::memcpy(to, &head, sizeof head);
    if (value.bytes() > 0) std::memcpy(to + sizeof head, value.data(), value.bytes());
    return reinterpret_cast<const CacheEntry*>(to);
  }
  if (!disk_) {
    full_ = true;
    return nullptr;
  }
  const auto written = spill_.append(std::as_bytes(std::span(&head, 1)), value.span());
  if (!written) {
    take_fault(written.error());
    return nullptr;
  }
  fault_since_.store(0, std::memory_order_relaxed);
  if (*written == nullptr) {
    full_ = true;
    return nullptr;
  }
  disk_bytes_ += size;
  return reinterpret_cast<const CacheEntry*>(*written);
}

/// A value could not be written: no more are kept, unless that may pass.
void CacheStore::take_fault(const Error& fault) {
  if (!is_machine_fault(fault) || !may_pass()) end(fault);
}

/// The machine could not write a value. For a while that is no reason to keep none any more.
bool CacheStore::may_pass() {
  const Nanos now = Clock::system().now();
  Nanos since = 0;
  if (fault_since_.compare_exchange_strong(since, now, std::memory_order_relaxed)) since = now;
  return now - since <= std::chrono::nanoseconds(Patience::limit()).count();
}

std::byte* CacheStore::take_memory(std::size_t size) {
  if (memory_full_.load(std::memory_order_relaxed)) return nullptr;
  const std::lock_guard lock(memory_mutex_);
  if (ram_bytes_ + size > ram_limit_) {
    memory_full_ = true;
    return nullptr;
  }
  if (blocks_.empty() || blocks_.back().size - blocks_.back().used < size) {
    blocks_.reserve(blocks_.size() + 1);
    const std::size_t wanted = std::max<std::size_t>(size, std::min<std::uint64_t>(kBlock, ram_limit_));
    void* data = mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (data == MAP_FAILED) {
      memory_full_ = true;
      return nullptr;
    }
    madvise(data, wanted, MADV_HUGEPAGE);  // large values, read as a whole
    blocks_.push_back({.data = static_cast<std::byte*>(data), .size = wanted});
  }
  Block& block = blocks_.back();
  std::byte* taken = block.data + block.used;
  block.used += size;
  ram_bytes_ += size;
  return taken;
}

void CacheStore::end(Error why) {
  const std::lock_guard lock(notice_mutex_);
  if (full_.exchange(true)) return;
  notice_ = std::move(why).at_node(node_);
}

CacheSample CacheStore::level() const {
  if (shared_) {
    CacheSample level = shared_->level();
    level.full = full_;
    return level;
  }
  return {.records = records_, .ram_bytes = ram_bytes_, .disk_bytes = disk_bytes_, .full = full_};
}

std::optional<RecordError> CacheStore::notice() const {
  const std::lock_guard lock(notice_mutex_);
  if (!notice_) return std::nullopt;
  return RecordError{.error = *notice_, .count = refused_};
}

}  // namespace feedline::inline engine
