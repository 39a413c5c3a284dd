// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/node_builder.h"

#include <algorithm>

namespace feedline::inline nodes {
namespace {

/// Id 0 fills up; a byte's is one more than its value.
constexpr std::int64_t kByteIds = 257;

struct ByteTokens {
  struct Params {
    std::int64_t length = 512;
  };

  static NodeSpec spec() {
    return node<ByteTokens>("byte_tokens", 1, "Byte tokens", "Makes an id of each byte of a text.")
        .help(
            "The plainest tokens: 256 ids for the bytes of UTF-8, counted from 1, and 0 for what fills a batch up. "
            "Nothing has to be learnt for it, and no text is without tokens. A text that is longer than `length` is "
            "cut. Values keep the length of their text; the batch fills them up to the longest that is in it.")
        .in("text", Kind::Text, "A text of any length.")
        .out("tokens", Kind::Tokens, "Its ids, as many as it has bytes, at most `length`.")
        .param("length", &Params::length, range(1, 65536).ui(16, 2048).unit("tokens"), "The most that a text gives.")
        .example({{"length", std::int64_t{12}}}, {.mean = 98.666667, .stddev = 21.680765});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (in.kind != Kind::Text)
      return fail(Error{.reason = "it takes a text, but " + in.text() + " arrives", .port = "text"});
    return TensorDesc{
        .kind = Kind::Tokens, .dtype = DType::I32, .shape = {Dim::up_to(params.length)}, .classes = kByteIds};
  }

  static Status run(const Params& params, const Datum& in, Datum& out, OpContext&) {
    const std::size_t count = std::min(in.bytes(), static_cast<std::size_t>(params.length));
    auto* to = reinterpret_cast<std::int32_t*>(out.allocate(DType::I32, {static_cast<std::int64_t>(count)}));
    const auto* from = in.as<std::uint8_t>();
    for (std::size_t i = 0; i < count; ++i) to[i] = from[i] + 1;
    return {};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(ByteTokens)
