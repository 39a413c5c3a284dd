// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/byte_picture.h"
#include "nodes/preprocess/warp.h"
#include "schema/node_builder.h"

#include <array>
#include <cmath>
#include <numbers>

namespace feedline::inline nodes {
namespace {

constexpr double kMostMagnitude = 30;

/// The fourteen operations of the paper's table 6, as torchvision counts them.
enum class Augmentation : std::uint8_t {
  Identity,
  ShearX,
  ShearY,
  TranslateX,
  TranslateY,
  Rotate,
  Brightness,
  Colour,
  Contrast,
  Sharpness,
  Posterise,
  Solarise,
  AutoContrast,
  Equalise
};
constexpr std::uint32_t kAugmentations = 14;

/// One operation that was drawn.
struct DrawnAugmentation {
  Augmentation what = Augmentation::Identity;
  double strength = 0;  ///< 0 to 1: magnitude 30
  double sign = 1;      ///< of those that have a direction
};

/// Moves and slants are counted from the upper left corner, turns about the middle.
AffineMap map_of(const DrawnAugmentation& drawn, const PictureSize& size) {
  constexpr double kMostShear = 0.3;
  constexpr double kMostShift = 150.0 / 331.0;
  constexpr double kMostTurn = 30;
  const double signed_strength = drawn.sign * drawn.strength;
  const double slant = std::atan(signed_strength * kMostShear) * 180 / std::numbers::pi;
  const auto width = static_cast<double>(size.width);
  const auto height = static_cast<double>(size.height);
  switch (drawn.what) {
    case Augmentation::ShearX:
      return inverse_of({.shear_x = slant}, 0, 0);
    case Augmentation::ShearY:
      return inverse_of({.shear_y = slant}, 0, 0);
    case Augmentation::TranslateX:
      return inverse_of({.shift_x = std::trunc(signed_strength * kMostShift * width)}, 0, 0);
    case Augmentation::TranslateY:
      return inverse_of({.shift_y = std::trunc(signed_strength * kMostShift * height)}, 0, 0);
    default:
      return inverse_of({.degrees = -signed_strength * kMostTurn}, width / 2, height / 2);
  }
}

bool moves_pixels(Augmentation what) { return what >= Augmentation::ShearX && what <= Augmentation::Rotate; }

/// Those that change values, from one picture into another of the same size.
void change_values(const DrawnAugmentation& drawn, const Datum& in, const PictureSize& size, Datum& out) {
  constexpr double kMostEnhanced = 0.9;
  const double factor = 1 + drawn.sign * drawn.strength * kMostEnhanced;
  const std::span<std::uint8_t> bytes = copied_bytes(in, out);
  switch (drawn.what) {
    case Augmentation::Brightness:
      return adjust_brightness(bytes, factor);
    case Augmentation::Colour:
      if (size.channels == 3) adjust_saturation(bytes, factor);
      return;
    case Augmentation::Contrast:
      return adjust_contrast(bytes, size.channels, factor);
    case Augmentation::Sharpness:
      return adjust_sharpness({in.as<std::uint8_t>(), in.bytes()}, bytes.data(), size, factor);
    case Augmentation::Posterise:
      return posterise(bytes, 8 - static_cast<int>(std::nearbyint(drawn.strength * 4)));
    case Augmentation::Solarise:
      return solarise(bytes, 255 * (1 - drawn.strength));
    case Augmentation::AutoContrast:
      return stretch_channels(bytes, size.channels);
    case Augmentation::Equalise:
      return equalise_channels(bytes, size.channels);
    default:
      return;
  }
}

struct RandAugment {
  struct Params {
    std::int64_t operations = 2;
    double magnitude = 9;
    std::string filter = "nearest";
    double fill = 0;
  };

  static NodeSpec spec() {
    return node<RandAugment>("rand_augment", 1, "RandAugment",
                             "Applies a few of fourteen changes to a picture, drawn at random.")
        .help(
            "An augmentation with two dials instead of twenty (Cubuk et al., 2020): how many changes, and how strong. "
            "Drawn are, all equally often: none, shear and move in both directions, turn, brightness, colour, "
            "contrast, sharpness, posterise, solarise, auto contrast and equalise, as torchvision's RandAugment "
            "defines them. Two operations of magnitude 9 suit small networks, 2 of 15 and more large ones with "
            "long training. Validation pictures stay as they are.")
        .in("image", Kind::Image, "An 8-bit picture, grey or in colour.")
        .out("image", Kind::Image, "The picture, changed.")
        .random()
        .param("operations", &Params::operations, range(1, 16).ui(1, 5), "How many changes, one after the other.")
        .param("magnitude", &Params::magnitude, range(0, kMostMagnitude), "How strong each is.")
        .choice("filter", &Params::filter, {"nearest", "linear"}, std::string(kWarpFilterDoc))
        .param("fill", &Params::fill, range(0, 255), std::string(kWarpFillDoc))
        .example({{"magnitude", 15.0}}, {.mean = 138.3165, .stddev = 80.964, .tolerance = 0.1});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) { return infer_bytes(in); }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext& context) {
    const auto picture = byte_picture_size(in);
    if (!picture) return fail(picture.error());
    if (!context.training) {
      out.view(in);
      return {};
    }
    thread_local std::array<Datum, 2> between;  // the last operation alone writes to `out`
    const Datum* from = &in;
    for (std::int64_t i = 0; i < params.operations; ++i) {
      const DrawnAugmentation drawn{.what = static_cast<Augmentation>(context.rng.below(kAugmentations)),
                                    .strength = params.magnitude / kMostMagnitude,
                                    .sign = context.rng.chance(0.5) ? -1.0 : 1.0};
      Datum& to = i + 1 == params.operations ? out : between[static_cast<std::size_t>(i % 2)];
      if (moves_pixels(drawn.what)) {
        const WarpStyle style{.filter = params.filter, .fill = params.fill};
        if (Status moved = warp(*from, map_of(drawn, *picture), style, to); !moved) return moved;
      } else {
        change_values(drawn, *from, *picture, to);
      }
      from = &to;
    }
    return {};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(RandAugment)
