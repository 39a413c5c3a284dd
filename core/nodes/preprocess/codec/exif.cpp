// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/exif.h"

#include <cstring>

namespace feedline::inline nodes::codec {
namespace {

/// Reads numbers at any offset; outside of the block they are 0.
class ExifReader {
 public:
  ExifReader(Bytes bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  [[nodiscard]] std::uint32_t number(std::size_t at, std::size_t length) const {
    if (at > bytes_.size() || bytes_.size() - at < length) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < length; ++i) {
      const std::size_t place = at + (big_endian_ ? i : length - 1 - i);
      value = value << 8 | std::to_integer<std::uint32_t>(bytes_[place]);
    }
    return value;
  }

 private:
  Bytes bytes_;
  bool big_endian_;
};

bool starts_with(Bytes bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

}  // namespace

int exif_orientation(Bytes tiff) {
  constexpr std::uint32_t kOrientation = 0x0112;
  constexpr std::uint32_t kShort = 3;
  const bool big = starts_with(tiff, {"MM\0*", 4});
  if (!big && !starts_with(tiff, {"II*\0", 4})) return 1;
  const ExifReader reader(tiff, big);
  const std::size_t directory = reader.number(4, 4);
  const std::uint32_t entries = reader.number(directory, 2);
  for (std::uint32_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + std::size_t{12} * i;
    if (entry + 12 > tiff.size()) break;
    if (reader.number(entry, 2) != kOrientation || reader.number(entry + 2, 2) != kShort) continue;
    const auto value = static_cast<int>(reader.number(entry + 8, 2));
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

int jpeg_orientation(Bytes jpeg) {
  const ExifReader reader(jpeg, true);
  std::size_t at = 2;
  while (at + 4 <= jpeg.size() && reader.number(at, 1) == 0xFF) {
    const std::uint32_t marker = reader.number(at + 1, 1);
    if (marker == 0xFF) {  // fill byte
      ++at;
      continue;
    }
    if (marker == 0xDA || marker == 0xD9) break;  // pixels begin, or the end
    const std::size_t length = reader.number(at + 2, 2);
    if (length < 2 || at + 2 + length > jpeg.size()) break;
    const Bytes segment = jpeg.subspan(at + 4, length - 2);
    if (marker == 0xE1 && starts_with(segment, {"Exif\0\0", 6})) return exif_orientation(segment.subspan(6));
    at += 2 + length;
  }
  return 1;
}

void turn_upright(const std::uint8_t* from, std::int64_t width, std::int64_t height, int channels, int orientation,
                  std::uint8_t* to) {
  const auto [swap, mirror_x, mirror_y] = turn_of(orientation);
  const std::int64_t out_width = swap ? height : width;
  const std::int64_t out_height = swap ? width : height;
  const std::int64_t pixel = channels;
  const std::int64_t row = width * pixel;
  // Steps in `from` for one step right and one step down in `to`.
  const std::int64_t step_x = mirror_x ? -pixel : pixel;
  const std::int64_t step_y = mirror_y ? -row : row;
  const std::uint8_t* origin = from + (mirror_x ? row - pixel : 0) + (mirror_y ? (height - 1) * row : 0);
  const std::int64_t right = swap ? step_y : step_x;
  const std::int64_t down = swap ? step_x : step_y;
  for (std::int64_t y = 0; y < out_height; ++y) {
    const std::uint8_t* at = origin + y * down;
    for (std::int64_t x = 0; x < out_width; ++x, at += right, to += channels)
      for (int c = 0; c < channels; ++c) to[c] = at[c];
  }
}

}  // namespace feedline::inline nodes::codec
