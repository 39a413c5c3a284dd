// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/shared_records.h"

#include "base/memory.h"
#include "engine/cache_sharing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <random>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace feedline::inline engine {
namespace {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "processes share them");

constexpr std::size_t kTableHead = 4096;
/// The most address space that a file is mapped into; it costs nothing before it is used.
constexpr std::uint64_t kMostView = std::uint64_t{1} << 44U;
constexpr std::uint64_t kLeastView = std::uint64_t{64} << 20U;
/// Of the memory that is free, the table may take this part at most.
constexpr std::uint64_t kTablePart = 8;

/// What a slot says besides a place, of which the last five bits are 0.
constexpr std::uint64_t kSlotEmpty = 0;
constexpr std::uint64_t kSlotClaimed = 1;
constexpr std::uint64_t kInMemory = 2;
constexpr std::uint64_t kOnDisk = 4;
constexpr std::uint64_t kSlotFlags = 31;

tl::unexpected<Error> fail_sharing(const std::string& what, int code) {
  return fail(Error{.code = ErrorCode::Failed, .reason = fmt::format("{}: {}", what, std::strerror(code))});
}

/// One that another process of this user has open.
int open_of_process(std::int64_t process, std::int64_t file) {
  return ::open(fmt::format("/proc/{}/fd/{}", process, file).c_str(), O_RDWR | O_CLOEXEC);
}

/// What tells a file from all others of the machine; 0: it cannot be looked at.
std::uint64_t identity_of(int file) {
  struct stat status {};
  if (file < 0 || ::fstat(file, &status) != 0) return 0;
  return (static_cast<std::uint64_t>(status.st_dev) << 40U) ^ static_cast<std::uint64_t>(status.st_ino) ^ (1ULL << 63U);
}

std::uint64_t random_mark() {
  std::random_device source;
  return (static_cast<std::uint64_t>(source()) << 32U) | source();
}

/// The whole numbers of a text; empty where it has anything else.
std::vector<std::int64_t> offered_numbers(std::string_view text) {
  std::vector<std::int64_t> numbers;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(':'));
    std::int64_t& number = numbers.emplace_back();
    const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
    if (read.ec != std::errc() || read.ptr != word.data() + word.size()) return {};
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return numbers;
}

}  // namespace

/// At the beginning of the table. What stands before the counters is written once, before anybody else sees it.
struct SharedRecords::Header {
  std::uint64_t mark = 0;
  std::uint64_t records = 0;
  std::uint64_t ram_limit = 0;  ///< 0: nothing is kept in memory
  std::uint64_t ram_file = 0;   ///< identities, so that no other file is taken for one of these
  std::uint64_t disk_file = 0;  ///< 0: there is none
  std::uint64_t disk_size = 0;
  std::uint64_t disk_limit = 0;
  alignas(64) std::atomic<std::uint64_t> ram_end{0};
  std::atomic<std::uint64_t> disk_end{0};
  std::atomic<std::uint64_t> kept{0};
  std::atomic<std::uint64_t> ram_bytes{0};
  std::atomic<std::uint64_t> disk_bytes{0};
};

SharedRecords::Mapping::~Mapping() {
  if (data != nullptr) munmap(data, size);
}

bool SharedRecords::Mapping::map(int file, std::uint64_t wanted, int protection) {
  void* const mapped = mmap(nullptr, wanted, protection, MAP_SHARED | MAP_NORESERVE, file, 0);
  if (mapped == MAP_FAILED) return false;
  data = static_cast<std::byte*>(mapped);
  size = wanted;
  return true;
}

bool SharedRecords::Mapping::map_most(int file, std::uint64_t wanted) {
  std::uint64_t most = std::min(wanted, kMostView);
  while (!map(file, most, PROT_READ)) {
    most /= 2;
    if (most < kLeastView) return false;
  }
  return true;
}

SharedRecords::~SharedRecords() {
  if (table_file_ >= 0) close(table_file_);
  if (!ram_ && ram_file_ >= 0) close(ram_file_);
  if (!disk_ && disk_file_ >= 0) close(disk_file_);
}

SharedRecords::Header& SharedRecords::header() const {
  static_assert(sizeof(Header) <= kTableHead);
  return *reinterpret_cast<Header*>(table_.data);
}

std::atomic<std::uint64_t>* SharedRecords::slots() const {
  return reinterpret_cast<std::atomic<std::uint64_t>*>(table_.data + kTableHead);
}

Result<std::unique_ptr<SharedRecords>> SharedRecords::make(const SharedLimits& limits,
                                                           const std::filesystem::path& folder) {
  std::unique_ptr<SharedRecords> made(new SharedRecords(folder));
  if (Status table = made->make_table(limits.records); !table) return fail(std::move(table.error()));
  made->make_memory(limits.ram_bytes);
  if (limits.disk) made->make_disk(limits.disk_bytes);
  return made;
}

/// Its pages are there from the beginning: they are all looked at in the first epoch, and a page that the machine
/// cannot give then would be a signal.
Status SharedRecords::make_table(std::uint64_t records) {
  const std::uint64_t free = free_memory();
  if (records > (free == 0 ? kMostView : free) / kTablePart / sizeof(std::uint64_t))
    return fail_sharing("no table of what a cache keeps can be made", ENOMEM);
  const std::uint64_t size = kTableHead + records * sizeof(std::uint64_t);
  if (!allowed_by_process(size)) return fail_sharing("no table of what a cache keeps can be made", EFBIG);
  table_file_ = memfd_create("feedline cache table", MFD_CLOEXEC);
  if (table_file_ < 0) return fail_sharing("no table of what a cache keeps can be made", errno);
  int code = 0;
  do code = posix_fallocate(table_file_, 0, static_cast<off_t>(size));
  while (code == EINTR);
  if (code != 0) return fail_sharing("no table of what a cache keeps can be made", code);
  if (!table_.map(table_file_, size, PROT_READ | PROT_WRITE))
    return fail_sharing("the table of what a cache keeps cannot be mapped", errno);
  records_ = records;
  Header& head = *new (table_.data) Header{};
  head.mark = random_mark();
  head.records = records;
  return {};
}

/// Where it cannot be made, what there is goes to the disk.
void SharedRecords::make_memory(std::uint64_t bytes) {
  if (bytes == 0) return;
  ram_file_ = memfd_create("feedline cache", MFD_CLOEXEC);
  if (ram_file_ < 0 || !ram_view_.map_most(ram_file_, bytes)) return;
  Header& head = header();
  head.ram_limit = ram_view_.size;
  head.ram_file = identity_of(ram_file_);
  ram_.emplace(folder_, head.ram_limit,
               SharedSpill{.file = ram_file_, .view = ram_view_.data, .size = ram_view_.size, .end = &head.ram_end});
}

void SharedRecords::make_disk(std::uint64_t limit) {
  const auto file = open_unnamed(folder_);
  if (!file) {
    no_disk_ = file.error();
    return;
  }
  disk_file_ = *file;
  struct statvfs disk {};
  std::uint64_t most = limit;
  if (most == 0 && ::fstatvfs(disk_file_, &disk) == 0) most = static_cast<std::uint64_t>(disk.f_blocks) * disk.f_frsize;
  if (!disk_view_.map_most(disk_file_, std::max(most, kLeastView))) {
    no_disk_ = fail_sharing("the cache file cannot be mapped", errno).value();
    no_disk_->file = folder_.string();
    return;
  }
  Header& head = header();
  head.disk_file = identity_of(disk_file_);
  head.disk_size = disk_view_.size;
  head.disk_limit = limit;
  disk_.emplace(
      folder_, limit,
      SharedSpill{.file = disk_file_, .view = disk_view_.data, .size = disk_view_.size, .end = &head.disk_end});
}

std::string SharedRecords::offer() const {
  return fmt::format("{}:{}:{}:{}:{}", ::getpid(), table_file_, ram_ ? ram_file_ : -1, disk_ ? disk_file_ : -1,
                     static_cast<std::int64_t>(header().mark));
}

Result<std::unique_ptr<SharedRecords>> SharedRecords::open(std::string_view offer,
                                                           const std::filesystem::path& folder) {
  std::unique_ptr<SharedRecords> opened(new SharedRecords(folder));
  if (Status all = opened->open_all(offer); !all) return fail(std::move(all.error()));
  return opened;
}

Status SharedRecords::open_all(std::string_view offer) {
  const std::vector<std::int64_t> said = offered_numbers(offer);
  if (said.size() != 5) return fail(Error{.code = ErrorCode::Failed, .reason = "what is offered is no shared cache"});
  const auto other = [] {
    return fail(Error{.code = ErrorCode::Failed, .reason = "the shared cache is not the one that was offered"});
  };
  table_file_ = open_of_process(said[0], said[1]);
  if (table_file_ < 0) return fail_sharing("a shared cache cannot be opened", errno);
  struct stat status {};
  if (::fstat(table_file_, &status) != 0 || status.st_size < static_cast<off_t>(kTableHead)) return other();
  if (!table_.map(table_file_, static_cast<std::uint64_t>(status.st_size), PROT_READ | PROT_WRITE))
    return fail_sharing("the table of what a cache keeps cannot be mapped", errno);
  Header& head = header();
  if (head.mark != static_cast<std::uint64_t>(said[4]) ||
      head.records != (table_.size - kTableHead) / sizeof(std::uint64_t))
    return other();
  records_ = head.records;
  if (head.ram_limit > 0) {
    ram_file_ = open_of_process(said[0], said[2]);
    if (identity_of(ram_file_) != head.ram_file) return other();
    if (!ram_view_.map(ram_file_, head.ram_limit, PROT_READ))
      return fail_sharing("a shared cache cannot be mapped", errno);
    ram_.emplace(folder_, head.ram_limit,
                 SharedSpill{.file = ram_file_, .view = ram_view_.data, .size = head.ram_limit, .end = &head.ram_end});
  }
  if (head.disk_file != 0) {
    disk_file_ = open_of_process(said[0], said[3]);
    if (identity_of(disk_file_) != head.disk_file) return other();
    if (!disk_view_.map(disk_file_, head.disk_size, PROT_READ))
      return fail_sharing("a shared cache cannot be mapped", errno);
    disk_.emplace(
        folder_, head.disk_limit,
        SharedSpill{.file = disk_file_, .view = disk_view_.data, .size = head.disk_size, .end = &head.disk_end});
  }
  return {};
}

const std::byte* SharedRecords::find(std::uint64_t record) const {
  if (record >= records_) return nullptr;
  const std::uint64_t slot = slots()[record].load(std::memory_order_acquire);
  if ((slot & kInMemory) != 0) return ram_view_.data + (slot & ~kSlotFlags);
  if ((slot & kOnDisk) != 0) return disk_view_.data + (slot & ~kSlotFlags);
  return nullptr;
}

Result<bool> SharedRecords::put(std::uint64_t record, std::span<const std::byte> head,
                                std::span<const std::byte> body) {
  if (record >= records_) return false;
  std::atomic<std::uint64_t>& slot = slots()[record];
  std::uint64_t found = kSlotEmpty;
  if (!slot.compare_exchange_strong(found, kSlotClaimed, std::memory_order_relaxed)) return true;
  /// Gives the record back where its value was not kept, whatever happened.
  struct Claim {
    std::atomic<std::uint64_t>& slot;
    std::uint64_t place = kSlotEmpty;
    ~Claim() { slot.store(place, std::memory_order_release); }
  } claim{slot};
  const auto place = write(head, body);
  if (!place) return fail(place.error());
  claim.place = *place;
  if (*place == kSlotEmpty) return false;
  Header& all = header();
  all.kept.fetch_add(1, std::memory_order_relaxed);
  ((*place & kInMemory) != 0 ? all.ram_bytes : all.disk_bytes)
      .fetch_add(head.size() + body.size(), std::memory_order_relaxed);
  return true;
}

/// Where it stands, as a slot says it; kSlotEmpty: there is no room any more.
Result<std::uint64_t> SharedRecords::write(std::span<const std::byte> head, std::span<const std::byte> body) {
  if (ram_ && !ram_full_.load(std::memory_order_relaxed)) {
    const auto written = ram_->append(head, body);
    if (written && *written != nullptr) return static_cast<std::uint64_t>(*written - ram_view_.data) | kInMemory;
    ram_full_.store(true, std::memory_order_relaxed);  // also where the machine has no more of it
  }
  if (no_disk_) return fail(*no_disk_);
  if (!disk_) return kSlotEmpty;
  const auto written = disk_->append(head, body);
  if (!written) return fail(written.error());
  return *written == nullptr ? kSlotEmpty : static_cast<std::uint64_t>(*written - disk_view_.data) | kOnDisk;
}

CacheSample SharedRecords::level() const {
  const Header& all = header();
  return {.records = all.kept, .ram_bytes = all.ram_bytes, .disk_bytes = all.disk_bytes};
}

std::unique_ptr<SharedRecords> share_records(CacheSharing& sharing, const SharedLimits& limits,
                                             const std::filesystem::path& folder) {
  std::unique_ptr<SharedRecords> own;
  if (sharing.makes())
    if (auto made = SharedRecords::make(limits, folder)) own = std::move(*made);
  const std::string offer = sharing.tell(own ? own->offer() : std::string());
  if (sharing.makes() || offer.empty()) return own;
  if (auto opened = SharedRecords::open(offer, folder)) own = std::move(*opened);
  return own;
}

}  // namespace feedline::inline engine
