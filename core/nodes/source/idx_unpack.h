// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/source/file_io.h"
#include "schema/behaviour.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace feedline::inline nodes {

inline constexpr std::size_t kMaxIdxDims = 4;
inline constexpr std::uint64_t kMostIdxBytes = std::uint64_t{1} << 40;

/// The beginning of an IDX file.
struct IdxHeader {
  std::vector<std::int64_t> dims{};  ///< the number of items first
  std::size_t bytes = 0;             ///< of the header itself
  std::size_t item_bytes = 1;
  std::uint64_t total_bytes = 0;  ///< of the whole file, as declared

  /// Errors name `path`: wrong magic, another type than unsigned bytes, no items, absurd sizes, an early end.
  [[nodiscard]] static Result<IdxHeader> parse(std::span<const std::byte> head, const std::string& path);
};

/// Unpacks a gzip-packed IDX file into the cache folder and returns the copy's path. A copy that was made before of the
/// same path, size and time of change is taken as it is. The copy appears under its name only when it is complete;
/// unpacking ends as soon as there is more than the header declares.
[[nodiscard]] Result<std::filesystem::path> unpack_idx(int descriptor, const std::string& path, const FileFacts& facts,
                                                       const SourceContext& context);

}  // namespace feedline::inline nodes
