// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

namespace feedline::inline base {

/// A row of bits that finds its k-th one (or zero) at once: a subset of numbers below `size` that costs one and an
/// eighth bit for each of them. Counts are kept of every 512 bits and searched by halving, as in Jacobson, "Space-
/// efficient static trees and graphs", FOCS 1989. Unchanging, so any number of threads may ask.
class BitRanks {
 public:
  BitRanks() = default;
  /// Bit i is bit i % 64 of word i / 64; bits from `size` on must be 0.
  BitRanks(std::vector<std::uint64_t> words, std::uint64_t size);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::uint64_t ones() const { return before_.empty() ? 0 : before_.back(); }
  [[nodiscard]] bool operator[](std::uint64_t at) const { return (words_[at / 64] >> (at % 64) & 1U) != 0; }
  /// Where the k-th bit (from 0) that is `bit` stands; there must be one.
  [[nodiscard]] std::uint64_t find(bool bit, std::uint64_t k) const;
  [[nodiscard]] const std::vector<std::uint64_t>& words() const { return words_; }

 private:
  std::vector<std::uint64_t> words_{};
  std::vector<std::uint64_t> before_{};  ///< ones in front of each block, and behind the last
  std::uint64_t size_ = 0;
};

}  // namespace feedline::inline base
