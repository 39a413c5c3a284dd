// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the first bytes of a picture file say about it, without decoding anything: for statistics only. Whether a file
// can be read is decided by the decoders alone.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace feedline::inline checking {

enum class FileFormat : std::uint8_t { Other, Jpeg, Png, WebP, Gif, Bmp, Tiff, Avif, Heic };
enum class PixelMode : std::uint8_t { Unknown, Grey, GreyAlpha, Rgb, RgbAlpha, Palette, Inks };

struct PictureHeader {
  FileFormat format = FileFormat::Other;
  PixelMode mode = PixelMode::Unknown;
  std::uint8_t bits = 0;  ///< a channel; 0: not known
  bool operator==(const PictureHeader&) const = default;
  auto operator<=>(const PictureHeader&) const = default;
  /// "PNG, grey, 16 bit", "JPEG, RGB".
  [[nodiscard]] std::string text() const;
};

[[nodiscard]] PictureHeader picture_header(std::span<const std::byte> file);

}  // namespace feedline::inline checking
