// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/canvas.h"

#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <string>

namespace feedline::inline nodes::codec {
namespace {

// Source: Microsoft, BITMAPINFOHEADER and Bitmap Compression (Windows GDI).
enum Compression : std::uint32_t { kPlain = 0, kRle8 = 1, kRle4 = 2, kBitFields = 3, kAlphaBitFields = 6 };

tl::unexpected<Error> broken_bmp(const std::string& message) {
  return fail_record("a BMP picture that cannot be read: " + message, "Restore the file, or convert it to PNG");
}

struct Header {
  std::uint32_t data_at = 0;
  std::uint32_t size = 0;
  std::int32_t width = 0;
  std::int32_t height = 0;  ///< always positive here; see top_down
  bool top_down = false;
  std::uint32_t bits = 0;
  std::uint32_t compression = kPlain;
  std::uint32_t colours = 0;
};

class BmpReader {
 public:
  explicit BmpReader(Bytes bytes) : bytes_(bytes) {}

  Status read_header();
  Status read_pixels(Canvas& canvas);
  [[nodiscard]] const Header& header() const { return header_; }

 private:
  struct Mask {
    std::uint32_t bits = 0;
    /// The field's value spread over 0..255.
    [[nodiscard]] std::uint8_t of(std::uint32_t pixel) const {
      if (bits == 0) return 0;
      const std::uint64_t value = (pixel & bits) >> std::countr_zero(bits);
      const std::uint64_t most = bits >> std::countr_zero(bits);
      return static_cast<std::uint8_t>((value * 255 + most / 2) / most);
    }
  };

  [[nodiscard]] bool has(std::size_t at, std::size_t length) const {
    return at <= bytes_.size() && bytes_.size() - at >= length;
  }
  /// A little-endian number; the caller knows that it lies in the file.
  [[nodiscard]] std::uint32_t number(std::size_t at, std::size_t length) const {
    std::uint32_t value = 0;
    for (std::size_t i = length; i-- > 0;) value = value << 8 | std::to_integer<std::uint32_t>(bytes_[at + i]);
    return value;
  }
  Status read_palette();
  Status read_masks();
  void plain_row(std::size_t at, std::uint8_t* rgba) const;
  Status unpack(std::vector<std::uint8_t>& indices, std::size_t& rows) const;
  void put(std::uint32_t index, std::uint8_t* rgba) const { std::memcpy(rgba, palette_[index & 255].data(), 4); }

  Bytes bytes_;
  Header header_{};
  std::array<std::array<std::uint8_t, 4>, 256> palette_{};
  std::array<Mask, 4> masks_{};  ///< red, green, blue, alpha
};

Status BmpReader::read_header() {
  if (!has(0, 26)) return broken_bmp("the file ends too early");
  header_.data_at = number(10, 4);
  header_.size = number(14, 4);
  if (header_.size == 12) {  // OS/2
    header_.width = static_cast<std::int32_t>(number(18, 2));
    header_.height = static_cast<std::int32_t>(number(20, 2));
    header_.bits = number(24, 2);
  } else if (header_.size >= 40 && has(14, header_.size)) {
    header_.width = static_cast<std::int32_t>(number(18, 4));
    header_.height = static_cast<std::int32_t>(number(22, 4));
    header_.bits = number(28, 2);
    header_.compression = number(30, 4);
    header_.colours = number(46, 4);
  } else {
    return broken_bmp("its header is damaged");
  }
  if (header_.height < 0 && header_.height != std::numeric_limits<std::int32_t>::min()) {
    header_.top_down = true;
    header_.height = -header_.height;
  }
  if (header_.width <= 0 || header_.height <= 0) return broken_bmp("it has no pixels");
  const std::uint32_t b = header_.bits;
  if (b != 1 && b != 2 && b != 4 && b != 8 && b != 16 && b != 24 && b != 32)
    return broken_bmp(std::to_string(b) + " bits a pixel");
  const std::uint32_t c = header_.compression;
  const bool fields = c == kBitFields || c == kAlphaBitFields;
  if (!(c == kPlain || (c == kRle8 && b == 8) || (c == kRle4 && b == 4) || (fields && (b == 16 || b == 32))))
    return broken_bmp("compression " + std::to_string(c) + " is unknown");
  if (auto status = b <= 8 ? read_palette() : read_masks(); !status) return status;
  return {};
}

Status BmpReader::read_palette() {
  const std::size_t entry = header_.size == 12 ? 3 : 4;
  const std::size_t first = 14 + std::size_t{header_.size};
  const std::size_t most = std::size_t{1} << header_.bits;
  const std::size_t count = header_.colours == 0 ? most : std::min<std::size_t>(header_.colours, most);
  for (auto& colour : palette_) colour = {0, 0, 0, 255};
  for (std::size_t i = 0; i < count; ++i) {
    if (!has(first + i * entry, entry)) return broken_bmp("its palette ends too early");
    for (std::size_t c = 0; c < 3; ++c)
      palette_[i][c] = std::to_integer<std::uint8_t>(bytes_[first + i * entry + 2 - c]);
  }
  return {};
}

Status BmpReader::read_masks() {
  masks_ = header_.bits == 16 ? std::array<Mask, 4>{{{0x7C00}, {0x03E0}, {0x001F}, {0}}}
                              : std::array<Mask, 4>{{{0xFF0000}, {0x00FF00}, {0x0000FF}, {0}}};
  if (header_.compression == kPlain) return {};
  const std::size_t count = header_.compression == kAlphaBitFields || header_.size >= 56 ? 4 : 3;
  for (std::size_t i = 0; i < count; ++i) {
    if (!has(54 + 4 * i, 4)) return broken_bmp("its colour masks are missing");
    masks_[i] = {number(54 + 4 * i, 4)};
  }
  return {};
}

void BmpReader::plain_row(std::size_t at, std::uint8_t* rgba) const {
  const auto width = static_cast<std::size_t>(header_.width);
  for (std::size_t x = 0; x < width; ++x, rgba += 4) {
    if (header_.bits <= 8) {
      const std::size_t bit = x * header_.bits;
      const std::uint32_t shift = 8 - header_.bits - static_cast<std::uint32_t>(bit % 8);
      put(number(at + bit / 8, 1) >> shift & ((1U << header_.bits) - 1), rgba);
      continue;
    }
    const std::size_t bytes = header_.bits / 8;
    const std::uint32_t pixel = number(at + x * bytes, bytes);
    for (std::size_t c = 0; c < 3; ++c) rgba[c] = masks_[c].of(pixel);
    rgba[3] = masks_[3].bits != 0 ? masks_[3].of(pixel) : 255;
  }
}

/// Run-length coding: pairs of count and value, or escapes (end of line, end of picture, move, literal run). `rows`:
/// how many were read in full.
Status BmpReader::unpack(std::vector<std::uint8_t>& indices, std::size_t& rows) const {
  const auto width = static_cast<std::size_t>(header_.width);
  const auto height = static_cast<std::size_t>(header_.height);
  const bool nibbles = header_.compression == kRle4;
  indices.assign(width * height, 0);
  std::size_t x = 0;
  std::size_t& y = rows;
  y = 0;
  const auto emit = [&](std::uint32_t value) {
    if (x < width && y < height) indices[y * width + x] = static_cast<std::uint8_t>(value);
    ++x;
  };
  const auto nibble = [](std::uint32_t pair, std::uint32_t i) { return i % 2 == 0 ? pair >> 4 : pair & 15; };
  for (std::size_t at = header_.data_at; y < height;) {
    if (!has(at, 2) && y + 1 == height && x >= width) break;  // only the end marks are missing
    if (!has(at, 2)) return broken_bmp("the file ends too early");
    const std::uint32_t count = number(at, 1);
    const std::uint32_t value = number(at + 1, 1);
    at += 2;
    if (count > 0) {
      for (std::uint32_t i = 0; i < count; ++i) emit(nibbles ? nibble(value, i) : value);
    } else if (value == 0) {
      x = 0;
      ++y;
    } else if (value == 1) {
      break;
    } else if (value == 2) {
      if (!has(at, 2)) return broken_bmp("the file ends too early");
      x += number(at, 1);
      y += number(at + 1, 1);
      at += 2;
    } else {
      const std::size_t length = nibbles ? (value + 1) / 2 : value;
      if (!has(at, length)) return broken_bmp("the file ends too early");
      for (std::uint32_t i = 0; i < value; ++i) emit(nibbles ? nibble(number(at + i / 2, 1), i) : number(at + i, 1));
      at += length + length % 2;
    }
  }
  y = height;  // what was moved over keeps the first colour
  return {};
}

Status BmpReader::read_pixels(Canvas& canvas) {
  const auto width = static_cast<std::size_t>(header_.width);
  const auto height = static_cast<std::size_t>(header_.height);
  const std::size_t row_bytes = (width * header_.bits + 31) / 32 * 4;
  const bool packed = header_.compression == kRle8 || header_.compression == kRle4;
  const bool keep = canvas.request().keep_damaged;
  std::vector<std::uint8_t> indices;
  Status status;
  std::size_t rows = height;
  if (packed) status = unpack(indices, rows);
  if (!status && !keep) return status;

  const Region& wanted = canvas.wanted();
  std::vector<std::uint8_t> row(width * 4);
  for (std::int64_t y = wanted.y; y < wanted.bottom(); ++y) {
    const std::size_t i = header_.top_down ? static_cast<std::size_t>(y) : height - 1 - static_cast<std::size_t>(y);
    if (packed) {
      if (i >= rows) continue;
      for (std::size_t x = 0; x < width; ++x) put(indices[i * width + x], row.data() + 4 * x);
    } else {
      const std::size_t used = (width * header_.bits + 7) / 8;  // the last row may lack its padding
      const std::size_t at = header_.data_at + i * row_bytes;
      if (!has(at, used)) {
        if (keep) continue;
        return broken_bmp("the file ends too early");
      }
      plain_row(at, row.data());
    }
    canvas.put_rgba(y, row.data() + wanted.x * 4);
  }
  return {};
}

}  // namespace

Status decode_bmp(Bytes bytes, Canvas& canvas) {
  BmpReader reader(bytes);
  if (auto status = reader.read_header(); !status) return status;
  const auto width = static_cast<std::uint64_t>(reader.header().width);
  const auto height = static_cast<std::uint64_t>(reader.header().height);
  if (auto status = canvas.open(width, height); !status) return status;
  (void)canvas.begin();
  return reader.read_pixels(canvas);
}

}  // namespace feedline::inline nodes::codec
