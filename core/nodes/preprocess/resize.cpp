// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/resample.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct Resize {
  struct Params {
    std::int64_t width = 224;
    std::int64_t height = 224;
    std::string mode = "crop";
    std::string filter = "linear";
  };

  static NodeSpec spec() {
    return node<Resize>("resize", 1, "Resize", "Scales every picture to one size.")
        .help(
            "Gives all pictures the same width and height, which a batch needs. With 'crop' the picture keeps its "
            "proportions: it is scaled until it covers the size, and the excess is cut off evenly on both sides. With "
            "'stretch' "
            "nothing is cut off, but the proportions change.\n\n"
            "Cost grows with the size of the result; for a large picture most of the cost is in decode, which reads "
            "only "
            "the part, and only the resolution, that is needed here.")
        .in("image", Kind::Image, "A picture of any size.")
        .out("image", Kind::Image, "The picture in the new size.")
        .param("width", &Params::width, range(1, 8192).ui(16, 512).unit("px"), "Width of the result.")
        .param("height", &Params::height, range(1, 8192).ui(16, 512).unit("px"), "Height of the result.")
        .choice("mode", &Params::mode, {"crop", "stretch"},
                "'crop' keeps the proportions and cuts off the excess; 'stretch' changes the proportions.")
        .choice("filter", &Params::filter, filter_choices(), std::string(kFilterDoc))
        .example({{"width", std::int64_t{32}}, {"height", std::int64_t{40}}},
                 {.mean = 159.29, .stddev = 66.26, .tolerance = 0.5});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (auto shape = picture_shape(in); !shape) return fail(std::move(shape.error()));
    return with_size(in, params.height, params.width);
  }

  static std::optional<PictureDemand> demand(const Params& params, std::int64_t width, std::int64_t height,
                                             OpContext&) {
    return demand_of(window(params, {height, width}), params.width, params.height);
  }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext&) {
    const auto picture = whole_picture_size(in);
    if (!picture) return fail(picture.error());
    return resample(in, window(params, *picture), params.width, params.height, params.filter, out);
  }

 private:
  static CropWindow window(const Params& params, const PictureSize& picture) {
    const double ratio = static_cast<double>(params.width) / static_cast<double>(params.height);
    return params.mode == "crop" ? centre_window(picture, ratio) : CropWindow{0, 0, picture.width, picture.height};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Resize)
