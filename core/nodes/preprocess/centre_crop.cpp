// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/image.h"
#include "nodes/preprocess/resample.h"
#include "schema/node_builder.h"

#include <algorithm>

namespace feedline::inline nodes {
namespace {

struct CentreCrop {
  struct Params {
    std::int64_t width = 224;
    std::int64_t height = 224;
  };

  static NodeSpec spec() {
    return node<CentreCrop>("centre_crop", 1, "Centre crop", "Cuts the middle out of a picture, without scaling it.")
        .help(
            "What is evaluated is often the middle of a picture that was scaled before: resize to 256, then a centre "
            "crop of 224. Nothing is scaled here, so every pixel stays as it is. A picture that is smaller is set into "
            "the middle of a black one, as in torchvision. Behind decode only the part that is kept is read.")
        .in("image", Kind::Image, "A picture of any size.")
        .out("image", Kind::Image, "Its middle, in the size that was asked for.")
        .param("width", &Params::width, range(1, 8192).ui(16, 512).unit("px"), "Width of the result.")
        .param("height", &Params::height, range(1, 8192).ui(16, 512).unit("px"), "Height of the result.")
        .example({{"height", std::int64_t{40}}, {"width", std::int64_t{32}}}, {.mean = 163.3333, .stddev = 64.3098});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (auto shape = picture_shape(in); !shape) return fail(std::move(shape.error()));
    return with_size(in, params.height, params.width);
  }

  static std::optional<PictureDemand> demand(const Params& params, std::int64_t width, std::int64_t height,
                                             OpContext&) {
    if (width < params.width || height < params.height) return std::nullopt;
    return demand_of(window(params, width, height), params.width, params.height);
  }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext&) {
    const auto picture = whole_picture_size(in);
    if (!picture) return fail(picture.error());
    if (picture->width >= params.width && picture->height >= params.height)
      return resample(in, window(params, picture->width, picture->height), params.width, params.height, "linear", out);
    const Overlap x = overlap(picture->width, params.width);
    const Overlap y = overlap(picture->height, params.height);
    for_each_plane(in, out, params.height, params.width, [&](const cv::Mat& from, cv::Mat& to) {
      to.setTo(cv::Scalar::all(0));
      cv::Mat middle = to(cv::Rect(x.to, y.to, x.length, y.length));
      from(cv::Rect(x.from, y.from, x.length, y.length)).copyTo(middle);
    });
    return {};
  }

 private:
  /// What a side of the picture and one of the result have in common.
  struct Overlap {
    int from = 0;
    int to = 0;
    int length = 0;
  };

  /// Half of an odd number of pixels is rounded to the even one, as Python's round() does.
  static std::int64_t half_of(std::int64_t room) {
    const std::int64_t half = room / 2;
    return room % 2 != 0 && half % 2 != 0 ? half + 1 : half;
  }

  static Overlap overlap(std::int64_t side, std::int64_t wanted) {
    const std::int64_t room = side - wanted;
    return {.from = static_cast<int>(room > 0 ? half_of(room) : 0),
            .to = static_cast<int>(room < 0 ? -room / 2 : 0),
            .length = static_cast<int>(std::min(side, wanted))};
  }

  static CropWindow window(const Params& params, std::int64_t width, std::int64_t height) {
    return {half_of(width - params.width), half_of(height - params.height), params.width, params.height};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(CentreCrop)
