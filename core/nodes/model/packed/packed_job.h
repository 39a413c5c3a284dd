// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to nodes/model; free of LibTorch.

#include <cstddef>
#include <limits>

namespace feedline::inline nodes {

/// What is done to a number of a convolution's output last: it is brought to this range.
struct OutputRange {
  float least = -std::numeric_limits<float>::infinity();
  float most = std::numeric_limits<float>::infinity();
};

/// Channels that lie side by side in packed filters: a panel is depth × 32.
inline constexpr std::size_t kPackedColumns = 32;

/// A product: results (count × out) = rows (count × depth) filters (depth × out) + bias + other, within `range`. The
/// depth is `lines` times `line`: the numbers of a row lie in so many pieces.
struct PackedJob {
  std::size_t lines = 1;
  std::size_t line = 0;
  std::size_t apart = 0;  ///< numbers from one piece to the next
  std::size_t out = 0;
  std::size_t count = 0;
  const float* filters = nullptr;  ///< panel by panel, with zeros behind the last channel
  const float* bias = nullptr;     ///< as many numbers as all panels have columns
  const float* rows = nullptr;
  std::size_t row = 0;           ///< numbers from one row to the next; they may overlap
  const float* other = nullptr;  ///< null: none; else as results
  float* results = nullptr;      ///< rows without gaps
  OutputRange range{};
};

}  // namespace feedline::inline nodes
