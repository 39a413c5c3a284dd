// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/random.h"

#include <bit>
#include <cmath>
#include <numbers>
#include <numeric>

namespace feedline::inline base {

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = 0xD2511F53ULL * counter[0];
    const std::uint64_t b = 0xCD9E8D57ULL * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return counter;
}

// Counter: word 0 counts blocks, words 1-2 hold the record, word 3 the epoch. Key: the seed, its upper half mixed with
// the node, so that two nodes never share a stream for any seed below 2^32.
Rng::Rng(std::uint64_t seed, std::uint32_t epoch, std::uint64_t record, std::uint32_t node)
    : counter_{0, static_cast<std::uint32_t>(record), static_cast<std::uint32_t>(record >> 32), epoch},
      key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32) ^ (node * 0x85EBCA6BU)} {}

std::uint32_t Rng::bits() {
  if (used_ == 4) {
    block_ = philox(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[used_++];
}

double Rng::uniform() { return (bits() >> 8) * 0x1p-24; }

std::uint32_t Rng::below(std::uint32_t count) {
  return static_cast<std::uint32_t>((static_cast<std::uint64_t>(bits()) * count) >> 32);
}

double Rng::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

Permutation::Permutation(std::uint64_t size, std::uint64_t seed, std::uint32_t stream)
    : size_(size),
      half_bits_(size <= 2 ? 1U : static_cast<unsigned>(std::bit_width(size - 1) + 1) / 2),
      key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
      stream_(stream) {}

std::uint64_t Permutation::mixed(std::uint64_t right, std::uint32_t round) const {
  const auto bits =
      philox({static_cast<std::uint32_t>(right), static_cast<std::uint32_t>(right >> 32), round, stream_}, key_);
  return ((static_cast<std::uint64_t>(bits[1]) << 32) | bits[0]) & ((std::uint64_t{1} << half_bits_) - 1);
}

template <class Mixed>
std::uint64_t Permutation::pass(std::uint64_t index, const Mixed& mixed) const {
  std::uint64_t left = index >> half_bits_;
  std::uint64_t right = index & ((std::uint64_t{1} << half_bits_) - 1);
  for (std::uint32_t round = 0; round < 4; ++round) {
    const std::uint64_t next = left ^ mixed(right, round);
    left = right;
    right = next;
  }
  return (left << half_bits_) | right;
}

std::uint64_t Permutation::operator()(std::uint64_t index) const {
  do {
    index = pass(index, [this](std::uint64_t right, std::uint32_t round) { return mixed(right, round); });
  } while (index >= size_);
  return index;
}

void RememberedPermutation::remember(const Permutation& permutation) {
  if (!rounds_.empty() && permutation == of_) return;
  of_ = permutation;
  rounds_.assign(std::size_t{4} << of_.half_bits_, kNotKnown);
  all_known_ = false;
}

/// Of many indices nearly all rounds come up: then they need not be asked whether they are known.
void RememberedPermutation::work_out_all() {
  if (all_known_) return;
  for (std::size_t i = 0; i < rounds_.size(); ++i)
    if (rounds_[i] == kNotKnown) rounds_[i] = static_cast<std::uint16_t>(of_.mixed(i / 4, i % 4));
  all_known_ = true;
}

std::uint64_t RememberedPermutation::pass(std::uint64_t index) {
  return of_.pass(index, [this](std::uint64_t right, std::uint32_t round) {
    std::uint16_t& known = rounds_[4 * right + round];
    if (known == kNotKnown) known = static_cast<std::uint16_t>(of_.mixed(right, round));
    return std::uint64_t{known};
  });
}

std::uint64_t RememberedPermutation::known_pass(std::uint64_t index) const {
  const std::uint16_t* const rounds = rounds_.data();
  return of_.pass(
      index, [rounds](std::uint64_t right, std::uint32_t round) { return std::uint64_t{rounds[4 * right + round]}; });
}

std::uint64_t RememberedPermutation::at(const Permutation& permutation, std::uint64_t index) {
  replace(permutation, {&index, 1});
  return index;
}

void RememberedPermutation::replace(const Permutation& permutation, std::span<std::uint64_t> indices) {
  if (permutation.half_bits_ > kMostHalfBits) {
    for (std::uint64_t& index : indices) index = permutation(index);
    return;
  }
  remember(permutation);
  constexpr std::size_t kMany = 32;
  constexpr unsigned kFewHalfBits = 9;
  if (indices.size() >= kMany && of_.half_bits_ <= kFewHalfBits) work_out_all();
  if (all_known_)
    replace(indices, [this](std::uint64_t index) { return known_pass(index); });
  else
    replace(indices, [this](std::uint64_t index) { return pass(index); });
}

template <class Pass>
void RememberedPermutation::replace(std::span<std::uint64_t> indices, const Pass& pass) {
  outside_.resize(indices.size());
  std::iota(outside_.begin(), outside_.end(), 0U);
  for (std::size_t count = indices.size(); count > 0;) {
    std::size_t left = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t place = outside_[i];
      const std::uint64_t led = pass(indices[place]);
      indices[place] = led;
      outside_[left] = place;
      left += led >= of_.size_ ? 1 : 0;
    }
    count = left;
  }
}

}  // namespace feedline::inline base
