// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/spill_file.h"

#include "base/file_calls.h"
#include "base/machine_fault.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace feedline::inline engine {
namespace {

constexpr std::size_t kExtent = std::size_t{64} << 20;
/// Of a file that several processes fill: each leaves the rest of one unused, so they get smaller as room gets scarce.
constexpr std::size_t kSharedExtent = std::size_t{8} << 20;
constexpr std::uint64_t kSharedPart = 16;
constexpr std::size_t kSpillAlignment = 32;
constexpr std::uint64_t kFreeShare = 10;

std::size_t rounded(std::size_t size, std::size_t unit) { return (size + unit - 1) / unit * unit; }

std::size_t page() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

std::string message_of(int code) { return std::generic_category().message(code); }

/// Why `what` could not be done in the cache folder: the machine's fault, or what `remedy` mends.
tl::unexpected<Error> fail_errno(const std::filesystem::path& folder, const std::string& what, int code,
                                 std::string remedy) {
  return fail(errno_error(code, what, std::move(remedy)).in_file(folder.string()));
}

/// A file in the folder that no name leads to; -1 and errno if that fails.
int unnamed_file(const std::filesystem::path& folder) {
  const int file = FileCalls::current().open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return file;
  std::string name = (folder / "feedline-cache-XXXXXX").string();  // a file system that needs names
  const int named = mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) unlink(name.c_str());
  return named;
}

}  // namespace

bool allowed_by_process(std::uint64_t size) {
  rlimit most{};
  return getrlimit(RLIMIT_FSIZE, &most) != 0 || most.rlim_cur == RLIM_INFINITY || size <= most.rlim_cur;
}

Result<int> open_unnamed(const std::filesystem::path& folder) {
  std::error_code ignored;  // open() says it better
  std::filesystem::create_directories(folder, ignored);
  const int file = unnamed_file(folder);
  if (file >= 0) return file;
  return fail_errno(folder, "no file can be made in the cache folder", errno,
                    "Make it writable, or choose another one with FEEDLINE_CACHE");
}

SpillFile::SpillFile(std::filesystem::path folder, std::uint64_t limit, const SharedSpill& shared)
    : folder_(std::move(folder)),
      limit_(limit),
      file_(shared.file),
      most_(shared.size),
      view_(shared.view),
      end_(shared.end) {}

SpillFile::~SpillFile() {
  if (view_ == nullptr)
    for (const Extent& extent : extents_) munmap(const_cast<std::byte*>(extent.data), extent.size);
  if (file_ >= 0) close(file_);
}

Status SpillFile::open() {
  if (file_ >= 0) return {};
  const auto opened = open_unnamed(folder_);
  if (!opened) return fail(opened.error());
  file_ = *opened;
  return {};
}

Status SpillFile::reserve(std::uint64_t begin, std::size_t wanted) {
  const auto full = [this](const std::string& why) {
    return fail(Error{.reason = "the disk of the cache folder is full: " + why,
                      .remedy = "Free some space there, or choose another folder with FEEDLINE_CACHE",
                      .file = folder_.string()});
  };
  struct statvfs disk {};
  if (limit_ == 0 && fstatvfs(file_, &disk) == 0) {
    const std::uint64_t kept = static_cast<std::uint64_t>(disk.f_blocks) * disk.f_frsize / kFreeShare;
    if (static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize < wanted + kept)
      return full("a tenth of it is left free");
  }
  if (!allowed_by_process(begin + wanted)) return full(message_of(EFBIG));
  int code = 0;
  do code = posix_fallocate(file_, static_cast<off_t>(begin), static_cast<off_t>(wanted));
  while (code == EINTR);
  if (code != 0) return full(message_of(code));
  return {};
}

Result<const std::byte*> SpillFile::map(std::uint64_t begin, std::size_t size) const {
  if (view_ != nullptr) return view_ + begin;
  void* data = mmap(nullptr, size, PROT_READ, MAP_SHARED, file_, static_cast<off_t>(begin));
  if (data == MAP_FAILED) return fail_errno(folder_, "the cache file cannot be mapped", errno, {});
  return static_cast<const std::byte*>(data);
}

/// One extent more, in which `wanted` bytes have room; false where the limit does not allow it.
Result<bool> SpillFile::grow(std::size_t wanted) {
  const std::size_t least = rounded(wanted, page());
  const std::uint64_t most = limit_ == 0 ? most_ : std::min(limit_, most_);
  std::uint64_t longest = view_ == nullptr ? kExtent : kSharedExtent;
  for (;;) {
    std::uint64_t begin = end_->load();
    const std::uint64_t left = most - std::min(most, begin);
    if (left < least) return false;
    const std::uint64_t part = view_ == nullptr ? left : left / kSharedPart;
    const std::size_t size = std::max<std::size_t>(least, std::min(longest, part) / page() * page());
    if (!end_->compare_exchange_weak(begin, begin + size)) continue;
    Status done = reserve(begin, size);
    const bool reserved = done.has_value();
    if (done) {
      auto data = map(begin, size);
      if (data) {
        extents_.push_back({.data = *data, .offset = begin, .size = size});
        used_ = 0;
        return true;
      }
      done = fail(std::move(data.error()));
    }
    // Given back, unless another process has gone on behind it.
    std::uint64_t end = begin + size;
    end_->compare_exchange_strong(end, begin);
    if (reserved || size <= least) return fail(std::move(done.error()));
    longest = size / 4;  // near the end of the disk smaller extents still fit
  }
}

Result<SpillFile::Room> SpillFile::room_for(std::size_t size) {
  const std::lock_guard lock(mutex_);
  if (Status opened = open(); !opened) return fail(std::move(opened.error()));
  if (extents_.empty() || extents_.back().size - used_ < size) {
    const auto grown = grow(size);
    if (!grown) return fail(grown.error());
    if (!*grown) return Room{};
  }
  const Room room{.data = extents_.back().data + used_, .offset = extents_.back().offset + used_};
  used_ = std::min(rounded(used_ + size, kSpillAlignment), extents_.back().size);
  return room;
}

Result<const std::byte*> SpillFile::append(std::span<const std::byte> head, std::span<const std::byte> body) {
  const std::size_t size = head.size() + body.size();
  const auto room = room_for(size);
  if (!room) return fail(room.error());
  if (room->data == nullptr) return nullptr;
  std::size_t done = 0;
  while (done < size) {
    const std::size_t of_head = std::min(done, head.size());
    const std::size_t of_body = done - of_head;
    iovec parts[] = {{const_cast<std::byte*>(head.data()) + of_head, head.size() - of_head},
                     {const_cast<std::byte*>(body.data()) + of_body, body.size() - of_body}};
    const ssize_t written = pwritev(file_, parts, 2, static_cast<off_t>(room->offset + done));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0)
      return fail_errno(folder_, "the cache file cannot be written", written < 0 ? errno : EIO,
                        "Check the disk, or choose another folder with FEEDLINE_CACHE");
    done += static_cast<std::size_t>(written);
  }
  return room->data;
}

}  // namespace feedline::inline engine
