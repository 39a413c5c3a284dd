// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/picture.h"
#include "schema/node_builder.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace feedline::inline nodes {
namespace {

/// Rows and columns of a square, as far as they lie in the picture.
struct Hole {
  std::int64_t top = 0;
  std::int64_t bottom = 0;
  std::int64_t left = 0;
  std::int64_t right = 0;
};

template <class Number>
void fill_hole(Number* pixels, const PictureSize& size, bool planar, const Hole& hole, Number value) {
  const std::int64_t planes = planar ? size.channels : 1;
  const std::int64_t step = planar ? 1 : size.channels;
  for (std::int64_t plane = 0; plane < planes; ++plane)
    for (std::int64_t row = hole.top; row < hole.bottom; ++row) {
      Number* line = pixels + (plane * size.height + row) * size.width * step;
      std::fill(line + hole.left * step, line + hole.right * step, value);
    }
}

struct Cutout {
  struct Params {
    std::int64_t size = 16;
    std::int64_t holes = 1;
    double probability = 1;
    double fill = 0;
  };

  static NodeSpec spec() {
    return node<Cutout>("cutout", 1, "Cutout", "Covers squares of a picture at random.")
        .help(
            "Makes the network look at all of an object instead of its most telling part (DeVries and Taylor, 2017). "
            "The centre of each square is drawn over the whole picture, so that squares at the border are cut off. "
            "About half the height of the picture is a good size for photos of one object, less for fine classes. "
            "Behind normalise the fill 0 is the mean of the data, as in the paper; in front of it 0 is black and 127 "
            "grey. Validation pictures are never covered.")
        .in("image", Kind::Image, "A picture of any size.")
        .out("image", Kind::Image, "The picture with its holes.")
        .random()
        .param("size", &Params::size, range(1, 4096).ui(4, 128).unit("px"), "Height and width of a square.")
        .param("holes", &Params::holes, range(1, 64).ui(1, 8), "Squares in a picture; they may overlap.")
        .param("probability", &Params::probability, range(0, 1), "Probability that a picture gets any.")
        .param("fill", &Params::fill, range(-1000, 1000).ui(0, 255),
               "Value of covered pixels, in the numbers of the picture: 0 to 255 of a decoded one.")
        .example({{"size", std::int64_t{24}}}, {.mean = 125.4724, .stddev = 82.6843});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (auto shape = picture_shape(in); !shape) return fail(std::move(shape.error()));
    if (in.dtype == DType::U8 && (params.fill < 0 || params.fill > 255))
      return fail(Error{.reason = "its pictures hold whole numbers from 0 to 255, and fill is outside",
                        .remedy = "Choose one of 0 to 255, or move it behind normalise",
                        .parameter = "fill"});
    return in;
  }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext& context) {
    const auto picture = picture_size(in);
    if (!picture) return fail(picture.error());
    if (left_alone(params.probability, in, out, context)) return {};
    std::byte* to = allocate_like(in, out, picture->height, picture->width);
    std::memcpy(to, in.data(), in.bytes());
    const bool planar = in.layout() == Layout::CHW;
    for (std::int64_t i = 0; i < params.holes; ++i) {
      const Hole hole = draw(params.size, *picture, context.rng);
      if (in.dtype() == DType::U8) {
        fill_hole(reinterpret_cast<std::uint8_t*>(to), *picture, planar, hole,
                  static_cast<std::uint8_t>(std::lround(std::clamp(params.fill, 0.0, 255.0))));
      } else {
        fill_hole(reinterpret_cast<float*>(to), *picture, planar, hole, static_cast<float>(params.fill));
      }
    }
    return {};
  }

 private:
  static Hole draw(std::int64_t size, const PictureSize& picture, Rng& rng) {
    const std::int64_t y = rng.below(static_cast<std::uint32_t>(picture.height)) - size / 2;
    const std::int64_t x = rng.below(static_cast<std::uint32_t>(picture.width)) - size / 2;
    return {.top = std::max<std::int64_t>(y, 0),
            .bottom = std::clamp<std::int64_t>(y + size, 0, picture.height),
            .left = std::max<std::int64_t>(x, 0),
            .right = std::clamp<std::int64_t>(x + size, 0, picture.width)};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Cutout)
