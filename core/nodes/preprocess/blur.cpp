// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/image.h"
#include "schema/node_builder.h"

#include <opencv2/imgproc.hpp>

#include <cmath>

namespace feedline::inline nodes {
namespace {

struct RandomBlur {
  struct Params {
    double sigma_min = 0.1;
    double sigma_max = 2;
    double probability = 0.5;
  };

  static NodeSpec spec() {
    return node<RandomBlur>("blur", 1, "Blur", "Blurs a picture by a Gaussian of random width.")
        .help(
            "For pictures that may be out of focus, and for networks that lean on fine texture too much. The width is "
            "drawn evenly between the two limits for each picture, as in SimCLR (Chen et al., 2020); the kernel "
            "reaches three widths to each side, and the picture is mirrored at its border. The cost grows with the "
            "width. Validation pictures stay sharp.")
        .in("image", Kind::Image, "A picture of any size.")
        .out("image", Kind::Image, "The picture, blurred or not.")
        .random()
        .param("sigma_min", &Params::sigma_min, range(0.05, 50).ui(0.1, 5).unit("px"), "Smallest standard deviation.")
        .param("sigma_max", &Params::sigma_max, range(0.05, 50).ui(0.1, 5).unit("px"), "Largest standard deviation.")
        .param("probability", &Params::probability, range(0, 1), "Probability that a picture is blurred.")
        .example({{"probability", 1.0}, {"sigma_max", 1.5}, {"sigma_min", 1.5}},
                 {.mean = 146.5016, .stddev = 70.6781, .tolerance = 0.1});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (params.sigma_min > params.sigma_max)
      return fail(Error{.reason = "sigma_min is greater than sigma_max",
                        .remedy = "Lower it, or raise sigma_max",
                        .parameter = "sigma_min"});
    if (auto shape = picture_shape(in); !shape) return fail(std::move(shape.error()));
    return in;
  }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext& context) {
    const auto picture = picture_size(in);
    if (!picture) return fail(picture.error());
    if (left_alone(params.probability, in, out, context)) return {};
    keep_opencv_single_threaded();
    const double sigma = context.rng.uniform(params.sigma_min, params.sigma_max);
    const int side = 2 * static_cast<int>(std::ceil(3 * sigma)) + 1;
    for_each_plane(in, out, [&](const cv::Mat& from, cv::Mat& to) {
      cv::GaussianBlur(from, to, {side, side}, sigma, sigma, cv::BORDER_REFLECT_101);
    });
    return {};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(RandomBlur)
