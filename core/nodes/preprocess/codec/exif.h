// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/preprocess/codec/codec.h"

#include <cstdint>

namespace feedline::inline nodes::codec {

/// The orientation tag (0x0112) in the first directory of a TIFF block, 1..8; 1 if there is none or it is malformed.
/// Source: EXIF 2.32, 4.6.4.
[[nodiscard]] int exif_orientation(Bytes tiff);
/// The same for a whole JPEG file: looks for its APP1 segment.
[[nodiscard]] int jpeg_orientation(Bytes jpeg);

/// How a stored picture becomes an upright one: first mirrored, then, if `swap`, columns made rows.
struct Turn {
  bool swap = false;
  bool mirror_x = false;
  bool mirror_y = false;
};
[[nodiscard]] constexpr Turn turn_of(int orientation) {
  return {.swap = orientation >= 5,
          .mirror_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8,
          .mirror_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7};
}

/// Copies a dense width x height picture (`channels` bytes a pixel) so that it stands upright. Orientations 5 to 8 swap
/// width and height.
void turn_upright(const std::uint8_t* from, std::int64_t width, std::int64_t height, int channels, int orientation,
                  std::uint8_t* to);

}  // namespace feedline::inline nodes::codec
