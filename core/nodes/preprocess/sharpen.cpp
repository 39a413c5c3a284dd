// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/byte_picture.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct RandomSharpness {
  struct Params {
    double factor = 2;
    double probability = 0.5;
  };

  static NodeSpec spec() {
    return node<RandomSharpness>("sharpen", 1, "Sharpen", "Makes a picture sharper or softer, at random.")
        .help(
            "Moves the picture away from its smoothed form, or towards it: a factor of 2 sharpens, 1 changes nothing, "
            "0 gives the smoothed picture. Source: torchvision's RandomAdjustSharpness. Validation pictures stay as "
            "they are.")
        .in("image", Kind::Image, "An 8-bit picture, grey or in colour.")
        .out("image", Kind::Image, "The picture, sharper or not.")
        .random()
        .param("factor", &Params::factor, range(0, 20).ui(0, 4), "How sharp: above 1 sharper, below 1 softer.")
        .param("probability", &Params::probability, range(0, 1), "Probability that a picture is changed.")
        .example({{"factor", 3.0}, {"probability", 1.0}}, {.mean = 146.4603, .stddev = 71.2451});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) { return infer_bytes(in); }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext& context) {
    const auto picture = byte_picture_size(in);
    if (!picture) return fail(picture.error());
    if (left_alone(params.probability, in, out, context)) return {};
    auto* to = reinterpret_cast<std::uint8_t*>(allocate_like(in, out, picture->height, picture->width));
    adjust_sharpness({in.as<std::uint8_t>(), in.bytes()}, to, *picture, params.factor);
    return {};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(RandomSharpness)
