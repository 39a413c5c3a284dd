// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/picture.h"
#include "nodes/preprocess/warp.h"
#include "schema/node_builder.h"

#include <cmath>

namespace feedline::inline nodes {
namespace {

struct RandomAffine {
  struct Params {
    double degrees = 10;
    double translate = 0.1;
    double scale_min = 0.9;
    double scale_max = 1.1;
    double shear = 0;
    std::string filter = "linear";
    double fill = 0;
  };

  static NodeSpec spec() {
    return node<RandomAffine>("affine", 1, "Affine", "Turns, moves, scales and shears a picture at random, at once.")
        .help(
            "One pass over the pixels where rotate, a shifted crop and a resize would take three, and blurs only once. "
            "Angle, move, scale and shear are drawn for each picture by themselves, as torchvision's RandomAffine "
            "does. "
            "Set a part to 0 (the scales to 1) to leave it out. Validation pictures stay as they are.")
        .in("image", Kind::Image, "A picture of any size.")
        .out("image", Kind::Image, "The picture, changed; of the same size.")
        .random()
        .param("degrees", &Params::degrees, range(0, 180).ui(0, 45).unit("°"), "Largest angle, to either side.")
        .param("translate", &Params::translate, range(0, 1).ui(0, 0.5),
               "Farthest move to any side, as a share of width and height.")
        .param("scale_min", &Params::scale_min, range(0.05, 20).ui(0.5, 1), "Smallest scale.")
        .param("scale_max", &Params::scale_max, range(0.05, 20).ui(1, 2), "Largest scale.")
        .param("shear", &Params::shear, range(0, 80).ui(0, 30).unit("°"),
               "Largest slant of upright lines, to either side.")
        .choice("filter", &Params::filter, warp_filters(), std::string(kWarpFilterDoc))
        .param("fill", &Params::fill, range(-1000, 1000).ui(0, 255), std::string(kWarpFillDoc))
        .example({{"degrees", 20.0}, {"shear", 10.0}}, {.mean = 121.6545, .stddev = 84.2587, .tolerance = 0.1});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (params.scale_min > params.scale_max)
      return fail(Error{.reason = "scale_min is greater than scale_max",
                        .remedy = "Lower it, or raise scale_max",
                        .parameter = "scale_min"});
    return infer_warp(in, params.fill);
  }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext& context) {
    const auto picture = picture_size(in);
    if (!picture) return fail(picture.error());
    if (!context.training) {
      out.view(in);
      return {};
    }
    const auto width = static_cast<double>(picture->width);
    const auto height = static_cast<double>(picture->height);
    Rng& rng = context.rng;
    AffineChange change;
    change.degrees = rng.uniform(-params.degrees, params.degrees);
    change.shift_x = std::round(rng.uniform(-params.translate, params.translate) * width);
    change.shift_y = std::round(rng.uniform(-params.translate, params.translate) * height);
    change.scale = rng.uniform(params.scale_min, params.scale_max);
    change.shear_x = rng.uniform(-params.shear, params.shear);
    return warp(in, inverse_of(change, width / 2, height / 2), {.filter = params.filter, .fill = params.fill}, out);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(RandomAffine)
