// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/picture.h"
#include "schema/node_builder.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace feedline::inline nodes {
namespace {

/// Rows of one plane, counted in bytes across.
struct Rows {
  std::int64_t height = 0;
  std::int64_t row_bytes = 0;
  std::int64_t pixel_bytes = 0;
};

/// The same for a window as wide as the picture, which is the usual one: all rows are one block, shifted; then what has
/// come in from the rows' other ends is cleared.
void copy_shifted(const std::byte* from, const Rows& source, std::byte* to, const Rows& target, std::int64_t x,
                  std::int64_t y) {
  const std::int64_t row = source.row_bytes;
  const std::int64_t shift = x * source.pixel_bytes;
  const std::int64_t first = std::clamp<std::int64_t>(-y, 0, target.height);
  const std::int64_t last = std::clamp<std::int64_t>(source.height - y, first, target.height);
  const auto clear = [&](std::int64_t begin, std::int64_t end) {
    std::memset(to + begin, 0, static_cast<std::size_t>(end - begin));
  };
  clear(0, first * row);
  clear(last * row, target.height * row);
  if (first == last) return;
  // The block within `from`; where the shift leads out of it, a row's end is cleared below.
  const std::int64_t begin = std::max<std::int64_t>((first + y) * row + shift, 0);
  const std::int64_t end = std::min<std::int64_t>((last + y) * row + shift, source.height * row);
  const std::int64_t at = begin - y * row - shift;
  if (end > begin) std::memcpy(to + at, from + begin, static_cast<std::size_t>(end - begin));
  const std::int64_t gap = std::min(std::abs(shift), row);
  const std::int64_t ends = shift < 0 ? 0 : row - gap;
  constexpr std::int64_t kNarrow = 16;  // a call for every row costs more than these few bytes
  if (gap > kNarrow)
    for (std::int64_t line = first; line < last; ++line) clear(line * row + ends, line * row + ends + gap);
  else
    for (std::int64_t column = ends; column < ends + gap; ++column)
      for (std::int64_t line = first; line < last; ++line) to[line * row + column] = std::byte{0};
}

/// Copies the window that starts at (x, y) of `from`, which may overhang on every side; zeros where it does.
void copy_window(const std::byte* from, const Rows& source, std::byte* to, const Rows& target, std::int64_t x,
                 std::int64_t y) {
  if (source.row_bytes == target.row_bytes) return copy_shifted(from, source, to, target, x, y);
  const std::int64_t shift = x * source.pixel_bytes;
  const std::int64_t begin = std::clamp<std::int64_t>(-shift, 0, target.row_bytes);
  const std::int64_t end = std::clamp<std::int64_t>(source.row_bytes - shift, begin, target.row_bytes);
  for (std::int64_t row = 0; row < target.height; ++row, to += target.row_bytes) {
    const std::int64_t source_row = row + y;
    if (source_row < 0 || source_row >= source.height || begin == end) {
      std::memset(to, 0, static_cast<std::size_t>(target.row_bytes));
      continue;
    }
    std::memset(to, 0, static_cast<std::size_t>(begin));
    std::memcpy(to + begin, from + source_row * source.row_bytes + shift + begin,
                static_cast<std::size_t>(end - begin));
    std::memset(to + end, 0, static_cast<std::size_t>(target.row_bytes - end));
  }
}

struct PadRandomCrop {
  struct Params {
    std::int64_t padding = 4;
    std::int64_t size = 32;
  };

  static NodeSpec spec() {
    return node<PadRandomCrop>("pad_random_crop", 1, "Pad and random crop",
                               "Adds a black border and cuts out a square at a random place.")
        .help(
            "Shifts small pictures by a few pixels, at random: the usual augmentation for CIFAR and MNIST. Nothing is "
            "scaled, so it costs almost nothing. Validation pictures are cropped at the centre.")
        .in("image", Kind::Image, "A picture; with its border at least as large as the square.")
        .out("image", Kind::Image, "A square picture.")
        .random()
        .param("padding", &Params::padding, range(0, 1024).ui(0, 16).unit("px"), "Width of the border on every side.")
        .param("size", &Params::size, range(1, 4096).ui(16, 64).unit("px"), "Width and height of the result.")
        .example({{"padding", std::int64_t{4}}, {"size", std::int64_t{40}}}, {.mean = 164.3458, .stddev = 67.2029});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    const auto shape = picture_shape(in);
    if (!shape) return fail(shape.error());
    for (const Dim& side : {shape->height, shape->width})
      if (side.known() && side.size() + 2 * params.padding < params.size)
        return fail(Error{
            .reason = too_small(side.size(), params), .remedy = "Lower size, or raise padding", .parameter = "size"});
    return with_size(in, params.size, params.size);
  }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext& context) {
    const auto picture = picture_size(in);
    if (!picture) return fail(picture.error());
    const std::int64_t room_y = picture->height + 2 * params.padding - params.size;
    const std::int64_t room_x = picture->width + 2 * params.padding - params.size;
    if (room_y < 0 || room_x < 0)
      return fail_record(too_small(std::min(picture->height, picture->width), params), "Resize the pictures first");

    std::int64_t y = room_y / 2;
    std::int64_t x = room_x / 2;
    if (context.training) {
      y = context.rng.below(static_cast<std::uint32_t>(room_y + 1));
      x = context.rng.below(static_cast<std::uint32_t>(room_x + 1));
    }
    const bool planar = in.layout() == Layout::CHW;
    const auto pixel_bytes = static_cast<std::int64_t>(size_of(in.dtype())) * (planar ? 1 : picture->channels);
    const Rows source{picture->height, picture->width * pixel_bytes, pixel_bytes};
    const Rows target{params.size, params.size * pixel_bytes, pixel_bytes};
    std::byte* to = allocate_like(in, out, params.size, params.size);
    for (std::int64_t plane = 0; plane < (planar ? picture->channels : 1); ++plane)
      copy_window(in.data() + plane * source.height * source.row_bytes, source,
                  to + plane * target.height * target.row_bytes, target, x - params.padding, y - params.padding);
    return {};
  }

 private:
  static std::string too_small(std::int64_t side, const Params& params) {
    return "a side of " + std::to_string(side) + " px with a border of " + std::to_string(params.padding) +
           " px is less than the size of " + std::to_string(params.size) + " px";
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(PadRandomCrop)
