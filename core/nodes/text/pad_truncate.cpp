// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/node_builder.h"

#include <algorithm>
#include <cstring>

namespace feedline::inline nodes {
namespace {

struct PadTruncate {
  struct Params {
    std::int64_t length = 64;
    std::string keep = "start";
  };

  static NodeSpec spec() {
    return node<PadTruncate>("pad_truncate", 1, "Pad and truncate", "Brings token ids to one length.")
        .help(
            "Cuts what is longer and fills up what is shorter with id 0, which layers take for nothing. A batch takes "
            "tokens of any length without it and fills them up to the longest that is in it, which wastes less; this "
            "is for layers that need one length, such as conv1d without padding, and for texts whose end says more "
            "than their beginning.")
        .in("tokens", Kind::Tokens, "Token ids of any length.")
        .out("tokens", Kind::Tokens, "As many ids for each record.")
        .param("length", &Params::length, range(1, 65536).ui(8, 1024).unit("tokens"), "How many ids come out.")
        .choice("keep", &Params::keep, {"start", "end"}, "What is kept of a longer text.")
        .example({{"length", std::int64_t{20}}}, {.mean = 6, .stddev = 5.099020});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (in.kind != Kind::Tokens || in.shape.size() != 1)
      return fail(Error{.reason = "it takes token ids, but " + in.text() + " arrives",
                        .remedy = "Put a vocabulary or another node that makes tokens in front",
                        .port = "tokens"});
    TensorDesc out = in;
    out.shape = {Dim(params.length)};
    return out;
  }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext&) {
    const std::size_t unit = size_of(in.dtype());
    const std::size_t wanted = static_cast<std::size_t>(params.length) * unit;
    const std::size_t count = std::min(in.bytes(), wanted);
    const std::size_t first = params.keep == "end" ? in.bytes() - count : 0;
    std::byte* to = out.allocate(in.dtype(), {params.length});
    if (count > 0) std::memcpy(to, in.data() + first, count);
    std::memset(to + count, 0, wanted - count);
    return {};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(PadTruncate)
