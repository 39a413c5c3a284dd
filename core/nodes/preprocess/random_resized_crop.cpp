// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/resample.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

/// Validation shows this share of the shorter side: 224 of 256, as ImageNet results are reported.
constexpr double kValidationShare = 224.0 / 256.0;

struct RandomResizedCrop {
  struct Params {
    std::int64_t size = 224;
    double scale_min = 0.08;
    double scale_max = 1.0;
    double ratio_min = 0.75;
    double ratio_max = 4.0 / 3;
    std::string filter = "linear";
    [[nodiscard]] CropLimits limits() const { return {scale_min, scale_max, ratio_min, ratio_max}; }
  };

  static NodeSpec spec() {
    return node<RandomResizedCrop>("random_resized_crop", 1, "Random resized crop",
                                   "Cuts out a random part of the picture and scales it to a square.")
        .help(
            "The usual augmentation for photos: each epoch sees another part of each picture, at another scale and "
            "aspect "
            "ratio, so that the model learns the object and not its position. Validation pictures get a fixed crop: "
            "the "
            "centre, 224/256 of the shorter side.\n\n"
            "Raise the smallest scale when the object is small or at the border.")
        .in("image", Kind::Image, "A picture of any size.")
        .out("image", Kind::Image, "A square picture.")
        .random()
        .param("size", &Params::size, range(1, 4096).ui(32, 384).unit("px"), "Width and height of the result.")
        .param("scale_min", &Params::scale_min, range(0.001, 1).ui(0.05, 1),
               "Smallest share of the picture's area to cut out.")
        .param("scale_max", &Params::scale_max, range(0.001, 1).ui(0.05, 1),
               "Largest share of the picture's area to cut out.")
        .param("ratio_min", &Params::ratio_min, range(0.1, 10).ui(0.5, 1),
               "Smallest width divided by height of the part to cut out.")
        .param("ratio_max", &Params::ratio_max, range(0.1, 10).ui(1, 2),
               "Largest width divided by height of the part to cut out.")
        .choice("filter", &Params::filter, filter_choices(), std::string(kFilterDoc))
        .example({{"size", std::int64_t{24}}}, {.mean = 183.38, .stddev = 45.05, .tolerance = 0.5});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (auto shape = picture_shape(in); !shape) return fail(std::move(shape.error()));
    if (params.scale_min > params.scale_max) return crossed("scale_min", "scale_max");
    if (params.ratio_min > params.ratio_max) return crossed("ratio_min", "ratio_max");
    return with_size(in, params.size, params.size);
  }

  static std::optional<PictureDemand> demand(const Params& params, std::int64_t width, std::int64_t height,
                                             OpContext& context) {
    return demand_of(window(params, {height, width}, context), params.size, params.size);
  }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext& context) {
    const auto picture = whole_picture_size(in);
    if (!picture) return fail(picture.error());
    return resample(in, window(params, *picture, context), params.size, params.size, params.filter, out);
  }

 private:
  static CropWindow window(const Params& params, const PictureSize& picture, OpContext& context) {
    return context.training ? random_window(picture, params.limits(), context.rng)
                            : centre_window(picture, 1.0, kValidationShare);
  }

  static tl::unexpected<Error> crossed(const std::string& low, const std::string& high) {
    return fail(
        Error{.reason = low + " is greater than " + high, .remedy = "Lower it, or raise " + high, .parameter = low});
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(RandomResizedCrop)
