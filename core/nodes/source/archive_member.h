// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What lies in a tar or zip file, and where. Archives are never unpacked: their directory is read once, and a member by
// itself when it is its turn. (libarchive does not tell where the bytes of a member begin, which that takes.)

#include "nodes/source/file_io.h"
#include "schema/behaviour.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace feedline::inline nodes {

/// How the bytes of a member are kept.
enum class Packing : std::uint8_t { Stored, Deflated, Encrypted, Unknown };

/// Where a member lies.
struct MemberPlace {
  std::uint64_t offset = 0;  ///< of its bytes; in a zip file of the local header in front of them
  std::uint64_t packed = 0;  ///< bytes in the archive
  std::uint64_t size = 0;    ///< bytes unpacked, as declared
  std::uint32_t checksum = 0;
  Packing packing = Packing::Stored;
  bool zipped = false;  ///< of a zip file: there is a local header, and the CRC-32 is known
  std::uint16_t method = 0;
};

struct ArchiveMember {
  std::string name{};  ///< raw bytes, without "./" in front
  MemberPlace place{};
};

/// Takes regular files, in the order of the archive; an error ends the listing.
using MemberSink = std::function<Status(const ArchiveMember&)>;

enum class ArchiveFormat : std::uint8_t { Unknown, Tar, Zip };
/// By the bytes, not by the name.
[[nodiscard]] ArchiveFormat archive_format(int descriptor, std::uint64_t size);

/// Lists a tar file (ustar, GNU and pax names and sizes). Only headers are read. A last member that ends behind the end
/// of the file is listed; reading it fails. Errors name the file: no tar file, a damaged header, a name that leads out
/// of the archive; stopped; the sink's own.
Status list_tar(const File& file, const std::string& path, std::uint64_t size, const SourceContext& context,
                const MemberSink& sink);
/// Lists a zip file (zip64 too) by its central directory. Errors name the file: no zip file, no or a damaged directory,
/// a name that leads out of the archive; stopped; the sink's own.
Status list_zip(const File& file, const std::string& path, std::uint64_t size, const SourceContext& context,
                const MemberSink& sink);

/// The name without "./", or the error that the archive is not to be trusted: absolute, or with ".." in it.
[[nodiscard]] Result<std::string> safe_member_name(const std::string& path, std::string name);

/// Reads a whole member into `out` as u8 bytes. Record errors: it ends behind the end of the file, is empty, encrypted
/// or packed in a way that cannot be read, declares over 256 MiB or more than its bytes can hold, does not unpack to
/// what it declares, or has another checksum. No more memory is taken than a sound member declares.
Status read_member(const File& file, const std::string& path, const MemberPlace& place, Datum& out);

/// Unpacks a deflated member of any size into `sink`, in pieces of at most 256 KiB, and checks length and checksum. Its
/// errors are record errors as those of read_member(); stopped; the sink's own.
Status unpack_member(const File& file, const std::string& path, const MemberPlace& place, const SourceContext& context,
                     const std::function<Status(std::span<const std::byte>)>& sink);

/// Where the bytes of a member lie in the file. Record error: there is no local header where there should be one.
[[nodiscard]] Result<std::uint64_t> member_begin(const File& file, const std::string& path, const MemberPlace& place);

}  // namespace feedline::inline nodes
