// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/blas.h"

#include "base/clock.h"
#include "base/torch.h"

#include <algorithm>
#include <array>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace feedline::inline training {

Blas loaded_blas() {
  struct Known {
    std::string_view part;
    std::string_view name;
  };
  // In order of precedence: a wrapper such as libblas.so.3 may be provided by any of them.
  constexpr std::array known = {Known{"libmkl_rt", "MKL"},     Known{"libmkl_core", "MKL"},
                                Known{"openblas", "OpenBLAS"}, Known{"libblis", "BLIS"},
                                Known{"/atlas/", "ATLAS"},     Known{"libblas.so", "reference BLAS"}};
  std::ifstream maps("/proc/self/maps");
  std::size_t best = known.size();
  std::string file;
  for (std::string line; std::getline(maps, line);) {
    const auto path = line.find('/');
    if (path == std::string::npos) continue;
    const std::string_view mapped = std::string_view(line).substr(path);
    for (std::size_t i = 0; i < best; ++i) {
      if (mapped.find(known[i].part) == std::string_view::npos) continue;
      best = i;
      file = mapped;
      break;
    }
  }
  if (best < known.size()) return {std::string(known[best].name), file, known[best].name == "reference BLAS"};
  return {at::hasMKL() ? "MKL (built in)" : at::hasLAPACK() ? "built into LibTorch" : "none", "", false};
}

void set_blas_threads(int threads) {
  using Set = void (*)(int);
  if (auto* const set = reinterpret_cast<Set>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set(threads);
}

double measure_matmul(int threads) {
  constexpr std::int64_t side = 1024;
  constexpr int rounds = 6;
  const torch::NoGradGuard no_gradients;
  const int before = at::get_num_threads();
  at::set_num_threads(threads);
  set_blas_threads(threads);
  const at::Tensor a = at::ones({side, side});
  const at::Tensor b = at::ones({side, side});
  at::Tensor c = at::mm(a, b);
  double best = 0;
  for (int round = 0; round < rounds; ++round) {
    const Nanos start = Clock::system().now();
    at::mm_out(c, a, b);
    const double taken = seconds(Clock::system().now() - start);
    best = std::max(best, 2.0 * side * side * side / taken * 1e-9);
    if (taken > 0.3) break;  // a reference BLAS: the point is made
  }
  at::set_num_threads(before);
  set_blas_threads(before);
  return best;
}

}  // namespace feedline::inline training
