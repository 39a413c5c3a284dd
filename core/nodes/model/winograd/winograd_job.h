// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to nodes/model/winograd; free of LibTorch.

#include "nodes/model/packed/packed_job.h"

#include <cstddef>

namespace feedline::inline nodes {

/// A picture is cut into tiles of 4×4 outputs, each of which sees 6×6 pixels. At each of 36 points the numbers of all
/// tiles and channels are one matrix, and a convolution one product a point.
inline constexpr std::size_t kWinogradPoints = 36;
inline constexpr std::size_t kWinogradSeen = 36;   ///< pixels that a tile sees
inline constexpr std::size_t kWinogradGiven = 16;  ///< pixels that it gives
inline constexpr std::size_t kWinogradTaps = 9;
/// Channels that a block has as columns; all channels are a multiple of it.
inline constexpr std::size_t kWinogradColumns = 32;
/// Channels that are added up at a time: the filters between these and a block's columns stay in the second cache.
inline constexpr std::size_t kWinogradDepth = 64;

/// 36 matrices. The few unused numbers behind rows and matrices keep neighbours from one place of the first cache.
struct WinogradPlanes {
  float* data = nullptr;
  std::size_t row = 0;
  std::size_t plane = 0;

  static constexpr std::size_t kApart = 16;
  [[nodiscard]] static constexpr std::size_t row_of(std::size_t columns) { return columns + kApart; }
  [[nodiscard]] static constexpr std::size_t plane_of(std::size_t rows, std::size_t columns) {
    return rows * row_of(columns) + kApart;
  }
  [[nodiscard]] static constexpr std::size_t size_of(std::size_t rows, std::size_t columns) {
    return kWinogradPoints * plane_of(rows, columns);
  }
  [[nodiscard]] static WinogradPlanes at(float* data, std::size_t rows, std::size_t columns) {
    return {data, row_of(columns), plane_of(rows, columns)};
  }
};

/// Some tiles of a convolution of 3×3 pixels with stride 1. Pixels are N×H×W×C, filters out×3×3×in. What lies outside
/// of a picture is read from zeros, and written where nobody reads it.
struct WinogradJob {
  std::size_t in = 0;  ///< channels
  std::size_t out = 0;
  std::size_t tiles = 0;
  const float* filters = nullptr;
  const float* bias = nullptr;              ///< null: none
  OutputRange range{};                      ///< of the output
  const float* const* pixels = nullptr;     ///< of the input, 36 a tile
  const float* const* gradients = nullptr;  ///< of the output's gradient, 16 a tile
  float* const* results = nullptr;          ///< of the output, 16 a tile
  float* const* results_back = nullptr;     ///< of the input's gradient, 36 a tile; added to
  float* filters_back = nullptr;            ///< as filters
  bool adds = false;                        ///< to what stands in filters_back; else it is written
  WinogradPlanes seen{};                    ///< tiles × in
  WinogradPlanes given{};                   ///< tiles × out

  /// Numbers that a block needs for itself.
  [[nodiscard]] static constexpr std::size_t scratch(std::size_t tiles) {
    return WinogradPlanes::size_of(kWinogradDepth, kWinogradColumns) +
           WinogradPlanes::size_of(tiles, kWinogradColumns) + kWinogradTaps * kWinogradDepth * kWinogradColumns;
  }
};

}  // namespace feedline::inline nodes
