// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the decoders of all formats share: the pixel budget, the part that is wanted, the room for it, turning it
// upright.

#include "base/error.h"
#include "nodes/preprocess/codec/codec.h"
#include "schema/behaviour.h"
#include "schema/datum.h"

#include <algorithm>
#include <cstdint>

namespace feedline::inline nodes::codec {

/// R, G and B of one pixel that were multiplied by A: divided again.
inline void divide_by_opacity(std::uint8_t* rgba) {
  if (rgba[3] == 0 || rgba[3] == 255) return;
  for (int c = 0; c < 3; ++c)
    rgba[c] = static_cast<std::uint8_t>(std::min((rgba[c] * 255 + rgba[3] / 2) / rgba[3], 255));
}

/// Brightness of what a damaged picture lacks, where it is kept.
inline constexpr std::uint8_t kGap = 128;

/// A rectangle of a picture, in pixels.
struct Region {
  std::int64_t x = 0;
  std::int64_t y = 0;
  std::int64_t width = 0;
  std::int64_t height = 0;
  [[nodiscard]] std::int64_t right() const { return x + width; }
  [[nodiscard]] std::int64_t bottom() const { return y + height; }
  bool operator==(const Region&) const = default;
};
/// What lies in both; width and height 0 where nothing does.
[[nodiscard]] Region intersection(const Region& a, const Region& b);
/// `margin` pixels more on every side.
[[nodiscard]] Region widened(const Region& region, std::int64_t margin);

/// Where a decoder puts its pixels. It says first how large the picture is, and learns which part of it is wanted:
///
///     canvas.open(width, height, orientation);      // over the budget? Nothing has been allocated yet
///     uint8_t* to = canvas.begin();                 // room for canvas.wanted()
///     canvas.put_rgba(y, ...)                       // or straight into `to`
///     canvas.finish();                              // turned upright; decode() calls it
///
/// Coordinates are those of the picture as it is stored; orientation is that of EXIF.
class Canvas {
 public:
  Canvas(const DecodeRequest& request, Datum& out) : request_(request), out_(out) {}

  /// Errors: no pixels, over the pixel budget.
  Status open(std::uint64_t width, std::uint64_t height, int orientation = 1);
  /// The part that request().next will look at, else all. Never empty, never outside.
  [[nodiscard]] const Region& wanted() const { return wanted_; }
  /// The coarsest scale of 8, 4, 2 or 1 eighths at which wanted() is still as large as it will be made anyway.
  [[nodiscard]] int eighths() const { return eighths_; }
  /// For a decoder that cannot read a part of this picture: from now on all of it is wanted, in full size.
  void want_all();
  [[nodiscard]] const DecodeRequest& request() const { return request_; }

  /// Room for wanted() in full size: rows of request().channels() bytes a pixel, dense. Grey where a damaged picture
  /// may leave gaps, else undefined.
  [[nodiscard]] std::uint8_t* begin() { return begin(wanted_, 8); }
  /// Room for `held`, a region of the picture as it is at this scale.
  [[nodiscard]] std::uint8_t* begin(const Region& held, int eighths);
  /// Converts the wanted columns of row `y` into the room that begin() made; other rows are ignored.
  void put_rgba(std::int64_t y, const std::uint8_t* rgba);
  /// What to return where there is no memory for the picture: that is the machine's fault, and names its size.
  [[nodiscard]] tl::unexpected<Error> no_memory() const;
  /// Turns the picture upright and tells the Datum which part it holds.
  void finish();

 private:
  [[nodiscard]] PicturePart part() const;

  const DecodeRequest& request_;
  Datum& out_;
  std::int64_t width_ = 0;
  std::int64_t height_ = 0;
  int orientation_ = 1;
  Region wanted_{};
  int eighths_ = 8;
  Region held_{};
  int scale_ = 8;  ///< of held_, in eighths
  std::uint8_t* pixels_ = nullptr;
};

// One a format; see the files of the same names. Each opens and begins the canvas.
Status decode_jpeg(Bytes bytes, Canvas& canvas);
Status decode_png(Bytes bytes, Canvas& canvas);
Status decode_webp(Bytes bytes, Canvas& canvas);
Status decode_gif(Bytes bytes, Canvas& canvas);
Status decode_bmp(Bytes bytes, Canvas& canvas);
Status decode_tiff(Bytes bytes, Canvas& canvas);
Status decode_heif(Bytes bytes, Canvas& canvas);

/// What a decoder returns that finds no memory: that is no fault of the file's. decode() adds the size of the picture.
[[nodiscard]] tl::unexpected<Error> no_memory();

}  // namespace feedline::inline nodes::codec
