// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Small pictures in every format and flavour that decode knows, made by the formats' own libraries.

#include <QByteArray>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace feedline::test {

/// Rows of `channels` bytes a pixel: grey, R G B, or C M Y K.
struct Pixels {
  int width = 0;
  int height = 0;
  int channels = 3;
  std::vector<std::uint8_t> values{};
  [[nodiscard]] std::uint8_t* row(int y) {
    return values.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width * channels);
  }
};

/// Waves in all directions, another phase a channel, and some noise: like a photo, no two places are the same.
[[nodiscard]] Pixels waves(int width, int height, int channels = 3);
/// Brightness grows by `step` a pixel to the right and downwards.
[[nodiscard]] Pixels slope(int width, int height, double right, double down);

struct JpegStyle {
  int across = 2;  ///< luma samples for one of colour, 1 to 4
  int down = 2;
  bool progressive = false;
  bool arithmetic = false;
  unsigned restart_rows = 0;  ///< a restart marker after this many rows of blocks
  int quality = 92;
};
/// One channel: grey, three: YCbCr, four: CMYK as Adobe's programs write it (inverted).
[[nodiscard]] QByteArray jpeg_file(Pixels pixels, const JpegStyle& style = {});
/// The JPEG file with an EXIF segment that says so behind its first marker.
[[nodiscard]] QByteArray with_orientation(const QByteArray& jpeg, int orientation, bool big_endian = false);

/// `bits` 8 or 16; a 16-bit value is the 8-bit one times 257.
[[nodiscard]] QByteArray png_file(Pixels pixels, int bits = 8, bool interlaced = false);
[[nodiscard]] QByteArray webp_file(const Pixels& pixels, bool lossless);

struct GifStyle {
  int left = 0;  ///< of the frame on its screen, which is this much larger on every side
  int top = 0;
  bool interlaced = false;
  int transparent = -1;  ///< index
  int frames = 1;        ///< further ones are all black
};
/// A grey picture: index i is brightness i.
[[nodiscard]] QByteArray gif_file(Pixels pixels, const GifStyle& style = {});

struct TiffStyle {
  int bits = 8;          ///< 8, 16 and 32 of whole numbers; 32 and 64 of real ones
  bool real = false;     ///< 0 to 1
  bool planes = false;   ///< each channel by itself
  int tile = 0;          ///< side of a tile, a multiple of 16; 0: strips
  int rows = 7;          ///< of a strip
  int compression = 1;   ///< COMPRESSION_... of tiff.h
  int photometric = -1;  ///< PHOTOMETRIC_...; -1: as the channels say
  int orientation = 1;
  bool premultiplied = false;  ///< the last of two or four channels is opacity, and the others are multiplied by it
  int pages = 1;               ///< further ones are all black
};
/// Grey, grey and opacity, R G B, R G B and opacity, or whatever photometric says. A whole value of 16 bits is the
/// 8-bit one times 257, of 32 bits times 16843009.
[[nodiscard]] QByteArray tiff_file(Pixels pixels, const TiffStyle& style = {});

/// HEIC (HEVC) or AVIF, three or four channels; empty where libheif has no encoder.
[[nodiscard]] QByteArray heif_file(const Pixels& pixels, bool avif, int quality = 90);

}  // namespace feedline::test
