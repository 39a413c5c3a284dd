// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/codec.h"

#include "nodes/preprocess/codec/canvas.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace feedline::codec {
namespace {

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
  if (begins("GIF87a") || begins("GIF89a")) return Format::Gif;
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
    case Format::Gif:
      status = decode_gif(bytes, canvas);
      break;
    case Format::Bmp:
      status = decode_bmp(bytes, canvas);
      break;
    case Format::Unknown:
      return fail_record("not a JPEG, PNG, WebP, GIF or BMP picture (starts with " + beginning(bytes) + ")",
                         "Delete it, or convert it");
  }
  if (!status) return status;
  canvas.finish();
  return {};
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
