// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/map_guard.h"
#include "nodes/source/file_io.h"
#include "schema/behaviour.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace feedline::inline nodes {

/// An IDX file of unsigned bytes: two zero bytes, type 0x08, the number of dimensions, each dimension as 32 bits big
/// endian, then the items. Source: Y. LeCun, "The MNIST database", file formats.
///
/// Items are read from the file when asked for; a gzip file is first unpacked into the cache folder, once, and then
/// read through a memory map.
class IdxFile {
 public:
  /// Errors name the file: missing, wrong magic, another type, sizes that do not fit the file's length, no items,
  /// truncated or damaged gzip, more unpacked data than the header declares, a full disk; stopped.
  [[nodiscard]] static Result<IdxFile> open(const std::string& path, const SourceContext& context);

  /// Number of items, and the dimensions of one.
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] const std::vector<std::int64_t>& item_dims() const { return item_dims_; }
  [[nodiscard]] std::size_t item_bytes() const { return item_bytes_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// The bytes of item `index`, if they lie in memory already; empty otherwise, and once the mapped file was found to
  /// have become shorter: items that were being looked at then may have turned to zeros.
  [[nodiscard]] std::span<const std::byte> mapped(std::uint64_t index) const;
  /// Copies items [first, first + to.size() / item_bytes()) into `to`. Record error: the file has become shorter.
  Status read(std::uint64_t first, std::span<std::byte> to) const;

 private:
  struct Map {
    const std::byte* data = nullptr;
    std::size_t size = 0;
    std::optional<MapGuard> guard{};
    Map() = default;
    Map(const Map&) = delete;
    Map& operator=(const Map&) = delete;
    ~Map();
  };

  Status parse_header(std::span<const std::byte> head, std::uint64_t total_bytes);
  Status map_cache();
  [[nodiscard]] bool read_anew(std::uint64_t first, std::span<std::byte> to) const;

  std::string path_{};    ///< as the user gave it
  std::string opened_{};  ///< of the open file: that one, or its unpacked copy in the cache
  File file_{};
  std::shared_ptr<const Map> map_{};
  std::uint64_t count_ = 0;
  std::vector<std::int64_t> item_dims_{};
  std::size_t item_bytes_ = 1;
  std::size_t header_bytes_ = 0;
};

}  // namespace feedline::inline nodes
