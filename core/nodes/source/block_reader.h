// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace feedline::inline nodes {

/// Goes through an open file from front to back, in pieces of 256 KiB; what is skipped is not read.
class BlockReader {
 public:
  static constexpr std::size_t kMostPeeked = std::size_t{256} << 10;

  BlockReader(int descriptor, std::uint64_t begin, std::uint64_t end)
      : descriptor_(descriptor), at_(begin), end_(end) {}

  [[nodiscard]] std::uint64_t position() const { return at_; }
  [[nodiscard]] std::uint64_t left() const { return end_ - at_; }
  /// The next `count` bytes, at most kMostPeeked, without going past them. Empty: there are fewer (errno is 0), or they
  /// cannot be read (errno says why). Valid until the next call.
  [[nodiscard]] std::span<const std::byte> peek(std::size_t count);
  /// As far as the end, if there is less.
  void skip(std::uint64_t count) { at_ += count < left() ? count : left(); }

 private:
  int descriptor_;
  std::uint64_t at_;
  std::uint64_t end_;
  std::uint64_t block_at_ = 0;  ///< where the block lies in the file
  std::vector<std::byte> block_{};
};

}  // namespace feedline::inline nodes
