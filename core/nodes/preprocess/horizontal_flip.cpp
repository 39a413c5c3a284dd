// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/image.h"
#include "schema/node_builder.h"

#include <opencv2/core.hpp>

namespace feedline {
namespace {

struct HorizontalFlip {
  struct Params {
    double probability = 0.5;
  };

  static NodeSpec spec() {
    return node<HorizontalFlip>("horizontal_flip", 1, "Horizontal flip", "Mirrors a picture left to right, at random.")
        .help(
            "Doubles the variety of most photo data sets for almost no time. Do not use it where left and right "
            "differ in meaning (digits, letters). Validation pictures are never mirrored.")
        .in("image", Kind::Image, "A picture of any size.")
        .out("image", Kind::Image, "The picture, mirrored or not.")
        .random()
        .param("probability", &Params::probability, range(0, 1), "Chance that a picture is mirrored.")
        .example({{"probability", 1.0}}, {.mean = 146.4403, .stddev = 71.16});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    if (auto shape = picture_shape(in); !shape) return fail(std::move(shape.error()));
    return in;
  }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext& context) {
    if (auto picture = picture_size(in); !picture) return fail(std::move(picture.error()));
    if (!context.training || !context.rng.chance(params.probability)) {
      out.view(in);
      return {};
    }
    for_each_plane(in, out, [](const cv::Mat& from, cv::Mat& to) { cv::flip(from, to, 1); });
    return {};
  }
};

}  // namespace
}  // namespace feedline

FEEDLINE_NODE(HorizontalFlip)
