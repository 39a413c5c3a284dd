// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/byte_picture.h"
#include "schema/node_builder.h"

#include <algorithm>
#include <array>
#include <utility>

namespace feedline::inline nodes {
namespace {

struct ColourJitter {
  struct Params {
    double brightness = 0.2;
    double contrast = 0.2;
    double saturation = 0.2;
    double hue = 0.05;
  };

  static NodeSpec spec() {
    return node<ColourJitter>("colour_jitter", 1, "Colour jitter",
                              "Changes brightness, contrast, saturation and hue of a picture at random.")
        .help(
            "For photos that are taken in differing light by differing cameras. Each of the four factors is drawn for "
            "each picture, and they are applied in a random order, as torchvision's ColorJitter does: 0.2 means a "
            "factor between 0.8 and 1.2. Set a part to 0 to leave it out; hue is better left out where the colour "
            "tells the classes apart. Of grey pictures brightness and contrast alone change. Validation pictures stay "
            "as they are.")
        .in("image", Kind::Image, "An 8-bit picture, grey or in colour.")
        .out("image", Kind::Image, "The picture in other light.")
        .random()
        .param("brightness", &Params::brightness, range(0, 10).ui(0, 1), "How far the factor of brightness is from 1.")
        .param("contrast", &Params::contrast, range(0, 10).ui(0, 1), "How far the factor of contrast is from 1.")
        .param("saturation", &Params::saturation, range(0, 10).ui(0, 1), "How far the factor of saturation is from 1.")
        .param("hue", &Params::hue, range(0, 0.5).ui(0, 0.5),
               "How far colours are turned, as a share of the whole circle.")
        .example({{"brightness", 0.4}, {"contrast", 0.4}, {"hue", 0.1}, {"saturation", 0.4}},
                 {.mean = 124.7014, .stddev = 73.3508, .tolerance = 0.1});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) { return infer_bytes(in); }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext& context) {
    const auto picture = byte_picture_size(in);
    if (!picture) return fail(picture.error());
    if (!context.training) {
      out.view(in);
      return {};
    }
    Rng& rng = context.rng;
    std::array<int, 4> order = {0, 1, 2, 3};
    for (std::uint32_t i = 3; i > 0; --i) std::swap(order[i], order[rng.below(i + 1)]);
    const auto factor = [&](double strength) { return rng.uniform(std::max(0.0, 1 - strength), 1 + strength); };
    const double brightness = factor(params.brightness);
    const double contrast = factor(params.contrast);
    const double saturation = factor(params.saturation);
    const double hue = rng.uniform(-params.hue, params.hue);

    const std::span<std::uint8_t> bytes = copied_bytes(in, out);
    const bool coloured = picture->channels == 3;
    for (const int what : order) {
      if (what == 0 && params.brightness > 0) adjust_brightness(bytes, brightness);
      if (what == 1 && params.contrast > 0) adjust_contrast(bytes, picture->channels, contrast);
      if (what == 2 && params.saturation > 0 && coloured) adjust_saturation(bytes, saturation);
      if (what == 3 && params.hue > 0 && coloured) adjust_hue(bytes, hue);
    }
    return {};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(ColourJitter)
