// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include <string>

namespace feedline::inline training {

/// The library that multiplies matrices in this process.
struct Blas {
  std::string name{};      ///< "OpenBLAS", "MKL", "reference BLAS", ...
  std::string file{};      ///< empty when it is built into LibTorch
  bool reference = false;  ///< Netlib's reference implementation: right, and tens of times too slow
};

/// Found in the process's memory map.
[[nodiscard]] Blas loaded_blas();
/// Threads within one product, where the library has threads of its own that LibTorch does not set (OpenBLAS): of the
/// whole process. With one, products of several threads run side by side; with more they take turns.
void set_blas_threads(int threads);
/// Rate of a 1024×1024 f32 product on so many threads, the best of several, in GFLOP/s.
[[nodiscard]] double measure_matmul(int threads);

}  // namespace feedline::inline training
