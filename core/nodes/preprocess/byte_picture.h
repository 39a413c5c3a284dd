// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Operations on 8-bit pictures as decode gives them, in rows of pixels of one or three channels (grey, or R G B).

#include "nodes/preprocess/picture.h"

#include <array>
#include <cstdint>
#include <span>

namespace feedline::inline nodes {

/// Of a description at port `image`: the same. Errors, with the node that helps: no picture, not 8-bit, planes, another
/// number of channels than one or three.
[[nodiscard]] Result<TensorDesc> infer_bytes(const TensorDesc& in);
/// Of a value. Error (for the record): none such.
[[nodiscard]] Result<PictureSize> byte_picture_size(const Datum& in);
/// A copy of the picture in `out`, to be worked on in place. `in` must have passed byte_picture_size().
[[nodiscard]] std::span<std::uint8_t> copied_bytes(const Datum& in, Datum& out);

/// What becomes of each value of a byte.
using ByteTable = std::array<std::uint8_t, 256>;
void look_up(std::span<std::uint8_t> bytes, const ByteTable& table);

/// `from` + factor * (`to` - `from`), cut off to 0..255. Source: PIL's Image.blend(), which leaves the fraction away.
[[nodiscard]] std::uint8_t blended(int from, int to, float factor);
/// Luma of ITU-R 601-2, rounded, as PIL converts to its mode L.
[[nodiscard]] inline int luma(const std::uint8_t* rgb) {
  return (rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16;
}

// A factor of 1 changes nothing, 0 gives black, an even grey, a grey picture, a smoothed one. Source: PIL's
// ImageEnhance, which torchvision's ColorJitter and RandAugment use.
void adjust_brightness(std::span<std::uint8_t> bytes, double factor);
void adjust_contrast(std::span<std::uint8_t> bytes, std::int64_t channels, double factor);
/// Only of three channels.
void adjust_saturation(std::span<std::uint8_t> rgb, double factor);
/// Turns colours by `turns` of the whole circle (-0.5 to 0.5), only of three channels. Source: torchvision's
/// adjust_hue(), in real numbers.
void adjust_hue(std::span<std::uint8_t> rgb, double turns);
/// From one memory to another; pixels at the border stay as they are.
void adjust_sharpness(std::span<const std::uint8_t> from, std::uint8_t* to, const PictureSize& size, double factor);

/// Three channels become their luma.
void make_grey(std::span<std::uint8_t> rgb);
/// Keeps the upper `bits` of each value, 0 to 8.
void posterise(std::span<std::uint8_t> bytes, int bits);
/// Inverts values from `threshold` on.
void solarise(std::span<std::uint8_t> bytes, double threshold);
/// Each channel by itself, so that its darkest value becomes 0 and its brightest 255 (PIL's autocontrast()).
void stretch_channels(std::span<std::uint8_t> bytes, std::int64_t channels);
/// Each channel by itself, so that all values are about equally frequent (PIL's equalize()).
void equalise_channels(std::span<std::uint8_t> bytes, std::int64_t channels);

}  // namespace feedline::inline nodes
