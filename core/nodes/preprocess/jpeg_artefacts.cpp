// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/byte_picture.h"
#include "nodes/preprocess/codec/codec.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct JpegArtefacts {
  struct Params {
    std::int64_t quality_min = 30;
    std::int64_t quality_max = 90;
    double probability = 0.5;
  };

  static NodeSpec spec() {
    return node<JpegArtefacts>("jpeg_artefacts", 1, "JPEG artefacts",
                               "Packs a picture as a JPEG file of random quality and unpacks it again.")
        .help(
            "For pictures that come from the web, from messengers or from cameras that pack much: the network learns "
            "to look past blocks and ringing. libjpeg-turbo does both ways in memory, with colours at half the "
            "resolution as most files have them; that costs about as much as decoding a file of this size. Validation "
            "pictures stay as they are.")
        .in("image", Kind::Image, "An 8-bit picture, grey or in colour.")
        .out("image", Kind::Image, "The picture with its artefacts.")
        .random()
        .param("quality_min", &Params::quality_min, range(1, 100).ui(5, 100), "Lowest quality of the file.")
        .param("quality_max", &Params::quality_max, range(1, 100).ui(5, 100), "Highest quality of the file.")
        .param("probability", &Params::probability, range(0, 1), "Probability that a picture is packed.")
        .example({{"probability", 1.0}, {"quality_max", std::int64_t{40}}, {"quality_min", std::int64_t{40}}},
                 {.mean = 146.5407, .stddev = 70.8819, .tolerance = 0.5});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (params.quality_min > params.quality_max)
      return fail(Error{.reason = "quality_min is greater than quality_max",
                        .remedy = "Lower it, or raise quality_max",
                        .parameter = "quality_min"});
    return infer_bytes(in);
  }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext& context) {
    const auto picture = byte_picture_size(in);
    if (!picture) return fail(picture.error());
    if (left_alone(params.probability, in, out, context)) return {};
    const auto span = static_cast<std::uint32_t>(params.quality_max - params.quality_min + 1);
    const auto quality = static_cast<int>(params.quality_min + context.rng.below(span));
    const auto packed =
        codec::encode_jpeg(in.as<std::uint8_t>(), static_cast<int>(picture->width), static_cast<int>(picture->height),
                           static_cast<int>(picture->channels), quality);
    if (!packed) return fail_record(packed.error().reason, "Scale the pictures down first");
    codec::DecodeRequest request;
    request.colour = picture->channels == 3 ? codec::Colour::Rgb : codec::Colour::Grey;
    request.max_pixels = static_cast<std::uint64_t>(picture->pixels());
    return codec::decode(*packed, request, out);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(JpegArtefacts)
