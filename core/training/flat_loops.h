// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include <cstdint>
#include <span>

namespace feedline::inline training {

/// How the gradients of a step become one: multiplied by `scale` when they are summed, then kept within ±clip_value.
struct GradientSum {
  double scale = 1;
  double clip_value = 0;  ///< 0: as large as they are
};

/// Sums the gradients of all replicas, of `count` numbers each, into the first of them, and gives the sum of the
/// squares of what stands there then. One way through memory, block by block, where LibTorch's operations take one
/// each. The arithmetic is that of add_, mul_ and clamp_; squares are gathered in a double before they lose digits.
double sum_gradients(std::span<float* const> gradients, std::int64_t count, const GradientSum& how);

/// average += weight * (to - average), in the form of torch.lerp. LibTorch 1.13 does this one number at a time.
void move_average(float* average, const float* to, std::int64_t count, double weight);

}  // namespace feedline::inline training
