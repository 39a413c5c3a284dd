// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "schema/datum.h"
#include "schema/tensor_desc.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

/// From a place of the result to the place of the source that is seen there, in pixels; (0, 0) is the upper left corner
/// of the first pixel, whose middle is (0.5, 0.5): x = m[0] X + m[1] Y + m[2], y = m[3] X + m[4] Y + m[5].
using AffineMap = std::array<double, 6>;
/// The same with perspective: three rows of a homogeneous matrix, between the middles of pixels as whole numbers.
using PerspectiveMap = std::array<double, 9>;

/// What is done to a picture: scaled, sheared, turned, then moved.
struct AffineChange {
  double degrees = 0;  ///< clockwise
  double shift_x = 0;  ///< px, to the right
  double shift_y = 0;  ///< px, downwards
  double scale = 1;
  double shear_x = 0;  ///< degrees
  double shear_y = 0;
};

/// The map that shows a picture so changed about its centre. Source: torchvision's _get_inverse_affine_matrix().
[[nodiscard]] AffineMap inverse_of(const AffineChange& change, double centre_x, double centre_y);

/// How pixels are interpolated, and what is shown where the source ends.
struct WarpStyle {
  std::string_view filter = "linear";
  double fill = 0;
};

/// Choices of the `filter` parameter of nodes that warp, and the texts of theirs and of `fill`.
[[nodiscard]] std::vector<std::string> warp_filters();
inline constexpr std::string_view kWarpFilterDoc =
    "'linear' mixes four pixels; 'nearest' takes one, which is faster and keeps hard edges.";
inline constexpr std::string_view kWarpFillDoc =
    "Value of what comes in from outside of the picture, in its own numbers: 0 to 255 of a decoded one.";

/// Description of a warped picture: that of the picture itself. Errors: no picture, more than four channels, a fill
/// that its type cannot hold.
[[nodiscard]] Result<TensorDesc> infer_warp(const TensorDesc& in, double fill);

/// Writes what the map shows into `out`, as large as `in`. u8 or f32, HWC or CHW. Record errors: no picture, more than
/// four channels.
Status warp(const Datum& in, const AffineMap& map, const WarpStyle& style, Datum& out);
Status warp(const Datum& in, const PerspectiveMap& map, const WarpStyle& style, Datum& out);

}  // namespace feedline::inline nodes
