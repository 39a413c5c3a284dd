// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/picture.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

namespace feedline::inline nodes {
namespace {

/// Above it names cost more than they tell.
constexpr std::int64_t kMostNamedPixels = 4096;

struct Pixels {
  struct Params {};

  static NodeSpec spec() {
    return node<Pixels>("pixels", 1, "Pixels", "Makes a vector of features of a picture: a number for each pixel.")
        .help(
            "What works on features (pca, select_k_best, support vectors, trees) then works on small pictures: 28×28 "
            "pixels in grey are 784 features. Bytes are divided by 255, so that the numbers lie in 0..1; f32 pictures "
            "keep their numbers. They stand row by row, then column by column, then channel by channel, and up to "
            "4,096 of them carry names, y3_x5 or y3_x5_c0, by which the view of what a pca has learnt paints them as "
            "a picture again. A network that has convolutions takes the picture itself instead.")
        .in("image", Kind::Image, "A picture of bytes or f32; all records have one size.")
        .out("features", Kind::Features, "Its numbers, f32.")
        .example({}, {.mean = 0.574276, .stddev = 0.279059});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    const auto shape = picture_shape(in);
    if (!shape) return fail(shape.error());
    TensorDesc out{.kind = Kind::Features, .dtype = DType::F32, .shape = {Dim::symbol("features")}};
    if (!shape->height.known() || !shape->width.known() || !shape->channels.known()) return out;
    const std::int64_t channels = shape->channels.size();
    const std::int64_t count = shape->height.size() * shape->width.size() * channels;
    out.shape = {count};
    if (count > kMostNamedPixels) return out;
    for (std::int64_t y = 0; y < shape->height.size(); ++y)
      for (std::int64_t x = 0; x < shape->width.size(); ++x)
        for (std::int64_t c = 0; c < channels; ++c)
          out.columns.push_back(
              {.name = channels == 1 ? fmt::format("y{}_x{}", y, x) : fmt::format("y{}_x{}_c{}", y, x, c)});
    return out;
  }

  static Status run(const Params&, const Datum& in, Datum& out, OpContext&) {
    const auto size = picture_size(in);
    if (!size) return fail(size.error());
    const auto count = static_cast<std::size_t>(size->pixels() * size->channels);
    auto* to = reinterpret_cast<float*>(out.allocate(DType::F32, {static_cast<std::int64_t>(count)}));
    if (in.dtype() == DType::U8) {
      const auto* from = in.as<std::uint8_t>();
      for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<float>(from[i]) * (1.0F / 255.0F);
      return {};
    }
    const float* from = in.as<float>();
    if (in.layout() != Layout::CHW) {
      std::memcpy(to, from, count * sizeof(float));
      return {};
    }
    const auto pixels = static_cast<std::size_t>(size->pixels());
    const auto channels = static_cast<std::size_t>(size->channels);
    for (std::size_t c = 0; c < channels; ++c)
      for (std::size_t i = 0; i < pixels; ++i) to[i * channels + c] = from[c * pixels + i];
    return {};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Pixels)
