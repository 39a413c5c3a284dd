// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

namespace feedline::inline nodes {

/// Columns of a panel.
inline constexpr std::size_t kPanel = 8;
/// Numbers of a tile: what two panels give.
inline constexpr std::size_t kTile = kPanel * kPanel;

/// tile[i][j] += sum over r of a[r][i] * b[r][j], of two panels: `rows` rows of kPanel numbers each, dense. The kernel
/// of C += A^T B: with both panels in the first cache, eight sums of four numbers stay in registers. Written for AVX2
/// with fused multiply-add where the processor has them, which it is asked for once; the order of the sums is always
/// the same.
void add_panel_product(const double* a, const double* b, std::size_t rows, double* tile);

}  // namespace feedline::inline nodes
