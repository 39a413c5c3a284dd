// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/encoded_pictures.h"

#include "support/fixtures.h"

#include <QTemporaryDir>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <gif_lib.h>
#include <jpeglib.h>
#include <libheif/heif.h>
#include <png.h>
#include <tiffio.h>
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
  info.arith_code = style.arithmetic ? TRUE : FALSE;
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

namespace {

/// One 8-bit value as a TIFF file of that style stores it.
void append_sample(std::vector<std::uint8_t>& to, std::uint8_t value, const TiffStyle& style) {
  const auto put = [&](auto number) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&number);
    to.insert(to.end(), bytes, bytes + sizeof number);
  };
  if (style.real && style.bits == 64) return put(value / 255.0);
  if (style.real) return put(static_cast<float>(value) / 255.0F);
  if (style.bits == 32) return put(std::uint32_t{value} * 16843009U);
  if (style.bits == 16) return put(static_cast<std::uint16_t>(value * 257));
  put(value);
}

void write_page(TIFF* tiff, Pixels& pixels, const TiffStyle& style) {
  const int colours = pixels.channels >= 3 ? 3 : 1;
  const bool inks = style.photometric == PHOTOMETRIC_SEPARATED;
  const int planes = style.planes ? pixels.channels : 1;
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, pixels.width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, pixels.height);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, style.bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, pixels.channels);
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, style.real ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, style.compression);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, style.planes ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, style.orientation);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC,
               style.photometric >= 0 ? style.photometric
               : colours == 3         ? PHOTOMETRIC_RGB
                                      : PHOTOMETRIC_MINISBLACK);
  if (style.photometric == PHOTOMETRIC_PALETTE) {
    std::vector<std::uint16_t> down(256);
    for (std::size_t i = 0; i < down.size(); ++i) down[i] = static_cast<std::uint16_t>((255 - i) * 257);
    TIFFSetField(tiff, TIFFTAG_COLORMAP, down.data(), down.data(), down.data());
  }
  if (style.compression == COMPRESSION_JPEG) {
    TIFFSetField(tiff, TIFFTAG_JPEGQUALITY, 95);
    TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  }
  if (pixels.channels > colours && !inks) {
    std::uint16_t kind = style.premultiplied ? EXTRASAMPLE_ASSOCALPHA : EXTRASAMPLE_UNASSALPHA;
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &kind);
  }
  const int wide = style.tile > 0 ? style.tile : pixels.width;
  const int high = style.tile > 0 ? style.tile : style.rows;
  if (style.tile > 0) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, wide);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, high);
  } else {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, high);
  }
  std::uint32_t piece = 0;
  for (int plane = 0; plane < planes; ++plane)
    for (int top = 0; top < pixels.height; top += high)
      for (int left = 0; left < pixels.width; left += wide, ++piece) {
        std::vector<std::uint8_t> data;
        const int rows = style.tile > 0 ? high : std::min(high, pixels.height - top);
        for (int y = top; y < top + rows; ++y)
          for (int x = left; x < left + wide; ++x)
            for (int c = style.planes ? plane : 0; c < (style.planes ? plane + 1 : pixels.channels); ++c) {
              const int row = std::min(y, pixels.height - 1);
              append_sample(data, pixels.row(row)[std::min(x, pixels.width - 1) * pixels.channels + c], style);
            }
        const auto size = static_cast<tmsize_t>(data.size());
        must((style.tile > 0 ? TIFFWriteEncodedTile(tiff, piece, data.data(), size)
                             : TIFFWriteEncodedStrip(tiff, piece, data.data(), size)) >= 0,
             "TIFF");
      }
}

}  // namespace

QByteArray tiff_file(Pixels pixels, const TiffStyle& style) {
  const QTemporaryDir folder;
  const QString path = folder.filePath("a.tif");
  TIFF* tiff = TIFFOpen(path.toLocal8Bit().constData(), "w");
  must(tiff != nullptr, "TIFF");
  for (int page = 0; page < style.pages; ++page) {
    if (page > 0) std::fill(pixels.values.begin(), pixels.values.end(), std::uint8_t{0});
    write_page(tiff, pixels, style);
    must(TIFFWriteDirectory(tiff) == 1, "TIFF");
  }
  TIFFClose(tiff);
  return read_file(path);
}

QByteArray heif_file(const Pixels& pixels, bool avif, int quality) {
  static const bool started = heif_init(nullptr).code == heif_error_Ok;
  const heif_compression_format format = avif ? heif_compression_AV1 : heif_compression_HEVC;
  if (!started || heif_have_encoder_for_format(format) == 0) return {};
  const auto check = [](const heif_error& error) { must(error.code == heif_error_Ok, error.message); };
  heif_context* context = heif_context_alloc();
  heif_encoder* encoder = nullptr;
  check(heif_context_get_encoder_for_format(context, format, &encoder));
  check(heif_encoder_set_lossy_quality(encoder, quality));
  heif_image* image = nullptr;
  const bool opaque = pixels.channels == 3;
  check(heif_image_create(pixels.width, pixels.height, heif_colorspace_RGB,
                          opaque ? heif_chroma_interleaved_RGB : heif_chroma_interleaved_RGBA, &image));
  check(heif_image_add_plane(image, heif_channel_interleaved, pixels.width, pixels.height, 8));
  int stride = 0;
  std::uint8_t* to = heif_image_get_plane(image, heif_channel_interleaved, &stride);
  const auto row = static_cast<std::size_t>(pixels.width) * static_cast<std::size_t>(pixels.channels);
  for (int y = 0; y < pixels.height; ++y)
    std::memcpy(to + static_cast<std::ptrdiff_t>(y) * stride, pixels.values.data() + static_cast<std::size_t>(y) * row,
                row);
  check(heif_context_encode_image(context, image, encoder, nullptr, nullptr));
  QByteArray bytes;
  heif_writer writer{};
  writer.writer_api_version = 1;
  writer.write = [](heif_context*, const void* data, std::size_t size, void* into) {
    append(*static_cast<QByteArray*>(into), data, size);
    return heif_error{heif_error_Ok, heif_suberror_Unspecified, "fine"};
  };
  check(heif_context_write(context, &writer, &bytes));
  heif_image_release(image);
  heif_encoder_release(encoder);
  heif_context_free(context);
  return bytes;
}

}  // namespace feedline::test
