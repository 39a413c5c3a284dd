// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/codec.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <jpeglib.h>
#include <memory>

namespace feedline::inline nodes::codec {
namespace {

struct EncodeErrors {
  jpeg_error_mgr base{};
  jmp_buf mark{};
  char message[JMSG_LENGTH_MAX] = {};
};

/// Owns the compressor and the memory that libjpeg's destination allocates.
struct JpegWriter {
  jpeg_compress_struct info{};
  EncodeErrors errors{};
  unsigned char* data = nullptr;
  unsigned long size = 0;  // NOLINT(google-runtime-int): libjpeg's type

  JpegWriter() = default;
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;
  ~JpegWriter() {
    jpeg_destroy_compress(&info);
    std::free(data);  // NOLINT: libjpeg used malloc
  }

  bool encode(const std::uint8_t* pixels, int width, int height, int channels, int quality) {
    info.err = jpeg_std_error(&errors.base);
    errors.base.error_exit = [](j_common_ptr common) {
      auto& self = *reinterpret_cast<EncodeErrors*>(common->err);
      common->err->format_message(common, self.message);
      longjmp(self.mark, 1);
    };
    if (setjmp(errors.mark) != 0) return false;
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &data, &size);
    info.image_width = static_cast<JDIMENSION>(width);
    info.image_height = static_cast<JDIMENSION>(height);
    info.input_components = channels;
    info.in_color_space = channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
      const std::size_t row = std::size_t{info.next_scanline} * info.image_width * static_cast<std::size_t>(channels);
      JSAMPROW rows[1] = {const_cast<std::uint8_t*>(pixels) + row};  // NOLINT: libjpeg only reads it
      jpeg_write_scanlines(&info, rows, 1);
    }
    jpeg_finish_compress(&info);
    return true;
  }
};

}  // namespace

Result<std::vector<std::byte>> encode_jpeg(const std::uint8_t* pixels, int width, int height, int channels,
                                           int quality) {
  JpegWriter writer;
  if (!writer.encode(pixels, width, height, channels, quality))
    return fail(std::string("a JPEG picture could not be written: ") + writer.errors.message);
  const auto* first = reinterpret_cast<const std::byte*>(writer.data);
  return std::vector<std::byte>(first, first + writer.size);
}

}  // namespace feedline::inline nodes::codec
