// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include <cstdint>
#include <span>

namespace feedline::inline training {

// Loops over numbers that lie flat, each one way through memory, where LibTorch's operations take one each and a few
// microseconds besides. They give the same bytes whatever the processor has: vectors are longer with AVX2, and nothing
// is contracted.

/// How the gradients of a step become one: multiplied by `scale` when they are summed, then kept within ±clip_value.
struct GradientSum {
  double scale = 1;
  double clip_value = 0;  ///< 0: as large as they are
};

/// Sums the gradients of all replicas, of `count` numbers each, into the first of them, and sets the others to 0, where
/// the next step begins. The arithmetic is that of add_, mul_ and clamp_: what is no number stays none.
void sum_gradients(std::span<float* const> gradients, std::int64_t count, const GradientSum& how);

/// The same, and gives the sum of the squares of what stands in the first then; they are gathered in a double before
/// they lose digits.
[[nodiscard]] double sum_and_measure(std::span<float* const> gradients, std::int64_t count, const GradientSum& how);

/// As mul_.
void scale_numbers(float* numbers, std::int64_t count, float factor);

/// average += weight * (to - average), in the form of torch.lerp. LibTorch 1.13 does this one number at a time.
void move_average(float* average, const float* to, std::int64_t count, double weight);

}  // namespace feedline::inline training
