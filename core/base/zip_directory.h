// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The directory of a zip file (zip64 too), which stands at its end. Source of the format: PKWARE, APPNOTE.TXT 6.3.

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace feedline::inline base {

/// A member, as the directory says. Nothing of it has been compared with what really stands there.
struct ZipEntry {
  std::string name{};        ///< raw bytes
  std::uint64_t offset = 0;  ///< of the local header in front of its bytes; inside of the file
  std::uint64_t packed = 0;  ///< bytes in the file, which do not go beyond its end
  std::uint64_t size = 0;    ///< bytes unpacked, as declared
  std::uint32_t checksum = 0;
  std::uint16_t method = 0;  ///< 0: stored as it is, 8: deflated
  bool encrypted = false;
  bool link = false;  ///< a symbolic link, made on Unix
};

/// Goes through the directory of an open zip file, a block at a time: it takes no memory that grows with the file.
/// Errors name no file, which the caller knows.
class ZipDirectory {
 public:
  /// Finds the directory. Errors: it is missing (truncated), lies outside of the file, cannot be read.
  [[nodiscard]] static Result<ZipDirectory> find(int descriptor, std::uint64_t size);

  /// The next member; none: that was the last. Errors: the directory breaks off, a member lies outside of the file.
  [[nodiscard]] Result<std::optional<ZipEntry>> next();
  /// How much of the directory has been gone through, 0 to 1.
  [[nodiscard]] double share() const;

  /// Where the bytes of a member begin, behind its local header. Error: there is none where there should be one, or its
  /// bytes go beyond the end of the file.
  [[nodiscard]] static Result<std::uint64_t> bytes_begin(int descriptor, std::uint64_t size, const ZipEntry& entry);

 private:
  [[nodiscard]] std::span<const std::byte> peek(std::size_t count);

  int descriptor_ = -1;
  std::uint64_t size_ = 0;   ///< of the file
  std::uint64_t begin_ = 0;  ///< of the directory
  std::uint64_t end_ = 0;
  std::uint64_t at_ = 0;
  std::uint64_t shift_ = 0;  ///< bytes in front of the archive (a program that unpacks itself), not in its offsets
  std::uint64_t block_at_ = 0;
  std::vector<std::byte> block_{};
};

/// Fills `to` from byte `offset` of a file on. False: the file ends earlier (errno is 0), or it cannot be read.
[[nodiscard]] bool read_fully(int descriptor, std::span<std::byte> to, std::uint64_t offset);
/// `length` bytes (at most 8) as a number, the least first.
[[nodiscard]] std::uint64_t little_endian(std::span<const std::byte> bytes, std::size_t at, std::size_t length);

}  // namespace feedline::inline base
