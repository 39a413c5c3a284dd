// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/codec/canvas.h"
#include "nodes/preprocess/codec/exif.h"

#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <png.h>
#include <string>

namespace feedline::inline nodes::codec {
namespace {

/// A libpng reader over memory. libpng jumps out of its functions on errors, as libjpeg does: see jpeg.cpp.
class PngReader {
 public:
  explicit PngReader(Bytes bytes) : bytes_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, [](png_structp, png_const_charp) {});
    if (png_ == nullptr) return;
    info_ = png_create_info_struct(png_);
    png_set_read_fn(png_, this, on_read);
    png_set_user_limits(png_, 0x7FFFFFFF, 0x7FFFFFFF);  // the pixel budget is checked by Canvas
    png_set_chunk_malloc_max(png_, 8U << 20);
    png_set_chunk_cache_max(png_, 128);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  /// Header, and everything set up so that rows come as R, G, B, A of 8 bits; `deep`: those of 16 bits as they are.
  bool read_header(bool deep) {
    if (png_ == nullptr || info_ == nullptr) return false;
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_info(png_, info_);
    png_set_expand(png_);
    deep_ = deep && png_get_bit_depth(png_, info_) == 16;
    if (!deep_) png_set_scale_16(png_);
    png_set_gray_to_rgb(png_);
    png_set_add_alpha(png_, deep_ ? 0xFFFF : 0xFF, PNG_FILLER_AFTER);
    passes_ = png_set_interlace_handling(png_);
    return true;
  }

  bool start() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_update_info(png_, info_);
    return png_get_rowbytes(png_, info_) == row_bytes();
  }

  bool read_row(std::uint8_t* row) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_row(png_, row, nullptr);
    return true;
  }

  /// The rest, so that a missing end or a wrong checksum is found.
  bool finish() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_end(png_, nullptr);
    return true;
  }

  [[nodiscard]] int orientation() const {
    png_bytep exif = nullptr;
    png_uint_32 length = 0;
    if (png_get_eXIf_1(png_, info_, &length, &exif) == 0 || exif == nullptr) return 1;
    return exif_orientation({reinterpret_cast<const std::byte*>(exif), length});
  }
  [[nodiscard]] std::uint32_t width() const { return png_get_image_width(png_, info_); }
  [[nodiscard]] std::uint32_t height() const { return png_get_image_height(png_, info_); }
  [[nodiscard]] int passes() const { return passes_; }
  /// Two bytes a channel, the higher one first.
  [[nodiscard]] bool deep() const { return deep_; }
  [[nodiscard]] std::size_t row_bytes() const { return std::size_t{width()} * (deep_ ? 8 : 4); }
  /// The data ended where more was looked for.
  [[nodiscard]] bool ended_early() const { return short_; }
  [[nodiscard]] bool no_memory() const {
    return png_ == nullptr || info_ == nullptr || std::strcmp(message_, "Out of memory") == 0;
  }
  [[nodiscard]] std::string message() const { return message_[0] == '\0' ? "no memory" : message_; }

 private:
  [[noreturn]] static void on_error(png_structp png, png_const_charp message) {
    auto* self = static_cast<PngReader*>(png_get_error_ptr(png));
    std::snprintf(self->message_, sizeof self->message_, "%s", message);
    longjmp(png_jmpbuf(png), 1);
  }

  static void on_read(png_structp png, png_bytep to, std::size_t length) {
    auto* self = static_cast<PngReader*>(png_get_io_ptr(png));
    if (self->bytes_.size() - self->at_ < length) {
      self->short_ = true;
      png_error(png, "the file ends too early");
    }
    std::memcpy(to, self->bytes_.data() + self->at_, length);
    self->at_ += length;
  }

  Bytes bytes_;
  std::size_t at_ = 0;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int passes_ = 1;
  bool deep_ = false;
  bool short_ = false;
  char message_[128] = {};
};

tl::unexpected<Error> broken_png(const PngReader& reader) {
  if (reader.no_memory()) return no_memory();
  return fail_record("a PNG picture that cannot be read: " + reader.message(), "Restore the file, or delete it");
}

/// From 16 bits to 8, in place: colours as `range` says.
void make_shallow(std::uint8_t* row, std::size_t pixels, const ValueRange& range) {
  const std::uint8_t* colours = Levels(range).table();
  const std::uint8_t* opacity = Levels(ValueRange{}).table();
  const std::uint8_t* from = row;
  for (std::size_t i = 0; i < 4 * pixels; ++i, from += 2) {
    const unsigned value = static_cast<unsigned>(from[0]) << 8 | from[1];
    row[i] = (i % 4 == 3 ? opacity : colours)[value];
  }
}

}  // namespace

Status decode_png(Bytes bytes, Canvas& canvas) {
  PngReader reader(bytes);
  const std::optional<ValueRange>& range = canvas.request().range;
  if (!reader.read_header(range.has_value())) return broken_png(reader);
  if (Status ok = canvas.open(reader.width(), reader.height(), reader.orientation()); !ok) return ok;
  if (!reader.start()) return broken_png(reader);
  (void)canvas.begin();

  // An interlaced picture is refined pass by pass, so all of it must be kept as R, G, B, A; otherwise one row will do.
  const bool interlaced = reader.passes() > 1;
  const std::size_t row_bytes = reader.row_bytes();
  const std::size_t height = reader.height();
  const Region& wanted = canvas.wanted();
  const auto last = interlaced ? height : static_cast<std::size_t>(wanted.bottom());
  std::vector<std::uint8_t> rows(row_bytes * (interlaced ? height : 1), kGap);
  const bool keep = canvas.request().keep_damaged;
  for (std::size_t i = 0; keep && interlaced && i < rows.size(); ++i)  // opaque, until a pass comes by
    if (i % (reader.deep() ? 8 : 4) >= (reader.deep() ? 6 : 3)) rows[i] = 255;
  const auto put = [&](std::uint8_t* row, std::size_t y) {
    if (reader.deep()) make_shallow(row, reader.width(), *range);
    canvas.put_rgba(static_cast<std::int64_t>(y), row + wanted.x * 4);
  };
  bool complete = true;
  for (int pass = 0; pass < reader.passes() && complete; ++pass)
    for (std::size_t y = 0; y < last && complete; ++y) {
      std::uint8_t* row = rows.data() + (interlaced ? y * row_bytes : 0);
      complete = reader.read_row(row);
      if (complete && !interlaced) put(row, y);
    }
  // Where all rows are there, only the end may be missing; a wrong checksum still counts.
  if (complete && last == height) complete = reader.finish() || reader.ended_early();
  if (!complete && !keep) return broken_png(reader);
  if (interlaced)
    for (std::size_t y = 0; y < height; ++y) put(rows.data() + y * row_bytes, y);
  return {};
}

}  // namespace feedline::inline nodes::codec
