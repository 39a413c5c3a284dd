// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/picture.h"
#include "nodes/preprocess/warp.h"
#include "schema/node_builder.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>

namespace feedline::inline nodes {
namespace {

struct RandomPerspective {
  struct Params {
    double distortion = 0.5;
    double probability = 0.5;
    std::string filter = "linear";
    double fill = 0;
  };

  static NodeSpec spec() {
    return node<RandomPerspective>("perspective", 1, "Perspective",
                                   "Shows a picture as if it were seen from another side, at random.")
        .help(
            "Each corner moves inwards by a random distance of its own, so that the picture looks tilted: good for "
            "signs, documents, shelves and whatever else is photographed from several places. Source: torchvision's "
            "RandomPerspective. Validation pictures stay as they are.")
        .in("image", Kind::Image, "A picture of any size.")
        .out("image", Kind::Image, "The picture, tilted; of the same size.")
        .random()
        .param("distortion", &Params::distortion, range(0, 0.98).ui(0, 0.8),
               "How far a corner may move, as a share of half the width and height.")
        .param("probability", &Params::probability, range(0, 1), "Probability that a picture is tilted.")
        .choice("filter", &Params::filter, warp_filters(), std::string(kWarpFilterDoc))
        .param("fill", &Params::fill, range(-1000, 1000).ui(0, 255), std::string(kWarpFillDoc))
        .example({{"distortion", 0.4}, {"probability", 1.0}}, {.mean = 92.196, .stddev = 90.3821, .tolerance = 0.1});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) { return infer_warp(in, params.fill); }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext& context) {
    const auto picture = picture_size(in);
    if (!picture) return fail(picture.error());
    const bool small = picture->width < 3 || picture->height < 3;  // its corners may meet, and nothing is seen
    if (!context.training || !context.rng.chance(params.probability) || small) {
      out.view(in);
      return {};
    }
    return warp(in, draw(params.distortion, *picture, context.rng), {.filter = params.filter, .fill = params.fill},
                out);
  }

 private:
  static PerspectiveMap draw(double distortion, const PictureSize& picture, Rng& rng) {
    const auto far = [&](std::int64_t side) {
      return static_cast<std::uint32_t>(distortion * static_cast<double>(side / 2));
    };
    const std::uint32_t most_x = far(picture.width);
    const std::uint32_t most_y = far(picture.height);
    const auto right = static_cast<float>(picture.width - 1);
    const auto bottom = static_cast<float>(picture.height - 1);
    const cv::Point2f before[4] = {{0, 0}, {right, 0}, {right, bottom}, {0, bottom}};
    cv::Point2f after[4];
    for (int corner = 0; corner < 4; ++corner) {
      const auto x = static_cast<float>(rng.below(most_x + 1));
      const auto y = static_cast<float>(rng.below(most_y + 1));
      after[corner] = {before[corner].x == 0 ? x : right - x, before[corner].y == 0 ? y : bottom - y};
    }
    const cv::Mat matrix = cv::getPerspectiveTransform(after, before);
    PerspectiveMap map{};
    std::copy_n(matrix.ptr<double>(), map.size(), map.begin());
    return map;
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(RandomPerspective)
