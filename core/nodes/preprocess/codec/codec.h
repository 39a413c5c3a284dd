// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Reading pictures from encoded bytes. Bytes come from files that nobody vouches for: every function here either gives
// a right picture or an Error, within bounded memory.

#include "base/error.h"
#include "nodes/preprocess/codec/levels.h"
#include "schema/datum.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace feedline::inline schema {
class NextNode;
}  // namespace feedline::inline schema

namespace feedline::inline nodes {}

namespace feedline::inline nodes::codec {

using Bytes = std::span<const std::byte>;

enum class Format { Unknown, Jpeg, Png, WebP, Gif, Bmp, Tiff, Heif };
/// By the first bytes; file names are not looked at.
[[nodiscard]] Format sniff(Bytes bytes);

enum class Colour { Rgb, Grey };
/// What becomes of an alpha channel.
enum class Alpha { Drop, OnWhite, OnBlack };

/// What is wanted of a picture.
struct DecodeRequest {
  Colour colour = Colour::Rgb;
  Alpha alpha = Alpha::Drop;
  std::uint64_t max_pixels = 100'000'000;  ///< a picture that declares more is refused before any memory is taken
  bool keep_damaged = false;               ///< keep what could be read of a truncated or corrupt file, the rest grey
  std::optional<ValueRange> range{};       ///< of colours of more than 8 bits; none: all that their type can hold
  const NextNode* next = nullptr;          ///< who will look at it: read only what that one wants; null: all
  [[nodiscard]] int channels() const { return colour == Colour::Rgb ? 3 : 1; }
};

/// Decodes JPEG (baseline, progressive, grey, CMYK), PNG (all depths, interlaced), WebP and GIF (the first frame of
/// animations), BMP, TIFF (the first page; strips, tiles, planes; whole and real numbers), HEIC and AVIF into u8 HWC
/// with one or three channels, turned upright as EXIF says. A file that ends too early is fine if every pixel was there
/// all the same: a JPEG without its end marker, a PNG without its last chunk. If request.next wants less than the whole
/// picture, the Datum may hold only a part of it, JPEG also at a smaller scale: see Datum::part(). What is not read is
/// not judged: such a part may come from a file that is damaged elsewhere. Errors are record errors without a file, or
/// that the machine has no memory left.
Status decode(Bytes bytes, const DecodeRequest& request, Datum& out);

/// One row of `width` pixels of 8-bit R, G, B, A to what the request asks for.
void convert_rgba_row(const std::uint8_t* rgba, std::size_t width, const DecodeRequest& request, std::uint8_t* to);

/// Encodes a u8 HWC picture of one or three channels as baseline JPEG (4:2:0). `quality` 1..100.
[[nodiscard]] Result<std::vector<std::byte>> encode_jpeg(const std::uint8_t* pixels, int width, int height,
                                                         int channels, int quality);

}  // namespace feedline::inline nodes::codec
