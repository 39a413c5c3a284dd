// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>

namespace feedline::inline nodes {

/// Fills a mask of dropout: 1/keep with the probability `keep`, else 0; 0 < keep < 1. The same seed gives the same bytes
/// on every machine. LibTorch draws one number after the other from a Mersenne Twister, 4 ns each, which is a fifth of a
/// small network's step; sixteen generators side by side take a tenth of that.
/// Source: xoshiro128+ of Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 2021, whose
/// states SplitMix64 spreads out (Steele et al., "Fast splittable pseudorandom number generators", OOPSLA 2014).
void fill_kept(std::span<float> mask, double keep, std::uint64_t seed);

}  // namespace feedline::inline nodes
