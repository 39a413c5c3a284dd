// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/zip_directory.h"

#include "base/file_calls.h"
#include "base/machine_fault.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace feedline::inline base {
namespace {

constexpr std::uint32_t kZipEntrySign = 0x02014B50;
constexpr std::uint32_t kZipLocalSign = 0x04034B50;
constexpr std::uint32_t kZipEndSign = 0x06054B50;
constexpr std::uint32_t kZip64EndSign = 0x06064B50;
constexpr std::uint32_t kZip64PlaceSign = 0x07064B50;
constexpr std::size_t kZipEndBytes = 22;
constexpr std::size_t kZipEntryBytes = 46;
constexpr std::size_t kZipLocalBytes = 30;
constexpr std::uint32_t kZipIn64 = 0xFFFFFFFF;  ///< the number stands in the zip64 field
constexpr std::size_t kZipBlock = std::size_t{256} << 10U;

/// Whatever went wrong with a read, as errno says; 0: nothing did.
tl::unexpected<Error> zip_damaged(const std::string& what) {
  if (errno != 0) return fail(errno_error(errno, "it cannot be read"));
  return fail("the zip file is damaged: " + what, "Download or copy it again");
}

void read_large_numbers(std::span<const std::byte> numbers, ZipEntry& entry) {
  for (std::uint64_t* number : {&entry.size, &entry.packed, &entry.offset}) {
    if (*number != kZipIn64 || numbers.size() < 8) continue;
    *number = little_endian(numbers, 0, 8);
    numbers = numbers.subspan(8);
  }
}

}  // namespace

bool read_fully(int descriptor, std::span<std::byte> to, std::uint64_t offset) {
  while (!to.empty()) {
    const ssize_t count = FileCalls::current().pread(descriptor, to.data(), to.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) errno = 0;
    if (count <= 0) return false;
    to = to.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return true;
}

std::uint64_t little_endian(std::span<const std::byte> bytes, std::size_t at, std::size_t length) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < length; ++i) value |= std::to_integer<std::uint64_t>(bytes[at + i]) << 8 * i;
  return value;
}

/// The end record stands in front of a comment of at most 64 KiB.
Result<ZipDirectory> ZipDirectory::find(int descriptor, std::uint64_t size) {
  constexpr std::size_t kLongestComment = 65535;
  const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(size, kZipEndBytes + kLongestComment));
  std::vector<std::byte> tail(length);
  if (!read_fully(descriptor, tail, size - length)) {
    if (errno != 0) return fail(errno_error(errno, "it cannot be read"));
    return fail("it became shorter", "Restore the file");
  }
  std::size_t back = kZipEndBytes;
  for (; back <= length; ++back) {
    const auto end = std::span<const std::byte>(tail).subspan(length - back);
    if (little_endian(end, 0, 4) == kZipEndSign && little_endian(end, 20, 2) + kZipEndBytes <= back) break;
  }
  if (back > length)
    return fail("the zip file is truncated: its directory, which stands at the end, is missing",
                "Download or copy it again");
  const auto end = std::span<const std::byte>(tail).subspan(length - back);
  std::uint64_t bytes = little_endian(end, 12, 4);
  std::uint64_t begin = little_endian(end, 16, 4);
  std::uint64_t last = size - back;
  errno = 0;
  // PyTorch writes the large directory's records whether its numbers need them or not.
  const bool large_numbers = bytes == kZipIn64 || begin == kZipIn64 || little_endian(end, 10, 2) == 0xFFFF;
  std::array<std::byte, 20> place{};
  std::array<std::byte, 56> large{};
  if (last >= place.size() && read_fully(descriptor, place, last - place.size()) &&
      little_endian(place, 0, 4) == kZip64PlaceSign) {
    const std::uint64_t at = little_endian(place, 8, 8);
    const bool found = at <= last && last - at >= large.size() && read_fully(descriptor, large, at) &&
                       little_endian(large, 0, 4) == kZip64EndSign;
    if (found) {
      last = at;
      bytes = little_endian(large, 40, 8);
      begin = little_endian(large, 48, 8);
    } else if (large_numbers) {
      return zip_damaged("its large directory is not where it should be");
    }
  }
  if (bytes > last || begin > last - bytes) return zip_damaged("its directory lies outside of the file");
  ZipDirectory directory;
  directory.descriptor_ = descriptor;
  directory.size_ = size;
  directory.shift_ = last - bytes - begin;
  directory.begin_ = directory.at_ = begin + directory.shift_;
  directory.end_ = last;
  return directory;
}

/// The next bytes; empty: there are fewer (errno is 0), or they cannot be read.
std::span<const std::byte> ZipDirectory::peek(std::size_t count) {
  errno = 0;
  if (count > end_ - at_ || count > kZipBlock) return {};
  if (at_ < block_at_ || at_ + count > block_at_ + block_.size()) {
    block_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kZipBlock, end_ - at_)));
    block_at_ = at_;
    if (!read_fully(descriptor_, block_, at_)) {
      block_.clear();
      return {};
    }
  }
  return std::span(block_).subspan(static_cast<std::size_t>(at_ - block_at_), count);
}

Result<std::optional<ZipEntry>> ZipDirectory::next() {
  if (at_ >= end_) return std::nullopt;
  const auto fixed = peek(kZipEntryBytes);
  if (fixed.empty() || little_endian(fixed, 0, 4) != kZipEntrySign) return zip_damaged("its directory breaks off");
  const auto name_bytes = static_cast<std::size_t>(little_endian(fixed, 28, 2));
  const auto extra_bytes = static_cast<std::size_t>(little_endian(fixed, 30, 2));
  const auto comment_bytes = little_endian(fixed, 32, 2);
  const std::size_t length = kZipEntryBytes + name_bytes + extra_bytes;
  const auto bytes = peek(length);
  if (bytes.empty()) return zip_damaged("its directory breaks off");
  const std::uint64_t mode = little_endian(bytes, 38, 4) >> 16U;
  ZipEntry entry{.name = std::string(reinterpret_cast<const char*>(bytes.data()) + kZipEntryBytes, name_bytes),
                 .offset = little_endian(bytes, 42, 4),
                 .packed = little_endian(bytes, 20, 4),
                 .size = little_endian(bytes, 24, 4),
                 .checksum = static_cast<std::uint32_t>(little_endian(bytes, 16, 4)),
                 .method = static_cast<std::uint16_t>(little_endian(bytes, 10, 2)),
                 .encrypted = (little_endian(bytes, 8, 2) & 1U) != 0,
                 .link = little_endian(bytes, 5, 1) == 3 && (mode & 0xF000U) == 0xA000U};
  auto extra = bytes.subspan(kZipEntryBytes + name_bytes);
  while (extra.size() >= 4) {
    const auto field = static_cast<std::size_t>(little_endian(extra, 2, 2));
    if (field > extra.size() - 4) break;
    if (little_endian(extra, 0, 2) == 1) read_large_numbers(extra.subspan(4, field), entry);
    extra = extra.subspan(4 + field);
  }
  at_ += std::min<std::uint64_t>(length + comment_bytes, end_ - at_);
  entry.offset += shift_;
  if (entry.offset < shift_ || entry.offset > size_ || entry.packed > size_ - entry.offset)
    return zip_damaged("a member lies outside of the file");
  return entry;
}

double ZipDirectory::share() const {
  return begin_ == end_ ? 1 : static_cast<double>(at_ - begin_) / static_cast<double>(end_ - begin_);
}

Result<std::uint64_t> ZipDirectory::bytes_begin(int descriptor, std::uint64_t size, const ZipEntry& entry) {
  std::array<std::byte, kZipLocalBytes> local{};
  errno = 0;
  if (!read_fully(descriptor, local, entry.offset) || little_endian(local, 0, 4) != kZipLocalSign)
    return zip_damaged("a member is not where the directory says");
  const std::uint64_t begin = entry.offset + kZipLocalBytes + little_endian(local, 26, 2) + little_endian(local, 28, 2);
  if (begin > size || entry.packed > size - begin) return zip_damaged("a member goes beyond the end of the file");
  return begin;
}

}  // namespace feedline::inline base
