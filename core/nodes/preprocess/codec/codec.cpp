// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/codec.h"

#include "nodes/preprocess/codec/exif.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace feedline::codec {
namespace {

/// Memory for pictures that must still be turned; kept from record to record.
std::vector<std::uint8_t>& scratch() {
  thread_local std::vector<std::uint8_t> memory;
  return memory;
}

constexpr std::size_t kScratchKept = std::size_t{64} << 20;

/// "starts with 'not a pic'" or "starts with 00 1f 8b 08".
std::string beginning(Bytes bytes) {
  const Bytes head = bytes.first(std::min<std::size_t>(bytes.size(), 16));
  bool printable = true;
  std::string text;
  std::string numbers;
  for (const std::byte b : head) {
    const auto c = std::to_integer<unsigned char>(b);
    printable = printable && ((c >= 0x20 && c < 0x7F) || c == '\n' || c == '\r' || c == '\t');
    text += c < 0x20 ? ' ' : static_cast<char>(c);
    if (numbers.size() < 24) numbers += fmt::format("{}{:02x}", numbers.empty() ? "" : " ", c);
  }
  return printable ? "'" + text + "'" : numbers;
}

}  // namespace

Format sniff(Bytes bytes) {
  const auto begins = [&](std::string_view magic, std::size_t at = 0) {
    return bytes.size() >= at + magic.size() && std::memcmp(bytes.data() + at, magic.data(), magic.size()) == 0;
  };
  if (begins("\xFF\xD8\xFF")) return Format::Jpeg;
  if (begins("\x89PNG\r\n\x1A\n")) return Format::Png;
  if (begins("RIFF") && begins("WEBP", 8)) return Format::WebP;
  if (begins("BM")) return Format::Bmp;
  return Format::Unknown;
}

Status decode(Bytes bytes, const DecodeRequest& request, Datum& out) {
  if (bytes.empty()) return fail_record("the file is empty", "Delete it, or restore it");
  Canvas canvas(request, out);
  Status status;
  switch (sniff(bytes)) {
    case Format::Jpeg:
      status = decode_jpeg(bytes, canvas);
      break;
    case Format::Png:
      status = decode_png(bytes, canvas);
      break;
    case Format::WebP:
      status = decode_webp(bytes, canvas);
      break;
    case Format::Bmp:
      status = decode_bmp(bytes, canvas);
      break;
    case Format::Unknown:
      return fail_record("not a JPEG, PNG, WebP or BMP picture (starts with " + beginning(bytes) + ")",
                         "Delete it, or convert it");
  }
  if (!status) return status;
  canvas.finish();
  return {};
}

Result<std::uint8_t*> Canvas::begin(std::uint64_t width, std::uint64_t height, int orientation) {
  constexpr std::uint64_t kLongestSide = 65535;
  if (width == 0 || height == 0) return fail_record("a picture without pixels", "Delete it, or restore it");
  if (width > kLongestSide || height > kLongestSide || width * height > request_.max_pixels)
    return fail_record(fmt::format("a picture of {} x {} px ({:.1f} megapixels) is over the limit of {:.1f} megapixels",
                                   width, height, static_cast<double>(width) * static_cast<double>(height) / 1e6,
                                   static_cast<double>(request_.max_pixels) / 1e6),
                       "Shrink it, or raise max_megapixels of decode");
  width_ = static_cast<std::int64_t>(width);
  height_ = static_cast<std::int64_t>(height);
  orientation_ = orientation;
  const std::size_t size = width * height * static_cast<std::size_t>(request_.channels());
  if (orientation_ > 1) {
    scratch().assign(size, 0);
    return scratch().data();
  }
  auto* pixels =
      reinterpret_cast<std::uint8_t*>(out_.allocate(DType::U8, {height_, width_, request_.channels()}, Layout::HWC));
  if (request_.accept_damaged) std::memset(pixels, 0, size);
  return pixels;
}

void Canvas::finish() {
  if (orientation_ <= 1) return;
  const bool swap = swaps_sides(orientation_);
  std::byte* to =
      out_.allocate(DType::U8, {swap ? width_ : height_, swap ? height_ : width_, request_.channels()}, Layout::HWC);
  turn_upright(scratch().data(), width_, height_, request_.channels(), orientation_,
               reinterpret_cast<std::uint8_t*>(to));
  if (scratch().capacity() > kScratchKept) std::vector<std::uint8_t>().swap(scratch());
}

void convert_rgba_row(const std::uint8_t* rgba, std::size_t width, const DecodeRequest& request, std::uint8_t* to) {
  const unsigned ground = request.alpha == Alpha::OnWhite ? 255 : 0;
  for (std::size_t x = 0; x < width; ++x, rgba += 4) {
    const unsigned opacity = request.alpha == Alpha::Drop ? 255 : rgba[3];
    const auto over = [&](unsigned value) {
      return static_cast<std::uint8_t>((value * opacity + ground * (255 - opacity) + 127) / 255);
    };
    if (request.colour == Colour::Rgb) {
      for (int c = 0; c < 3; ++c) *to++ = over(rgba[c]);
    } else {  // ITU-R BT.601 luma, in 1/65536
      const unsigned luma = (19595U * over(rgba[0]) + 38470U * over(rgba[1]) + 7471U * over(rgba[2]) + 32768U) >> 16;
      *to++ = static_cast<std::uint8_t>(luma);
    }
  }
}

}  // namespace feedline::codec
