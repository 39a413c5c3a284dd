// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace feedline::inline training {

/// One finding about this machine.
struct Finding {
  enum class Level { Ok, Weak, Bad };
  Level level = Level::Ok;
  std::string topic{};   ///< "BLAS"
  std::string text{};    ///< "195 GFLOP/s in a 1024x1024 product"
  std::string remedy{};  ///< of a weakness
};

/// Versions, BLAS with a measured matrix rate, JPEG SIMD, cores and their limit, CUDA devices, NVML, cache folder.
/// Takes about a second.
[[nodiscard]] std::vector<Finding> examine_machine();

}  // namespace feedline::inline training
