// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <string>
#include <vector>

// In this order: jerror.h numbers its messages by what jpeglib.h defines.
// clang-format off
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include "nodes/preprocess/codec/codec.h"
#include "nodes/preprocess/codec/exif.h"

namespace feedline::codec {
namespace {

/// Scans beyond this are an attack: each costs a pass over the whole picture.
constexpr int kMaxScans = 500;

/// libjpeg reports errors by a callback that must not return. It jumps to where the calling function has set its mark;
/// no object with a destructor lives between the two.
struct JpegErrors {
  jpeg_error_mgr base{};  // first: libjpeg hands back a pointer to it
  jmp_buf mark{};
  bool damaged = false;
  char message[JMSG_LENGTH_MAX] = {};

  static JpegErrors& of(j_common_ptr info) { return *reinterpret_cast<JpegErrors*>(info->err); }

  static void on_error(j_common_ptr info) {
    JpegErrors& self = of(info);
    info->err->format_message(info, self.message);
    longjmp(self.mark, 1);
  }

  /// Warnings that mean lost pixels make the picture a damaged one; the others (odd markers) are harmless.
  static void on_message(j_common_ptr info, int level) {
    if (level >= 0) return;
    ++info->err->num_warnings;
    JpegErrors& self = of(info);
    switch (info->err->msg_code) {
      case JWRN_JPEG_EOF:
      case JWRN_HIT_MARKER:
      case JWRN_HUFF_BAD_CODE:
      case JWRN_ARITH_BAD_CODE:
      case JWRN_MUST_RESYNC:
        if (!self.damaged) info->err->format_message(info, self.message);
        self.damaged = true;
        break;
      default:
        break;
    }
  }
};

/// A decompressor and its memory.
class JpegReader {
 public:
  JpegReader() {
    info_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = JpegErrors::on_error;
    errors_.base.emit_message = JpegErrors::on_message;
    if (setjmp(errors_.mark) != 0) return;
    jpeg_create_decompress(&info_);
    progress_.progress_monitor = [](j_common_ptr info) {
      if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMaxScans) return;
      std::snprintf(JpegErrors::of(info).message, JMSG_LENGTH_MAX, "more than %d scans", kMaxScans);
      longjmp(JpegErrors::of(info).mark, 1);
    };
    info_.progress = &progress_;
  }
  ~JpegReader() { jpeg_destroy_decompress(&info_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  bool read_header(Bytes bytes) {
    if (setjmp(errors_.mark) != 0) return false;
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    return jpeg_read_header(&info_, TRUE) == JPEG_HEADER_OK;
  }

  /// Four channels: CMYK or YCCK, to be converted by us.
  [[nodiscard]] bool inks() const { return info_.num_components == 4; }

  bool start(Colour colour) {
    if (setjmp(errors_.mark) != 0) return false;
    info_.out_color_space = inks() ? JCS_CMYK : colour == Colour::Rgb ? JCS_RGB : JCS_GRAYSCALE;
    return jpeg_start_decompress(&info_) != FALSE;
  }

  /// All rows straight into `to`.
  bool read_rows(std::uint8_t* to, std::size_t row_bytes) {
    if (setjmp(errors_.mark) != 0) return false;
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW rows[8];
      const std::size_t first = info_.output_scanline;
      for (std::size_t i = 0; i < 8; ++i)
        rows[i] = to + std::min<std::size_t>(first + i, info_.output_height - 1) * row_bytes;
      jpeg_read_scanlines(&info_, rows, std::min<JDIMENSION>(8, info_.output_height - info_.output_scanline));
    }
    return true;
  }

  /// One row of inks.
  bool read_row(std::uint8_t* to) {
    if (setjmp(errors_.mark) != 0) return false;
    JSAMPROW rows[1] = {to};
    return jpeg_read_scanlines(&info_, rows, 1) == 1;
  }

  bool finish() {
    if (setjmp(errors_.mark) != 0) return false;
    return jpeg_finish_decompress(&info_) != FALSE;
  }

  [[nodiscard]] std::size_t width() const { return info_.image_width; }
  [[nodiscard]] std::size_t height() const { return info_.image_height; }
  /// Adobe's programs store inks inverted and say so by their marker.
  [[nodiscard]] bool inverted() const { return info_.saw_Adobe_marker != FALSE; }
  [[nodiscard]] bool damaged() const { return errors_.damaged; }
  [[nodiscard]] std::string message() const { return errors_.message; }

 private:
  jpeg_decompress_struct info_{};
  jpeg_progress_mgr progress_{};
  JpegErrors errors_{};
};

tl::unexpected<Error> broken(const std::string& message) {
  return fail_record("a JPEG picture that cannot be read: " + message, "Restore the file, or delete it");
}

bool read_inks(JpegReader& reader, const DecodeRequest& request, std::uint8_t* to) {
  const std::size_t width = reader.width();
  std::vector<std::uint8_t> row(width * 4);
  const std::uint8_t flip = reader.inverted() ? 0 : 255;
  for (std::size_t y = 0; y < reader.height(); ++y, to += width * static_cast<std::size_t>(request.channels())) {
    if (!reader.read_row(row.data())) return false;
    for (std::size_t x = 0; x < width; ++x) {
      std::uint8_t* pixel = row.data() + 4 * x;
      const unsigned black = pixel[3] ^ flip;
      for (int c = 0; c < 3; ++c) pixel[c] = static_cast<std::uint8_t>(((pixel[c] ^ flip) * black + 127) / 255);
      pixel[3] = 255;
    }
    convert_rgba_row(row.data(), width, request, to);
  }
  return true;
}

}  // namespace

Status decode_jpeg(Bytes bytes, Canvas& canvas) {
  JpegReader reader;
  if (!reader.read_header(bytes)) return broken(reader.message());
  const DecodeRequest& request = canvas.request();
  const auto pixels = canvas.begin(reader.width(), reader.height(), jpeg_orientation(bytes));
  if (!pixels) return fail(pixels.error());

  const bool keep = request.accept_damaged;
  if (!reader.start(request.colour)) return broken(reader.message());
  const std::size_t row_bytes = reader.width() * static_cast<std::size_t>(request.channels());
  const bool complete =
      (reader.inks() ? read_inks(reader, request, *pixels) : reader.read_rows(*pixels, row_bytes)) && reader.finish();
  if ((!complete || reader.damaged()) && !keep) return broken(reader.message());
  return {};
}

}  // namespace feedline::codec
