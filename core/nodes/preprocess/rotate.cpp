// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/picture.h"
#include "nodes/preprocess/warp.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct RandomRotation {
  struct Params {
    double degrees = 15;
    double probability = 1;
    std::string filter = "linear";
    double fill = 0;
  };

  static NodeSpec spec() {
    return node<RandomRotation>("rotate", 1, "Rotate", "Turns a picture by a random angle about its middle.")
        .help(
            "For objects that are not always seen upright: 10 to 15 degrees for photos and handwriting, 180 for what "
            "has no top, such as cells or pictures from the air. The picture keeps its size; corners that come in from "
            "outside get the fill. Validation pictures are never turned.")
        .in("image", Kind::Image, "A picture of any size.")
        .out("image", Kind::Image, "The picture, turned.")
        .random()
        .param("degrees", &Params::degrees, range(0, 180).ui(0, 180).unit("°"),
               "Largest angle; it is drawn evenly between this to the left and this to the right.")
        .param("probability", &Params::probability, range(0, 1), "Probability that a picture is turned.")
        .choice("filter", &Params::filter, warp_filters(), std::string(kWarpFilterDoc))
        .param("fill", &Params::fill, range(-1000, 1000).ui(0, 255), std::string(kWarpFillDoc))
        .example({{"degrees", 30.0}}, {.mean = 132.9198, .stddev = 79.5176, .tolerance = 0.1});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) { return infer_warp(in, params.fill); }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext& context) {
    const auto picture = picture_size(in);
    if (!picture) return fail(picture.error());
    if (left_alone(params.probability, in, out, context)) return {};
    const AffineChange change{.degrees = context.rng.uniform(-params.degrees, params.degrees)};
    const AffineMap map =
        inverse_of(change, static_cast<double>(picture->width) / 2, static_cast<double>(picture->height) / 2);
    return warp(in, map, {.filter = params.filter, .fill = params.fill}, out);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(RandomRotation)
