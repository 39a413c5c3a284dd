// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/attention_shape.h"
#include "nodes/model/self_attention.h"
#include "nodes/model/sequence_shape.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
class AttentionLayer final : public DroppingLayer<SelfAttention> {
 public:
  using DroppingLayer::DroppingLayer;

  at::Tensor forward(std::span<const at::Tensor> in) override {
    const at::Tensor tokens = tokens_of(in);
    const at::Tensor mask = tokens.defined() ? token_mask(tokens) : at::Tensor();
    return only_tokens(own().forward(in[0], mask, dropped()), tokens);
  }
};
#endif

struct Attention {
  struct Params {
    std::int64_t heads = 4;
    double dropout = 0;
  };

  static NodeSpec spec() {
    return node<Attention>("attention", 1, "Self-attention", "Lets each place of a sequence look at all others.")
        .help(
            "Multi-head self-attention (Vaswani et al., 2017): each place asks all places how much they matter to it, "
            "and takes the mean of what they offer by these shares; each head with a part of the features. It does not "
            "see the order of the places: put positional_encoding in front. For a transformer take "
            "transformer_encoder, which has the norms and the feed-forward part besides. It costs time and memory that "
            "grow with the square of the length. As PyTorch's MultiheadAttention of a sequence with itself.")
        .in("x", Kind::Tensor, "Sequences, N×T×F, floating point; F is a multiple of the heads.")
        .optional_in("tokens", Kind::Tensor, kTokensDoc)
        .out("y", Kind::Tensor, "The same shape.")
        .param("heads", &Params::heads, range(1, 256).ui(1, 16), "How many parts of the features look by themselves.")
        .param("dropout", &Params::dropout, range(0, 0.99).ui(0, 0.5),
               "Probability that a place is not looked at, in training.")
        .example({{"heads", std::int64_t{2}}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs in) {
    return infer_attention(params.heads, in);
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc& out) {
    return std::make_unique<AttentionLayer>(std::make_shared<SelfAttention>(in[0]->shape[2].size(), params.heads),
                                            params.dropout, 2 * cost(params, in, out).multiply_adds);
  }
#endif

  static LayerCost cost(const Params&, DescInputs in, const TensorDesc&) { return attention_cost(*in[0]); }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Attention)
