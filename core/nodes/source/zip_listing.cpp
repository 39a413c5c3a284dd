// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "nodes/source/archive_member.h"
#include "nodes/source/block_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <vector>

// Source of the format: PKWARE, APPNOTE.TXT 6.3.

namespace feedline::inline nodes {
namespace {

constexpr std::uint32_t kZipEntry = 0x02014B50;
constexpr std::uint32_t kZipEnd = 0x06054B50;
constexpr std::uint32_t kZip64End = 0x06064B50;
constexpr std::uint32_t kZip64Place = 0x07064B50;
constexpr std::size_t kZipEndBytes = 22;
constexpr std::size_t kZipEntryBytes = 46;
constexpr std::uint32_t kZipIn64 = 0xFFFFFFFF;  ///< the number stands in the zip64 field

using ZipBytes = std::span<const std::byte>;

std::uint64_t zip_number(ZipBytes bytes, std::size_t at, std::size_t length) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < length; ++i) value |= std::to_integer<std::uint64_t>(bytes[at + i]) << 8 * i;
  return value;
}

/// Where the central directory lies.
struct ZipDirectory {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t shift = 0;  ///< bytes in front of the archive (of a program that unpacks itself), not in its offsets
};

class ZipListing {
 public:
  ZipListing(const File& file, const std::string& path, std::uint64_t size, const SourceContext& context)
      : file_(file), path_(path), size_(size), context_(context) {}

  Status run(const MemberSink& sink) {
    const auto directory = find_directory();
    if (!directory) return fail(directory.error());
    shift_ = directory->shift;
    BlockReader reader(file_.get(), directory->begin, directory->end);
    for (std::uint64_t count = 0; reader.left() > 0; ++count) {
      if (context_.stop.stop_requested()) return fail_cancelled();
      if (context_.progress && count % 1024 == 0)
        context_.progress("Reading the archive's directory",
                          static_cast<double>(reader.position() - directory->begin) /
                              static_cast<double>(directory->end - directory->begin));
      if (Status taken = take(reader, sink); !taken) return taken;
    }
    return {};
  }

 private:
  [[nodiscard]] tl::unexpected<Error> damaged(const std::string& what) const {
    if (errno != 0) return fail_errno(path_, "it cannot be read", errno);
    return fail_file(path_, "the zip file is damaged: " + what, "Download or copy it again");
  }

  /// The end record stands in front of a comment of at most 64 KiB.
  Result<ZipDirectory> find_directory() const {
    constexpr std::size_t kLongestComment = 65535;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(size_, kZipEndBytes + kLongestComment));
    std::vector<std::byte> tail(length);
    if (!read_at(file_.get(), tail, size_ - length)) return read_error(path_, errno, "it became shorter");
    for (std::size_t back = kZipEndBytes; back <= length; ++back) {
      const ZipBytes end = ZipBytes(tail).subspan(length - back);
      if (zip_number(end, 0, 4) != kZipEnd || zip_number(end, 20, 2) + kZipEndBytes > back) continue;
      return directory_of(end, size_ - back);
    }
    return fail_file(path_, "the zip file is truncated: its directory, which stands at the end, is missing",
                     "Download or copy it again");
  }

  Result<ZipDirectory> directory_of(ZipBytes end, std::uint64_t end_at) const {
    std::uint64_t bytes = zip_number(end, 12, 4);
    std::uint64_t begin = zip_number(end, 16, 4);
    std::uint64_t last = end_at;
    errno = 0;
    if (bytes == kZipIn64 || begin == kZipIn64 || zip_number(end, 10, 2) == 0xFFFF) {
      std::array<std::byte, 20> place{};
      std::array<std::byte, 56> large{};
      if (end_at >= place.size() && read_at(file_.get(), place, end_at - place.size()) &&
          zip_number(place, 0, 4) == kZip64Place) {
        last = zip_number(place, 8, 8);
        if (last > size_ || size_ - last < large.size() || !read_at(file_.get(), large, last) ||
            zip_number(large, 0, 4) != kZip64End)
          return damaged("its large directory is not where it should be");
        bytes = zip_number(large, 40, 8);
        begin = zip_number(large, 48, 8);
      }
    }
    if (bytes > last || begin > last - bytes) return damaged("its directory lies outside of the file");
    const std::uint64_t shift = last - bytes - begin;
    return ZipDirectory{.begin = begin + shift, .end = last, .shift = shift};
  }

  Status take(BlockReader& reader, const MemberSink& sink) const {
    errno = 0;
    const ZipBytes fixed = reader.peek(kZipEntryBytes);
    if (fixed.empty() || zip_number(fixed, 0, 4) != kZipEntry) return damaged("its directory breaks off");
    const auto name_bytes = static_cast<std::size_t>(zip_number(fixed, 28, 2));
    const auto extra_bytes = static_cast<std::size_t>(zip_number(fixed, 30, 2));
    const auto comment_bytes = static_cast<std::size_t>(zip_number(fixed, 32, 2));
    const std::size_t length = kZipEntryBytes + name_bytes + extra_bytes;
    const ZipBytes entry = reader.peek(length);
    if (entry.empty()) return damaged("its directory breaks off");
    const auto place = place_of(entry, entry.subspan(kZipEntryBytes + name_bytes));
    const std::uint64_t mode = zip_number(entry, 38, 4) >> 16U;
    const bool linked = zip_number(entry, 5, 1) == 3 && (mode & 0xF000U) == 0xA000U;  // made on Unix: a symbolic link
    std::string raw(reinterpret_cast<const char*>(entry.data()) + kZipEntryBytes, name_bytes);
    reader.skip(length + comment_bytes);
    auto name = safe_member_name(path_, std::move(raw));
    if (!name) return fail(std::move(name.error()));
    if (!place) return damaged("a member lies outside of the file");
    if (linked || name->empty() || name->ends_with('/')) return {};
    return sink({.name = std::move(*name), .place = *place});
  }

  /// None: outside of the file.
  [[nodiscard]] std::optional<MemberPlace> place_of(ZipBytes entry, ZipBytes extra) const {
    const std::uint64_t method = zip_number(entry, 10, 2);
    MemberPlace place{.offset = zip_number(entry, 42, 4),
                      .packed = zip_number(entry, 20, 4),
                      .size = zip_number(entry, 24, 4),
                      .checksum = static_cast<std::uint32_t>(zip_number(entry, 16, 4)),
                      .packing = method == 0   ? Packing::Stored
                                 : method == 8 ? Packing::Deflated
                                               : Packing::Unknown,
                      .zipped = true,
                      .method = static_cast<std::uint16_t>(method)};
    if ((zip_number(entry, 8, 2) & 1U) != 0) place.packing = Packing::Encrypted;
    while (extra.size() >= 4) {
      const auto id = zip_number(extra, 0, 2);
      const auto bytes = static_cast<std::size_t>(zip_number(extra, 2, 2));
      if (bytes > extra.size() - 4) break;
      if (id == 1) read_large(extra.subspan(4, bytes), place);
      extra = extra.subspan(4 + bytes);
    }
    place.offset += shift_;
    if (place.offset < shift_ || place.offset > size_ || place.packed > size_ - place.offset) return std::nullopt;
    return place;
  }

  static void read_large(ZipBytes numbers, MemberPlace& place) {
    for (std::uint64_t* number : {&place.size, &place.packed, &place.offset}) {
      if (*number != kZipIn64 || numbers.size() < 8) continue;
      *number = zip_number(numbers, 0, 8);
      numbers = numbers.subspan(8);
    }
  }

  const File& file_;
  const std::string& path_;
  std::uint64_t size_;
  const SourceContext& context_;
  std::uint64_t shift_ = 0;
};

}  // namespace

Status list_zip(const File& file, const std::string& path, std::uint64_t size, const SourceContext& context,
                const MemberSink& sink) {
  return ZipListing(file, path, size, context).run(sink);
}

ArchiveFormat archive_format(int descriptor, std::uint64_t size) {
  std::array<std::byte, 512> head{};
  if (size < 4 ||
      !read_at(descriptor, std::span(head).first(static_cast<std::size_t>(std::min<std::uint64_t>(size, 512))), 0))
    return ArchiveFormat::Unknown;
  const std::uint64_t magic = zip_number(head, 0, 4);
  if (magic == 0x04034B50 || magic == kZipEnd) return ArchiveFormat::Zip;
  const std::string_view ustar(reinterpret_cast<const char*>(head.data()) + 257, 5);
  return ustar == "ustar" ? ArchiveFormat::Tar : ArchiveFormat::Unknown;
}

}  // namespace feedline::inline nodes
