// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Sizes of pictures, before a run (descriptions) and during it (data), whatever their layout. Free of OpenCV.

#include "base/error.h"
#include "schema/behaviour.h"
#include "schema/datum.h"
#include "schema/tensor_desc.h"

#include <cstdint>

namespace feedline::inline nodes {

/// Height, width and channels as far as they are known.
struct PictureShape {
  Dim height;
  Dim width;
  Dim channels;
};

/// Height, width and channels of a picture at hand.
struct PictureSize {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 0;
  [[nodiscard]] std::int64_t pixels() const { return height * width; }
};

/// Of a description at port `image`. Error: no picture (encoded bytes, say), naming the port and the node that helps.
[[nodiscard]] Result<PictureShape> picture_shape(const TensorDesc& in);
/// The same description with another height and width.
[[nodiscard]] TensorDesc with_size(const TensorDesc& in, const Dim& height, const Dim& width);

/// Of a value. Error (for the record): not three-dimensional, an empty side, not u8 or f32, or a part of a picture:
/// parts are made only for a node that asked for them by its demand(), which uses whole_picture_size().
[[nodiscard]] Result<PictureSize> picture_size(const Datum& in);
/// The same, but of a part (Datum::part()) it is the size of the whole picture.
[[nodiscard]] Result<PictureSize> whole_picture_size(const Datum& in);
/// Makes room in `out` for a picture like `in`, with another height and width.
std::byte* allocate_like(const Datum& in, Datum& out, std::int64_t height, std::int64_t width);

/// Of a node that changes a picture with this probability, and none outside training: draws, and shows in `out` the
/// picture as it is where it is left alone.
[[nodiscard]] inline bool left_alone(double probability, const Datum& in, Datum& out, OpContext& context) {
  if (context.training && context.rng.chance(probability)) return false;
  out.view(in);
  return true;
}

}  // namespace feedline::inline nodes
