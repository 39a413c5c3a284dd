// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/plain_text.h"
#include "base/zip_directory.h"
#include "nodes/source/archive_member.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

namespace feedline::inline nodes {
namespace {

MemberPlace zip_place(const ZipEntry& entry) {
  Packing packing = Packing::Unknown;
  if (entry.method == 0) packing = Packing::Stored;
  if (entry.method == 8) packing = Packing::Deflated;
  if (entry.encrypted) packing = Packing::Encrypted;
  return {.offset = entry.offset,
          .packed = entry.packed,
          .size = entry.size,
          .checksum = entry.checksum,
          .packing = packing,
          .zipped = true,
          .method = entry.method};
}

}  // namespace

Status list_zip(const File& file, const std::string& path, std::uint64_t size, const SourceContext& context,
                const MemberSink& sink) {
  const auto named = [&path](Error& error) { return fail(std::move(error).in_file(escape_name(path))); };
  auto directory = ZipDirectory::find(file.get(), size);
  if (!directory) return named(directory.error());
  for (std::uint64_t count = 0;; ++count) {
    if (context.stop.stop_requested()) return fail_cancelled();
    if (context.progress && count % 1024 == 0) context.progress("Reading the archive's directory", directory->share());
    auto entry = directory->next();
    if (!entry) return named(entry.error());
    if (!*entry) return {};
    const MemberPlace place = zip_place(**entry);
    auto name = safe_member_name(path, std::move((*entry)->name));
    if (!name) return fail(std::move(name.error()));
    if ((*entry)->link || name->empty() || name->ends_with('/')) continue;
    if (Status taken = sink({.name = std::move(*name), .place = place}); !taken) return taken;
  }
}

ArchiveFormat archive_format(int descriptor, std::uint64_t size) {
  std::array<std::byte, 512> head{};
  if (size < 4 ||
      !read_at(descriptor, std::span(head).first(static_cast<std::size_t>(std::min<std::uint64_t>(size, 512))), 0))
    return ArchiveFormat::Unknown;
  const std::uint64_t magic = little_endian(head, 0, 4);
  if (magic == 0x04034B50 || magic == 0x06054B50) return ArchiveFormat::Zip;
  const std::string_view ustar(reinterpret_cast<const char*>(head.data()) + 257, 5);
  return ustar == "ustar" ? ArchiveFormat::Tar : ArchiveFormat::Unknown;
}

}  // namespace feedline::inline nodes
