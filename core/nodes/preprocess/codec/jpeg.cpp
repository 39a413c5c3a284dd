// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// In this order: jerror.h numbers its messages by what jpeglib.h defines.
// clang-format off
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include "nodes/preprocess/codec/canvas.h"
#include "nodes/preprocess/codec/exif.h"

namespace feedline::inline nodes::codec {
namespace {

/// Scans beyond this are an attack: each costs a pass over the whole picture.
constexpr int kMaxScans = 500;

/// Pixels beyond the wanted ones that are decoded too: colours are interpolated from their neighbours.
constexpr std::int64_t kMargin = 2;

/// libjpeg reports errors by a callback that must not return. It jumps to where the calling function has set its mark;
/// no object with a destructor lives between the two.
struct JpegErrors {
  jpeg_error_mgr base{};  // first: libjpeg hands back a pointer to it
  jmp_buf mark{};
  bool damaged = false;
  bool no_memory = false;
  bool ended_early = false;  ///< more bytes were looked for than there are, which need not have cost a pixel
  char message[JMSG_LENGTH_MAX] = {};

  static JpegErrors& of(j_common_ptr info) { return *reinterpret_cast<JpegErrors*>(info->err); }

  static void on_error(j_common_ptr info) {
    JpegErrors& self = of(info);
    self.no_memory = info->err->msg_code == JERR_OUT_OF_MEMORY;
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
        if (!self.damaged && !self.ended_early) info->err->format_message(info, self.message);
        self.ended_early = true;
        break;
      case JWRN_HIT_MARKER:
      case JWRN_HUFF_BAD_CODE:
      case JWRN_ARITH_BAD_CODE:
      case JWRN_MUST_RESYNC:
        if (!self.damaged && !self.ended_early) info->err->format_message(info, self.message);
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

  /// Begins to decode at `eighths` of the full size: 8, 4, 2 or 1. libjpeg knows all eighths, but only these have
  /// SIMD code: 7, 6 and 5 take longer than the full size.
  bool start(Colour colour, int eighths) {
    if (setjmp(errors_.mark) != 0) return false;
    info_.out_color_space = inks() ? JCS_CMYK : colour == Colour::Rgb ? JCS_RGB : JCS_GRAYSCALE;
    info_.scale_num = static_cast<unsigned>(eighths);
    info_.scale_denom = 8;
    return jpeg_start_decompress(&info_) != FALSE;
  }

  /// Leaves out what lies left, right and above of `region` (of the scaled picture). Widens it to whole blocks.
  bool crop(Region& region) {
    if (setjmp(errors_.mark) != 0) return false;
    auto x = static_cast<JDIMENSION>(region.x);
    auto width = static_cast<JDIMENSION>(region.width);
    if (width < info_.output_width) jpeg_crop_scanline(&info_, &x, &width);
    region.x = x;
    region.width = width;
    const auto above = static_cast<JDIMENSION>(region.y);
    return above == 0 || jpeg_skip_scanlines(&info_, above) == above;
  }

  /// `count` rows straight into `to`.
  bool read_rows(std::uint8_t* to, std::size_t row_bytes, std::size_t count) {
    if (setjmp(errors_.mark) != 0) return false;
    for (std::size_t done = 0; done < count;) {
      JSAMPROW rows[8];
      for (std::size_t i = 0; i < 8; ++i) rows[i] = to + std::min(done + i, count - 1) * row_bytes;
      const auto most = static_cast<JDIMENSION>(std::min<std::size_t>(8, count - done));
      const JDIMENSION read = jpeg_read_scanlines(&info_, rows, most);
      if (read == 0) return false;
      done += read;
    }
    return true;
  }

  /// One row of inks.
  bool read_row(std::uint8_t* to) {
    if (setjmp(errors_.mark) != 0) return false;
    JSAMPROW rows[1] = {to};
    return jpeg_read_scanlines(&info_, rows, 1) == 1;
  }

  /// After the last row: the rest, so that a missing end is found. Where rows are left, nothing.
  bool finish() {
    if (info_.output_scanline < info_.output_height) return true;
    lacked_ = lacks_pixels();  // libjpeg frees what tells it
    if (setjmp(errors_.mark) != 0) return false;
    return jpeg_finish_decompress(&info_) != FALSE;
  }

  [[nodiscard]] std::size_t width() const { return info_.image_width; }
  [[nodiscard]] std::size_t height() const { return info_.image_height; }
  /// After start(): the picture at the scale that was asked for.
  [[nodiscard]] Region scaled() const { return {0, 0, info_.output_width, info_.output_height}; }
  /// After start(): is it at that scale?
  [[nodiscard]] bool is_scaled(int eighths) const {
    const auto side = static_cast<JDIMENSION>(eighths);
    return info_.output_width == (info_.image_width * side + 7) / 8 &&
           info_.output_height == (info_.image_height * side + 7) / 8;
  }
  /// Adobe's programs store inks inverted and say so by their marker.
  [[nodiscard]] bool inverted() const { return info_.saw_Adobe_marker != FALSE; }
  [[nodiscard]] bool damaged() const {
    return errors_.damaged || (errors_.ended_early && (lacked_ ? *lacked_ : lacks_pixels()));
  }
  [[nodiscard]] bool no_memory() const { return errors_.no_memory; }
  [[nodiscard]] std::string message() const { return errors_.message; }

 private:
  /// Where the bytes end too early without a code cut off, all that is missing may be the end marker. Not so if scans
  /// are missing; nor where nobody can tell, because the arithmetic decoder reads on in silence.
  [[nodiscard]] bool lacks_pixels() const {
    if (info_.arith_code != FALSE) return true;
    for (int c = 0; c < info_.num_components; ++c) {
      if (info_.comp_info[c].quant_table == nullptr) return true;  // no scan had this component
      for (int i = 0; info_.coef_bits != nullptr && i < DCTSIZE2; ++i)
        if (info_.coef_bits[c][i] != 0) return true;  // to be refined by a later scan
    }
    return false;
  }

  jpeg_decompress_struct info_{};
  jpeg_progress_mgr progress_{};
  JpegErrors errors_{};
  std::optional<bool> lacked_{};  ///< lacks_pixels() when the last row had been read
};

tl::unexpected<Error> broken_jpeg(const JpegReader& reader) {
  if (reader.no_memory()) return no_memory();
  return fail_record("a JPEG picture that cannot be read: " + reader.message(), "Restore the file, or delete it");
}

bool read_inks(JpegReader& reader, const DecodeRequest& request, const Region& held, std::uint8_t* to) {
  const auto width = static_cast<std::size_t>(held.width);
  std::vector<std::uint8_t> row(width * 4);
  const std::uint8_t flip = reader.inverted() ? 0 : 255;
  for (std::int64_t y = 0; y < held.height; ++y, to += width * static_cast<std::size_t>(request.channels())) {
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

/// `region` of the full picture at a smaller scale, outwards to whole pixels.
Region scaled_down(const Region& region, int eighths) {
  const std::int64_t x = region.x * eighths / 8;
  const std::int64_t y = region.y * eighths / 8;
  return {x, y, (region.right() * eighths + 7) / 8 - x, (region.bottom() * eighths + 7) / 8 - y};
}

}  // namespace

Status decode_jpeg(Bytes bytes, Canvas& canvas) {
  auto reader = std::make_unique<JpegReader>();
  if (!reader->read_header(bytes)) return broken_jpeg(*reader);
  if (Status ok = canvas.open(reader->width(), reader->height(), jpeg_orientation(bytes)); !ok) return ok;

  const DecodeRequest& request = canvas.request();
  if (!reader->start(request.colour, canvas.eighths())) return broken_jpeg(*reader);
  Region held = intersection(widened(scaled_down(canvas.wanted(), canvas.eighths()), kMargin), reader->scaled());
  if (!reader->is_scaled(canvas.eighths()) || !reader->crop(held)) {
    // Damaged further up, or of a kind that libjpeg reads as a whole only (newer ones know lossless JPEG).
    canvas.want_all();
    reader = std::make_unique<JpegReader>();
    if (!reader->read_header(bytes) || !reader->start(request.colour, 8)) return broken_jpeg(*reader);
    held = reader->scaled();
  }
  std::uint8_t* to = canvas.begin(held, canvas.eighths());

  const auto row_bytes = static_cast<std::size_t>(held.width * request.channels());
  const bool complete = (reader->inks() ? read_inks(*reader, request, held, to)
                                        : reader->read_rows(to, row_bytes, static_cast<std::size_t>(held.height))) &&
                        reader->finish();
  if ((!complete || reader->damaged()) && !request.keep_damaged) return broken_jpeg(*reader);
  return {};
}

}  // namespace feedline::inline nodes::codec
