// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled by -O3: runs over records.
#include "checking/picture_header.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace feedline::inline checking {
namespace {

/// Numbers at offsets; beyond the end they are 0.
struct Bytes {
  std::span<const std::byte> all;
  [[nodiscard]] unsigned at(std::size_t i) const { return i < all.size() ? std::to_integer<unsigned>(all[i]) : 0; }
  [[nodiscard]] unsigned big2(std::size_t i) const { return at(i) << 8 | at(i + 1); }
  [[nodiscard]] std::size_t big4(std::size_t i) const { return std::size_t{big2(i)} << 16 | big2(i + 2); }
  [[nodiscard]] unsigned little2(std::size_t i) const { return at(i + 1) << 8 | at(i); }
  [[nodiscard]] bool has(std::string_view text, std::size_t from = 0) const {
    if (all.size() < from + text.size()) return false;
    return std::equal(
        text.begin(), text.end(), all.begin() + static_cast<std::ptrdiff_t>(from),
        [](char c, std::byte b) { return static_cast<unsigned char>(c) == std::to_integer<unsigned>(b); });
  }
};

/// Is this among the compatible brands of the file type box?
bool lists_brand(const Bytes& b, std::string_view brand) {
  constexpr std::size_t kLongest = 256;
  const std::size_t end = std::min(b.big4(0), kLongest);
  for (std::size_t i = 16; i + brand.size() <= end; i += 4)
    if (b.has(brand, i)) return true;
  return false;
}

PixelMode by_channels(unsigned channels) {
  constexpr std::array<PixelMode, 5> kModes = {PixelMode::Unknown, PixelMode::Grey, PixelMode::GreyAlpha,
                                               PixelMode::Rgb, PixelMode::RgbAlpha};
  return channels < kModes.size() ? kModes[channels] : PixelMode::Unknown;
}

/// The frame header tells; segments before it are stepped over.
PictureHeader jpeg(const Bytes& b) {
  PictureHeader header{.format = FileFormat::Jpeg};
  for (std::size_t i = 2; i + 9 < b.all.size() && b.at(i) == 0xFF;) {
    const unsigned marker = b.at(i + 1);
    if (marker == 0xFF) {
      ++i;
      continue;
    }
    const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (frame) {
      header.bits = static_cast<std::uint8_t>(b.at(i + 4));
      const unsigned components = b.at(i + 9);
      header.mode = components == 4 ? PixelMode::Inks : by_channels(components);
      break;
    }
    i += 2 + b.big2(i + 2);
  }
  return header;
}

PictureHeader png(const Bytes& b) {
  PictureHeader header{.format = FileFormat::Png, .bits = static_cast<std::uint8_t>(b.at(24))};
  switch (b.at(25)) {
    case 0:
      header.mode = PixelMode::Grey;
      break;
    case 2:
      header.mode = PixelMode::Rgb;
      break;
    case 3:
      header.mode = PixelMode::Palette;
      break;
    case 4:
      header.mode = PixelMode::GreyAlpha;
      break;
    case 6:
      header.mode = PixelMode::RgbAlpha;
      break;
    default:
      break;
  }
  return header;
}

PictureHeader webp(const Bytes& b) {
  const bool alpha = (b.has("VP8X", 12) && (b.at(20) & 0x10U) != 0) || (b.has("VP8L", 12) && (b.at(24) & 0x10U) != 0);
  return {.format = FileFormat::WebP, .mode = alpha ? PixelMode::RgbAlpha : PixelMode::Rgb, .bits = 8};
}

PictureHeader bmp(const Bytes& b) {
  const unsigned bits = b.little2(28);
  if (bits >= 16)
    return {.format = FileFormat::Bmp, .mode = bits == 32 ? PixelMode::RgbAlpha : PixelMode::Rgb, .bits = 8};
  return {.format = FileFormat::Bmp, .mode = PixelMode::Palette, .bits = static_cast<std::uint8_t>(bits)};
}

/// The first directory: bits a sample (258), photometric interpretation (262), samples a pixel (277).
PictureHeader tiff(const Bytes& b) {
  const bool big = b.at(0) == 'M';
  const auto two = [&](std::size_t i) { return big ? b.big2(i) : b.little2(i); };
  const auto four = [&](std::size_t i) { return big ? b.big4(i) : std::size_t{b.little2(i + 2)} << 16 | b.little2(i); };
  PictureHeader header{.format = FileFormat::Tiff, .bits = 1};
  const std::size_t directory = four(4);
  unsigned samples = 1;
  unsigned meaning = 1;
  for (std::size_t n = 0; n < std::min(two(directory), 200U); ++n) {
    const std::size_t entry = directory + 2 + 12 * n;
    const unsigned tag = two(entry);
    if (tag == 258) header.bits = static_cast<std::uint8_t>(two(four(entry + 4) > 2 ? four(entry + 8) : entry + 8));
    if (tag == 262) meaning = two(entry + 8);
    if (tag == 277) samples = two(entry + 8);
  }
  header.mode = meaning == 3 ? PixelMode::Palette : meaning == 5 ? PixelMode::Inks : by_channels(samples);
  return header;
}

}  // namespace

PictureHeader picture_header(std::span<const std::byte> file) {
  const Bytes b{file};
  if (b.has("\xFF\xD8\xFF")) return jpeg(b);
  if (b.has("\x89PNG")) return png(b);
  if (b.has("RIFF") && b.has("WEBP", 8)) return webp(b);
  if (b.has("GIF8")) return {.format = FileFormat::Gif, .mode = PixelMode::Palette, .bits = 8};
  if (b.has(std::string_view("II*\0", 4)) || b.has(std::string_view("MM\0*", 4))) return tiff(b);
  if (b.has("ftypavi", 4)) return {.format = FileFormat::Avif};
  // "mif1" says no more than that it is a still picture; which codec follows from the brands behind it.
  if (b.has("ftypmif1", 4)) return {.format = lists_brand(b, "avif") ? FileFormat::Avif : FileFormat::Heic};
  if (b.has("ftyphe", 4)) return {.format = FileFormat::Heic};
  if (b.has("BM")) return bmp(b);
  return {};
}

std::string PictureHeader::text() const {
  constexpr std::array<const char*, 9> kFormats = {"other", "JPEG", "PNG",  "WebP", "GIF",
                                                   "BMP",   "TIFF", "AVIF", "HEIC"};
  constexpr std::array<const char*, 7> kModes = {"",        "grey", "grey with alpha", "RGB", "RGB with alpha",
                                                 "palette", "CMYK"};
  std::string text = kFormats[static_cast<std::size_t>(format)];
  if (mode != PixelMode::Unknown) text += std::string(", ") + kModes[static_cast<std::size_t>(mode)];
  if (bits != 0 && bits != 8) text += ", " + std::to_string(bits) + " bit";
  return text;
}

}  // namespace feedline::inline checking
