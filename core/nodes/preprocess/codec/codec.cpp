// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/codec.h"

#include "base/machine_fault.h"
#include "nodes/preprocess/codec/canvas.h"
#include "nodes/preprocess/codec/formats.h"

#include <new>

namespace feedline::inline nodes::codec {
namespace {

Status decode_into(Bytes bytes, Canvas& canvas) {
  switch (sniff(bytes)) {
    case Format::Jpeg:
      return decode_jpeg(bytes, canvas);
    case Format::Png:
      return decode_png(bytes, canvas);
    case Format::WebP:
      return decode_webp(bytes, canvas);
    case Format::Gif:
      return decode_gif(bytes, canvas);
    case Format::Bmp:
      return decode_bmp(bytes, canvas);
    case Format::Tiff:
      return decode_tiff(bytes, canvas);
    case Format::Heif:
      return decode_heif(bytes, canvas);
    case Format::Unknown:
      break;
  }
  return fail(not_a_picture(bytes));
}

}  // namespace

Status decode(Bytes bytes, const DecodeRequest& request, Datum& out) {
  if (bytes.empty()) return fail_record("the file is empty", "Delete it, or restore it");
  Canvas canvas(request, out);
  try {
    if (Status decoded = decode_into(bytes, canvas); !decoded) {
      if (is_machine_fault(decoded.error())) return canvas.no_memory();
      return decoded;
    }
    canvas.finish();
    return {};
  } catch (const std::bad_alloc&) {
    return canvas.no_memory();
  }
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

}  // namespace feedline::inline nodes::codec
