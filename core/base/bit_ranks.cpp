// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/bit_ranks.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>

namespace feedline::inline base {
namespace {

constexpr std::size_t kWordsABlock = 8;
constexpr std::uint64_t kBitsABlock = kWordsABlock * 64;

/// Place of the k-th one in a word that has so many: by bytes, then bit by bit.
unsigned nth_one(std::uint64_t word, unsigned k) {
  unsigned at = 0;
  for (;; at += 8) {
    const auto here = static_cast<unsigned>(std::popcount((word >> at) & 0xFFU));
    if (k < here) break;
    k -= here;
  }
  word >>= at;
  for (; k > 0; --k) word &= word - 1;
  return at + static_cast<unsigned>(std::countr_zero(word));
}

}  // namespace

BitRanks::BitRanks(std::vector<std::uint64_t> words, std::uint64_t size) : words_(std::move(words)), size_(size) {
  words_.resize(static_cast<std::size_t>((size + 63) / 64));
  before_.reserve(words_.size() / kWordsABlock + 2);
  std::uint64_t ones = 0;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if (i % kWordsABlock == 0) before_.push_back(ones);
    ones += static_cast<std::uint64_t>(std::popcount(words_[i]));
  }
  before_.push_back(ones);
}

std::uint64_t BitRanks::find(bool bit, std::uint64_t k) const {
  const auto in_front = [&](std::size_t block) {
    return bit ? before_[block] : std::uint64_t{block} * kBitsABlock - before_[block];
  };
  std::size_t low = 0;  // the last block with at most k in front of it
  for (std::size_t high = before_.size() - 1; high - low > 1;) {
    const std::size_t middle = low + (high - low) / 2;
    (in_front(middle) <= k ? low : high) = middle;
  }
  k -= in_front(low);
  for (std::size_t at = low * kWordsABlock;; ++at) {
    const std::uint64_t word = bit ? words_[at] : ~words_[at];
    const auto here = static_cast<std::uint64_t>(std::popcount(word));
    if (k < here) return std::uint64_t{at} * 64 + nth_one(word, static_cast<unsigned>(k));
    k -= here;
  }
}

}  // namespace feedline::inline base
