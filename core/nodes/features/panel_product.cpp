// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/features/panel_product.h"

#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#define FEEDLINE_HAS_AVX2_KERNEL 1
#endif

namespace feedline::inline nodes {
namespace {

/// Four numbers that are computed with at once, by whatever instructions the function is compiled for.
using PanelQuad [[gnu::vector_size(32)]] = double;

/// Four of the eight rows of a tile.
[[gnu::always_inline]] inline void add_half_tile(const double* a, const double* b, std::size_t rows, double* tile) {
  PanelQuad sums[8] = {};
  for (std::size_t r = 0; r < rows; ++r, a += kPanel, b += kPanel) {
    PanelQuad left;
    PanelQuad right;
    std::memcpy(&left, b, sizeof left);
    std::memcpy(&right, b + 4, sizeof right);
    sums[0] += a[0] * left;
    sums[1] += a[0] * right;
    sums[2] += a[1] * left;
    sums[3] += a[1] * right;
    sums[4] += a[2] * left;
    sums[5] += a[2] * right;
    sums[6] += a[3] * left;
    sums[7] += a[3] * right;
  }
  for (std::size_t i = 0; i < 8; ++i) {
    PanelQuad so_far;
    std::memcpy(&so_far, tile + 4 * i, sizeof so_far);
    so_far += sums[i];
    std::memcpy(tile + 4 * i, &so_far, sizeof so_far);
  }
}

void add_tile(const double* a, const double* b, std::size_t rows, double* tile) {
  add_half_tile(a, b, rows, tile);
  add_half_tile(a + 4, b, rows, tile + kTile / 2);
}

#ifdef FEEDLINE_HAS_AVX2_KERNEL
[[gnu::target("avx2,fma")]] void add_tile_avx2(const double* a, const double* b, std::size_t rows, double* tile) {
  add_half_tile(a, b, rows, tile);
  add_half_tile(a + 4, b, rows, tile + kTile / 2);
}
#endif

using TileKernel = void (*)(const double* a, const double* b, std::size_t rows, double* tile);

TileKernel best_tile_kernel() {
#ifdef FEEDLINE_HAS_AVX2_KERNEL
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &add_tile_avx2;
#endif
  return &add_tile;
}

}  // namespace

void add_panel_product(const double* a, const double* b, std::size_t rows, double* tile) {
  static const TileKernel kernel = best_tile_kernel();
  kernel(a, b, rows, tile);
}

}  // namespace feedline::inline nodes
