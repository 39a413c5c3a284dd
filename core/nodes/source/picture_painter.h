// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/random.h"

#include <cstdint>
#include <vector>

namespace feedline::inline nodes {

/// What a generated picture looks like.
struct PictureStyle {
  int size = 128;           ///< px, width and height
  double difficulty = 0.5;  ///< 0..1: clutter, noise, contrast, turning
};

/// Raise it whenever the same seed gives other pixels, so that old caches are not taken for new ones.
inline constexpr int kPainterVersion = 1;

/// Paints shape `shape` of picture_shapes.h over a cluttered background: u8 HWC RGB, size x size. The pixels depend on
/// the arguments and the random numbers alone.
[[nodiscard]] std::vector<std::uint8_t> paint_picture(std::size_t shape, const PictureStyle& style, Rng& rng);

}  // namespace feedline::inline nodes
