// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/json.h"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace feedline::inline graph {

/// What a file was when it was read or written last: enough to tell later whether somebody else has changed it. A file
/// that was only touched, or replaced by one of the same bytes, is the same.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t modified_ns = 0;
  std::uint64_t size = 0;
  std::uint64_t digest = 0;  ///< of the bytes
  bool operator==(const FileStamp&) const = default;
};

struct StampedGraph {
  Loaded loaded{};
  FileStamp stamp{};
};

/// load_document() and what the file was at that moment.
[[nodiscard]] Result<StampedGraph> read_graph_file(const std::filesystem::path& file,
                                                   const Registry& registry = Registry::instance());

/// May a file that is write-protected be replaced? Renaming over it needs no right to write to it.
enum class Protected { Refuse, Replace };
/// save_document() and what the file is now. A link stays a link: what it leads to is written.
[[nodiscard]] Result<FileStamp> write_graph_file(const Document& document, const std::filesystem::path& file,
                                                 Protected write_protected = Protected::Refuse);

enum class OnDisk { Same, Changed, Gone, Unreadable };
struct DiskState {
  OnDisk state = OnDisk::Same;
  FileStamp stamp{};  ///< what it is now, where it could be read
};
/// Compares a file with what it was. It is read only if its place, size or time differ.
[[nodiscard]] DiskState compare_with_disk(const std::filesystem::path& file, const FileStamp& stamp);

/// Does the file exist and forbid writing: by its mode (for root too, who meant it when he set it) or by who may?
[[nodiscard]] bool is_write_protected(const std::filesystem::path& file);

}  // namespace feedline::inline graph
