// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/encoded_pictures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <gif_lib.h>
#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

namespace feedline::test {
namespace {

std::uint8_t byte(double value) { return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L)); }

void append(QByteArray& bytes, const void* data, std::size_t length) {
  bytes.append(static_cast<const char*>(data), static_cast<qsizetype>(length));
}

void must(bool good, const char* what) {
  if (!good) qFatal("cannot make a test picture: %s", what);
}

}  // namespace

Pixels waves(int width, int height, int channels) {
  Pixels pixels{.width = width, .height = height, .channels = channels};
  unsigned noise = 1;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c) {
        noise = noise * 1664525U + 1013904223U;
        pixels.values.push_back(byte(128 + 50 * std::sin(x / 9.0 + c) + 40 * std::cos(y / 7.0 - c) +
                                     20 * std::sin((x + 2 * y) / 23.0) + static_cast<double>(noise >> 28)));
      }
  return pixels;
}

Pixels slope(int width, int height, double right, double down) {
  Pixels pixels{.width = width, .height = height, .channels = 1};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) pixels.values.push_back(byte(right * (x + 0.5) + down * (y + 0.5)));
  return pixels;
}

QByteArray jpeg_file(Pixels pixels, const JpegStyle& style) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);  // ends the program on errors
  jpeg_create_compress(&info);
  unsigned char* data = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &data, &size);
  info.image_width = static_cast<JDIMENSION>(pixels.width);
  info.image_height = static_cast<JDIMENSION>(pixels.height);
  info.input_components = pixels.channels;
  info.in_color_space = pixels.channels == 1 ? JCS_GRAYSCALE : pixels.channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, style.quality, TRUE);
  info.comp_info[0].h_samp_factor = style.across;
  info.comp_info[0].v_samp_factor = style.down;
  info.restart_in_rows = static_cast<int>(style.restart_rows);
  if (style.progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = pixels.row(static_cast<int>(info.next_scanline));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  QByteArray bytes;
  append(bytes, data, size);
  std::free(data);
  return bytes;
}

QByteArray with_orientation(const QByteArray& jpeg, int orientation, bool big_endian) {
  QByteArray tiff = big_endian ? QByteArray("MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\0\0\0\0\0\0\0", 26)
                               : QByteArray("II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\0\0\0\0\0\0\0\0", 26);
  tiff[big_endian ? 19 : 18] = static_cast<char>(orientation);
  const QByteArray segment = QByteArray("Exif\0\0", 6) + tiff;
  const auto length = segment.size() + 2;
  return jpeg.left(2) + QByteArray("\xFF\xE1") + static_cast<char>(length >> 8) + static_cast<char>(length & 255) +
         segment + jpeg.mid(2);
}

QByteArray png_file(Pixels pixels, int bits, bool interlaced) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  QByteArray bytes;
  png_set_write_fn(
      png, &bytes,
      [](png_structp self, png_bytep data, std::size_t length) {
        append(*static_cast<QByteArray*>(png_get_io_ptr(self)), data, length);
      },
      nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(pixels.width), static_cast<png_uint_32>(pixels.height), bits,
               pixels.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
               interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  std::vector<std::uint8_t> row;
  for (int pass = 0; pass < png_set_interlace_handling(png); ++pass)
    for (int y = 0; y < pixels.height; ++y) {
      row.clear();
      for (int i = 0; i < pixels.width * pixels.channels; ++i)
        row.insert(row.end(), static_cast<std::size_t>(bits / 8), pixels.row(y)[i]);
      png_write_row(png, row.data());
    }
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

QByteArray webp_file(const Pixels& pixels, bool lossless) {
  std::uint8_t* data = nullptr;
  const int stride = pixels.width * 3;
  const std::size_t size = lossless
                               ? WebPEncodeLosslessRGB(pixels.values.data(), pixels.width, pixels.height, stride, &data)
                               : WebPEncodeRGB(pixels.values.data(), pixels.width, pixels.height, stride, 90, &data);
  must(size > 0, "WebP");
  QByteArray bytes;
  append(bytes, data, size);
  WebPFree(data);
  return bytes;
}

QByteArray gif_file(Pixels pixels, const GifStyle& style) {
  QByteArray bytes;
  int error = 0;
  GifFileType* gif = EGifOpen(
      &bytes,
      [](GifFileType* self, const GifByteType* data, int length) {
        append(*static_cast<QByteArray*>(self->UserData), data, static_cast<std::size_t>(length));
        return length;
      },
      &error);
  must(gif != nullptr, "GIF");
  EGifSetGifVersion(gif, true);
  std::array<GifColorType, 256> colours{};
  for (std::size_t i = 0; i < colours.size(); ++i) {
    const auto grey = static_cast<GifByteType>(i);
    colours[i] = {grey, grey, grey};
  }
  ColorMapObject* map = GifMakeMapObject(256, colours.data());
  must(EGifPutScreenDesc(gif, pixels.width + 2 * style.left, pixels.height + 2 * style.top, 8, 0, map) == GIF_OK,
       "GIF");
  constexpr std::array<std::array<int, 2>, 4> kPasses = {{{0, 8}, {4, 8}, {2, 4}, {1, 2}}};
  for (int frame = 0; frame < style.frames; ++frame) {
    const GraphicsControlBlock control{.DisposalMode = DISPOSAL_UNSPECIFIED,
                                       .UserInputFlag = false,
                                       .DelayTime = 10,
                                       .TransparentColor = style.transparent};
    std::array<GifByteType, 4> extension{};
    EGifGCBToExtension(&control, extension.data());
    must(EGifPutExtension(gif, GRAPHICS_EXT_FUNC_CODE, 4, extension.data()) == GIF_OK, "GIF");
    must(EGifPutImageDesc(gif, style.left, style.top, pixels.width, pixels.height, style.interlaced, nullptr) == GIF_OK,
         "GIF");
    if (frame > 0) std::fill(pixels.values.begin(), pixels.values.end(), std::uint8_t{0});
    for (std::size_t pass = 0; pass < (style.interlaced ? 4U : 1U); ++pass)
      for (int y = style.interlaced ? kPasses[pass][0] : 0; y < pixels.height;
           y += style.interlaced ? kPasses[pass][1] : 1)
        must(EGifPutLine(gif, pixels.row(y), pixels.width) == GIF_OK, "GIF");
  }
  must(EGifCloseFile(gif, &error) == GIF_OK, "GIF");
  GifFreeMapObject(map);
  return bytes;
}

}  // namespace feedline::test
