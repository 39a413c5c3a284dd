// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/sequence_mask.h"
#include "nodes/model/sequence_shape.h"
#include "schema/node_builder.h"

#include <algorithm>
#include <cstdint>
#include <tuple>

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
at::Tensor pool_mean(const at::Tensor& x, const at::Tensor& tokens) {
  if (!tokens.defined()) return x.sum(1) / std::max<std::int64_t>(1, x.size(1));
  const at::Tensor count = token_mask(tokens).sum(1, /*keepdim=*/true).clamp_min(1).to(x.scalar_type());
  return only_tokens(x, tokens).sum(1) / count;
}

at::Tensor pool_max(const at::Tensor& x, const at::Tensor& tokens) {
  if (x.size(1) == 0) return x.sum(1);
  if (!tokens.defined()) return std::get<0>(x.max(1));
  const at::Tensor mask = token_mask(tokens);
  const at::Tensor most =
      std::get<0>(x.masked_fill(mask.logical_not().unsqueeze(2), below_all(x.scalar_type())).max(1));
  return most.masked_fill(mask.any(1, /*keepdim=*/true).logical_not(), 0);  // a record without tokens
}
#endif

struct SequencePool {
  struct Params {
    std::string pooling = "mean";
  };

  static NodeSpec spec() {
    return node<SequencePool>("sequence_pool", 1, "Sequence pool", "Makes one vector of a sequence.")
        .help(
            "The mean or the maximum over all places of each feature, so that records of any length become vectors of "
            "one size, which linear takes. Wire the tokens as well: what fills a record up then does not count. The "
            "maximum tells whether something occurs anywhere and suits conv1d, the mean suits transformers; a record "
            "without tokens gives zeros.")
        .in("x", Kind::Tensor, "Sequences, N×T×F, floating point; T may differ from batch to batch.")
        .optional_in("tokens", Kind::Tensor, kTokensDoc)
        .out("y", Kind::Tensor, "Features, N×F.")
        .choice("pooling", &Params::pooling, {"mean", "max"}, "What becomes of the places of one record.")
        .example({});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    auto x = sequences_in(in);
    if (!x) return fail(std::move(x.error()));
    x->shape.erase(x->shape.begin() + 1);
    return std::vector<TensorDesc>{std::move(*x)};
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    const bool mean = params.pooling == "mean";
    return function_layer([mean](std::span<const at::Tensor> in) {
      return mean ? pool_mean(in[0], tokens_of(in)) : pool_max(in[0], tokens_of(in));
    });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(SequencePool)
