// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace feedline::inline base {

/// Philox4x32-10, one block: 128 random bits that depend on (key, counter) alone.
/// Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
[[nodiscard]] std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key);

/// Random numbers for one (seed, epoch, record, node): the same whatever thread draws them and in whatever order,
/// so a run's bytes do not depend on its worker count.
class Rng {
 public:
  Rng(std::uint64_t seed, std::uint32_t epoch, std::uint64_t record, std::uint32_t node);

  [[nodiscard]] std::uint32_t bits();
  /// Uniform in [0, 1), 24 bits of mantissa.
  [[nodiscard]] double uniform();
  /// Uniform in [low, high).
  [[nodiscard]] double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Uniform integer in [0, count), count >= 1; unbiased to 2^-32 * count.
  [[nodiscard]] std::uint32_t below(std::uint32_t count);
  [[nodiscard]] bool chance(double probability) { return uniform() < probability; }
  /// Standard normal (Box-Muller).
  [[nodiscard]] double normal();

 private:
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> block_{};
  unsigned used_ = 4;
};

/// A seeded permutation of [0, size) that needs no memory: a four-round Feistel network over the next even power of
/// two, walked until it lands inside (cycle walking; Black and Rogaway, "Ciphers with arbitrary finite domains", 2002).
class Permutation {
 public:
  Permutation() = default;
  Permutation(std::uint64_t size, std::uint64_t seed, std::uint32_t stream);

  /// Where position `index` (0 <= index < size) goes. Constant expected time.
  [[nodiscard]] std::uint64_t operator()(std::uint64_t index) const;
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool operator==(const Permutation&) const = default;

 private:
  friend class RememberedPermutation;
  /// What a round adds to the left half: the lowest half_bits_ of it.
  [[nodiscard]] std::uint64_t mixed(std::uint64_t right, std::uint32_t round) const;
  /// One pass through the network, which may lead outside.
  template <class Mixed>
  [[nodiscard]] std::uint64_t pass(std::uint64_t index, const Mixed& mixed) const;

  std::uint64_t size_ = 0;
  unsigned half_bits_ = 1;
  std::array<std::uint32_t, 2> key_{};
  std::uint32_t stream_ = 0;
};

/// The same numbers for whoever asks for many of one permutation: a round's value depends on half of the index alone,
/// so few of them are worked out again and again. Keeps them, at most 64 KiB, as they come up; larger permutations
/// (above 2^26) are worked out. Not thread-safe.
class RememberedPermutation {
 public:
  /// permutation(index).
  [[nodiscard]] std::uint64_t at(const Permutation& permutation, std::uint64_t index);
  /// Puts permutation(index) in the place of each index. Of many at once each costs less: a round waits for the one in
  /// front of it, but not for those of other indices.
  void replace(const Permutation& permutation, std::span<std::uint64_t> indices);

 private:
  void remember(const Permutation& permutation);
  void work_out_all();
  [[nodiscard]] std::uint64_t pass(std::uint64_t index);
  [[nodiscard]] std::uint64_t known_pass(std::uint64_t index) const;
  template <class Pass>
  void replace(std::span<std::uint64_t> indices, const Pass& pass);

  static constexpr unsigned kMostHalfBits = 13;
  static constexpr std::uint16_t kNotKnown = 0xFFFF;

  Permutation of_{};
  std::vector<std::uint16_t> rounds_{};   ///< four a value of the right half
  bool all_known_ = false;
  std::vector<std::uint32_t> outside_{};  ///< which indices must be led on
};

}  // namespace feedline::inline base
