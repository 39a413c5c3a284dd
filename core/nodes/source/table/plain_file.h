// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/source/file_io.h"
#include "schema/behaviour.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace feedline::inline nodes {

/// A row of a table has at most so many bytes, whatever the file says.
inline constexpr std::size_t kLongestRow = std::size_t{16} << 20;

/// A file of at most so many bytes is mapped, and its index may be fine; what is larger stays out of the resident
/// memory.
inline constexpr std::uint64_t kMappedUpTo = std::uint64_t{16} << 20;

/// A text file as UTF-8, open: the user's own, or a copy of it in the cache folder.
struct PlainFile {
  File file{};
  FileFacts facts{};        ///< of the open file
  std::string path{};       ///< of the user's file
  std::string opened{};     ///< of the open one
  FileFacts original{};     ///< of the user's file
  std::uint64_t begin = 0;  ///< where its text begins, behind a byte order mark

  /// Error: the open file has changed since, so that nothing is where it was found. One that was put in the place of
  /// its name is no matter.
  [[nodiscard]] Status unchanged() const;
  /// The same, looked at in one of 64 calls of a thread: for each record that is read.
  [[nodiscard]] Status unchanged_at_times() const;
};

/// Opens a text file. One that is packed with gzip, or not UTF-8, is written to the cache folder as plain UTF-8 first,
/// once for a path, size, time of change and encoding; the copy appears under its name only when it is complete.
/// `encoding`: "auto" (byte order mark, ICU), or a name that ICU knows. Errors name the file: missing, damaged, no
/// text, a line of more than kLongestRow within a packed file, a copy of more than `most` bytes, a full disk; an
/// unknown encoding; stopped. `most`: half of what is free on the disk of the cache folder, unless it is given.
[[nodiscard]] Result<PlainFile> open_plain(const std::string& path, const std::string& encoding,
                                           const SourceContext& context, std::optional<std::uint64_t> most = {});

/// What legacy encoding the bytes around `at` are written in; UTF-8 if they are rather damaged.
[[nodiscard]] Result<std::string> encoding_around(const PlainFile& plain, std::uint64_t at);

}  // namespace feedline::inline nodes
