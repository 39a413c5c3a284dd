// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/picture.h"
#include "schema/node_builder.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kNoiseSteps = 4096;

/// The quantile function of the standard normal distribution, p in (0, 1), to 1.2e-9. Source: P. J. Acklam, "An
/// algorithm for computing the inverse normal cumulative distribution function", 2003.
double normal_quantile(double p) {
  constexpr std::array a = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                            1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr std::array b = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                            6.680131188771972e+01, -1.328068155288572e+01};
  constexpr std::array c = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                            -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  constexpr std::array d = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00};
  constexpr double kTail = 0.02425;
  if (p > 0.5) return -normal_quantile(1 - p);
  if (p < kTail) {
    const double q = std::sqrt(-2 * std::log(p));
    return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
           ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
  }
  const double q = p - 0.5;
  const double r = q * q;
  return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
         (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

/// Equally probable values of a standard normal distribution: 12 random bits choose one. Box-Muller would cost a
/// logarithm and a cosine for each of the 150,000 numbers of a photo.
const std::array<float, kNoiseSteps>& noise_values() {
  static const auto values = [] {
    std::array<float, kNoiseSteps> made{};
    for (std::size_t i = 0; i < kNoiseSteps; ++i)
      made[i] = static_cast<float>(normal_quantile((static_cast<double>(i) + 0.5) / kNoiseSteps));
    return made;
  }();
  return values;
}

float noise_rounded(float value, std::uint8_t) { return std::floor(std::clamp(value, 0.0F, 255.0F) + 0.5F); }
float noise_rounded(float value, float) { return value; }

template <class Number>
void add_noise_to(const Number* from, Number* to, std::size_t count, double stddev, Rng& rng) {
  const auto& values = noise_values();
  const auto strength = static_cast<float>(stddev);
  const auto noisy = [&](Number number, std::uint32_t bits) {
    return static_cast<Number>(
        noise_rounded(static_cast<float>(number) + strength * values[bits % kNoiseSteps], Number{}));
  };
  std::size_t i = 0;
  for (; i + 1 < count; i += 2) {
    const std::uint32_t bits = rng.bits();
    to[i] = noisy(from[i], bits);
    to[i + 1] = noisy(from[i + 1], bits >> 16U);
  }
  if (i < count) to[i] = noisy(from[i], rng.bits());
}

/// A share of the pixels becomes black or white, with all its channels.
void add_specks(std::span<std::uint8_t> bytes, std::size_t channels, double share, Rng& rng) {
  const auto limit = static_cast<std::uint32_t>(share * 0x1p31);
  for (std::size_t i = 0; i + channels <= bytes.size(); i += channels) {
    const std::uint32_t bits = rng.bits();
    if ((bits >> 1U) >= limit) continue;
    std::fill_n(bytes.data() + i, channels, static_cast<std::uint8_t>((bits & 1U) != 0 ? 255 : 0));
  }
}

struct PictureNoise {
  struct Params {
    std::string kind = "gaussian";
    double stddev = 10;
    double share = 0.02;
    double probability = 1;
  };

  static NodeSpec spec() {
    return node<PictureNoise>("noise", 1, "Noise", "Adds noise to a picture, as a poor sensor does.")
        .help(
            "'gaussian' adds a random number of its own to every value of every pixel, as a sensor does in poor light; "
            "'salt_and_pepper' makes some pixels white or black, as faulty ones are. Behind normalise the deviation "
            "is counted in the normalised numbers, where 0.1 is much. Validation pictures get no noise.")
        .in("image", Kind::Image, "A picture of any size; for salt and pepper an 8-bit one.")
        .out("image", Kind::Image, "The picture with its noise.")
        .random()
        .choice("kind", &Params::kind, {"gaussian", "salt_and_pepper"}, "What kind of noise is added.")
        .param("stddev", &Params::stddev, range(0, 1000).ui(0, 50),
               "Standard deviation of the noise, in the numbers of the picture: 0 to 255 of a decoded one.")
        .only_if("kind", {"gaussian"})
        .param("share", &Params::share, range(0, 1).ui(0, 0.2), "Share of the pixels that become white or black.")
        .only_if("kind", {"salt_and_pepper"})
        .param("probability", &Params::probability, range(0, 1), "Probability that a picture gets any.")
        .example({{"stddev", 20.0}}, {.mean = 146.0361, .stddev = 72.0388, .tolerance = 0.01});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (auto shape = picture_shape(in); !shape) return fail(std::move(shape.error()));
    if (params.kind == "salt_and_pepper" && (in.dtype != DType::U8 || in.layout == Layout::CHW))
      return fail(Error{.reason = "salt and pepper need 8-bit pictures in rows of pixels, but it is given " + in.text(),
                        .remedy = "Put it before normalise, or choose gaussian",
                        .port = "image"});
    return in;
  }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext& context) {
    const auto picture = picture_size(in);
    if (!picture) return fail(picture.error());
    if (left_alone(params.probability, in, out, context)) return {};
    std::byte* to = allocate_like(in, out, picture->height, picture->width);
    if (params.kind == "salt_and_pepper") {
      if (in.dtype() != DType::U8 || in.layout() == Layout::CHW)
        return fail_record("'" + in.text() + "' is no 8-bit picture");
      std::copy_n(in.data(), in.bytes(), to);
      add_specks({reinterpret_cast<std::uint8_t*>(to), in.bytes()}, static_cast<std::size_t>(picture->channels),
                 params.share, context.rng);
    } else if (in.dtype() == DType::U8) {
      add_noise_to(in.as<std::uint8_t>(), reinterpret_cast<std::uint8_t*>(to), in.bytes(), params.stddev, context.rng);
    } else {
      add_noise_to(in.as<float>(), reinterpret_cast<float*>(to), in.bytes() / sizeof(float), params.stddev,
                   context.rng);
    }
    return {};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(PictureNoise)
