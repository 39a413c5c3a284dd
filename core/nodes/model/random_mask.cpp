// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/random_mask.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

// Written once, on vectors of the compiler's, as training/flat_loops.cpp: built for AVX2 too, taken where there is it.
#if defined(__x86_64__) && defined(__GNUC__)
#define FEEDLINE_WIDE_MASK [[gnu::target("avx2")]]
#endif

namespace feedline::inline nodes {
namespace {

using MaskWords [[gnu::vector_size(32)]] = std::uint32_t;
using MaskFloats [[gnu::vector_size(32)]] = float;

constexpr std::size_t kMaskEight = 8;
constexpr std::size_t kMaskStreams = 2;  // whose steps do not wait for each other
constexpr std::size_t kMaskStep = kMaskEight * kMaskStreams;

std::uint64_t split_mix(std::uint64_t& state) {
  std::uint64_t mixed = state += 0x9e3779b97f4a7c15ULL;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
  return mixed ^ (mixed >> 31);
}

/// Eight generators a stream.
struct MaskStates {
  MaskWords words[kMaskStreams][4];

  explicit MaskStates(std::uint64_t seed) {
    for (auto& stream : words)
      for (MaskWords& word : stream)
        for (std::size_t lane = 0; lane < kMaskEight; lane += 2) {
          const std::uint64_t drawn = split_mix(seed);
          word[lane] = static_cast<std::uint32_t>(drawn);
          word[lane + 1] = static_cast<std::uint32_t>(drawn >> 32) | 1U;  // a state of zeros alone would stay one
        }
    for (auto& stream : words) stream[0] |= MaskWords{1, 1, 1, 1, 1, 1, 1, 1};
  }
};

[[gnu::always_inline]] inline void fill_mask(float* mask, std::size_t count, std::uint32_t below, float value,
                                             MaskStates& states) {
  const MaskFloats kept = MaskFloats{} + value;
  std::size_t at = 0;
  while (at < count) {
    float drawn[kMaskStep];
    for (std::size_t i = 0; i < kMaskStreams; ++i) {
      MaskWords* const s = states.words[i];
      const MaskWords number = s[0] + s[3];
      const MaskWords shifted = s[1] << 9;
      s[2] ^= s[0];
      s[3] ^= s[1];
      s[1] ^= s[2];
      s[0] ^= s[3];
      s[2] ^= shifted;
      s[3] = (s[3] << 11) | (s[3] >> 21);
      const MaskFloats chosen = number < below ? kept : MaskFloats{};
      std::memcpy(drawn + i * kMaskEight, &chosen, sizeof chosen);
    }
    const std::size_t taken = std::min(kMaskStep, count - at);
    if (taken == kMaskStep) {
      std::memcpy(mask + at, drawn, sizeof drawn);
    } else {
      std::memcpy(mask + at, drawn, taken * sizeof(float));
    }
    at += taken;
  }
}

#ifdef FEEDLINE_WIDE_MASK
FEEDLINE_WIDE_MASK void fill_mask_wide(float* mask, std::size_t count, std::uint32_t below, float value,
                                       MaskStates& states) {
  fill_mask(mask, count, below, value, states);
}
#endif

}  // namespace

void fill_kept(std::span<float> mask, double keep, std::uint64_t seed) {
  constexpr double kNumbers = 4294967296.0;
  const auto below = static_cast<std::uint32_t>(std::clamp(keep * kNumbers, 0.0, kNumbers - 1));
  const auto value = static_cast<float>(1 / keep);
  MaskStates states(seed);
#ifdef FEEDLINE_WIDE_MASK
  static const bool wide = __builtin_cpu_supports("avx2") != 0;
  if (wide) return fill_mask_wide(mask.data(), mask.size(), below, value, states);
#endif
  fill_mask(mask.data(), mask.size(), below, value, states);
}

}  // namespace feedline::inline nodes
