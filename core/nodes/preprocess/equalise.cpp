// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/preprocess/byte_picture.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct EqualisePicture {
  struct Params {};

  static NodeSpec spec() {
    return node<EqualisePicture>("equalise", 1, "Equalise", "Spreads the values of a picture evenly over 0 to 255.")
        .help(
            "Brings out what is hidden in pictures that are too dark or too flat. Each channel is equalised by itself, "
            "by its histogram over the whole picture, as PIL's ImageOps.equalize does; clahe does it place by place. "
            "It draws no random numbers, so validation pictures are treated alike.")
        .in("image", Kind::Image, "An 8-bit picture, grey or in colour.")
        .out("image", Kind::Image, "The picture, equalised.")
        .example({}, {.mean = 127.4317, .stddev = 73.8087});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) { return infer_bytes(in); }

  static Status run(const Params&, const Datum& in, Datum& out, OpContext&) {
    const auto picture = byte_picture_size(in);
    if (!picture) return fail(picture.error());
    equalise_channels(copied_bytes(in, out), picture->channels);
    return {};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(EqualisePicture)
