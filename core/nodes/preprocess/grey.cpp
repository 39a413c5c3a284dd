// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/byte_picture.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct RandomGrey {
  struct Params {
    double probability = 0.2;
  };

  static NodeSpec spec() {
    return node<RandomGrey>("grey", 1, "Grey", "Takes the colours out of a picture, at random.")
        .help(
            "Makes the network look at shapes where colours are a shortcut. The picture keeps its three channels, all "
            "equal to its brightness (ITU-R 601-2). For pictures that are to be grey throughout, with one channel, let "
            "decode give them grey. Validation pictures keep their colours unless the probability is 1.")
        .in("image", Kind::Image, "An 8-bit picture.")
        .out("image", Kind::Image, "The picture, with its colours or without.")
        .random()
        .param("probability", &Params::probability, range(0, 1), "Probability that a picture becomes grey.")
        .example({{"probability", 1.0}}, {.mean = 155.6748, .stddev = 49.1042});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) { return infer_bytes(in); }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext& context) {
    const auto picture = byte_picture_size(in);
    if (!picture) return fail(picture.error());
    const bool grey = context.training ? context.rng.chance(params.probability) : params.probability >= 1;
    if (!grey || picture->channels == 1) {
      out.view(in);
      return {};
    }
    make_grey(copied_bytes(in, out));
    return {};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(RandomGrey)
