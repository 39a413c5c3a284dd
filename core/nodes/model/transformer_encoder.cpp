// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/attention_shape.h"
#include "nodes/model/self_attention.h"
#include "nodes/model/sequence_shape.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

constexpr double kPlaceNormEpsilon = 1e-5;  // PyTorch's

#ifndef FEEDLINE_DESCRIBED_ONLY
/// Normalises each place to mean 0 and variance 1.
struct PlaceNorm final : torch::nn::Module {
  explicit PlaceNorm(std::int64_t width)
      : weight(register_parameter("weight", at::ones({width}))), bias(register_parameter("bias", at::zeros({width}))) {}
  [[nodiscard]] at::Tensor forward(const at::Tensor& x) const {
    const PlainPrecision precision;
    return at::layer_norm(x.to(at::kFloat), weight.sizes(), weight, bias, kPlaceNormEpsilon);
  }
  at::Tensor weight;
  at::Tensor bias;
};

/// Named as in PyTorch's TransformerEncoderLayer.
struct EncoderBlock final : torch::nn::Module {
  EncoderBlock(std::int64_t width, std::int64_t heads, std::int64_t hidden)
      : attention(register_module("self_attn", std::make_shared<SelfAttention>(width, heads))),
        first(register_module("linear1", torch::nn::Linear(width, hidden))),
        second(register_module("linear2", torch::nn::Linear(hidden, width))),
        norm1(register_module("norm1", std::make_shared<PlaceNorm>(width))),
        norm2(register_module("norm2", std::make_shared<PlaceNorm>(width))) {}
  std::shared_ptr<SelfAttention> attention;
  torch::nn::Linear first;
  torch::nn::Linear second;
  std::shared_ptr<PlaceNorm> norm1;
  std::shared_ptr<PlaceNorm> norm2;
};

class EncoderLayer final : public DroppingLayer<EncoderBlock> {
 public:
  EncoderLayer(std::shared_ptr<EncoderBlock> block, double probability, double flops, bool norm_first, bool gelu)
      : DroppingLayer(std::move(block), probability, flops), norm_first_(norm_first), gelu_(gelu) {}

  at::Tensor forward(std::span<const at::Tensor> in) override {
    const at::Tensor tokens = tokens_of(in);
    const at::Tensor mask = tokens.defined() ? token_mask(tokens) : at::Tensor();
    EncoderBlock& block = own();
    const Dropped drop = dropped();
    const auto look = [&](const at::Tensor& x) { return drop(block.attention->forward(x, mask, drop)); };
    const auto think = [&](const at::Tensor& x) {
      const at::Tensor hidden = block.first->forward(x);
      return drop(block.second->forward(drop(gelu_ ? at::gelu(hidden) : at::relu(hidden))));
    };
    at::Tensor x = in[0];
    if (norm_first_) {
      x = x + look(block.norm1->forward(x));
      x = x + think(block.norm2->forward(x));
    } else {
      x = block.norm1->forward(x + look(x));
      x = block.norm2->forward(x + think(x));
    }
    return only_tokens(x, tokens);
  }

 private:
  bool norm_first_;
  bool gelu_;
};
#endif

struct TransformerEncoder {
  struct Params {
    std::int64_t heads = 4;
    std::int64_t feed_forward = 0;
    double dropout = 0.1;
    std::string norm = "after";
    std::string activation = "relu";
  };

  static NodeSpec spec() {
    return node<TransformerEncoder>("transformer_encoder", 1, "Transformer encoder",
                                    "A block of a transformer: self-attention, then a small network at each place.")
        .help(
            "One block of an encoder (Vaswani et al., 2017): self-attention and a network of two linear layers, "
            "each with a skip connection and a norm. Stack two to twelve of them behind an embedding and a "
            "positional_encoding, and pool what they give by sequence_pool. With norm before, which newer models have, "
            "it trains steadily without warm-up; with after it often ends a little better. Attention costs time and "
            "memory that grow with the square of the length. As PyTorch's TransformerEncoderLayer.")
        .in("x", Kind::Tensor, "Sequences, N×T×F, floating point; F is a multiple of the heads.")
        .optional_in("tokens", Kind::Tensor, kTokensDoc)
        .out("y", Kind::Tensor, "The same shape.")
        .param("heads", &Params::heads, range(1, 256).ui(1, 16), "How many parts of the features look by themselves.")
        .param("feed_forward", &Params::feed_forward, range(0, 1048576).ui(0, 4096),
               "Width of the network at each place; 0: four times the features.")
        .param("dropout", &Params::dropout, range(0, 0.99).ui(0, 0.5),
               "Probability that a number is zeroed in training: of attention, of the hidden layer and of what both "
               "parts give.")
        .choice("norm", &Params::norm, {"after", "before"},
                "Where the norms stand: after the skip connections, as first published, or before the two parts.")
        .choice("activation", &Params::activation, {"relu", "gelu"}, "The function between the two linear layers.")
        .example({{"heads", std::int64_t{2}}, {"feed_forward", std::int64_t{10}}, {"dropout", 0.0}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs in) {
    return infer_attention(params.heads, in);
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc& out) {
    auto block = std::make_shared<EncoderBlock>(in[0]->shape[2].size(), params.heads, hidden(params, *in[0]));
    return std::make_unique<EncoderLayer>(std::move(block), params.dropout, 2 * cost(params, in, out).multiply_adds,
                                          params.norm == "before", params.activation == "gelu");
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc&) {
    LayerCost cost = attention_cost(*in[0]);
    const std::int64_t width = in[0]->shape[2].known() ? in[0]->shape[2].size() : 0;
    const std::int64_t wide = hidden(params, *in[0]);
    cost.parameters += 2 * width * wide + wide + width + 4 * width;
    cost.multiply_adds +=
        2 * static_cast<double>(width) * static_cast<double>(wide) * static_cast<double>(most_places(*in[0]));
    return cost;
  }

 private:
  static std::int64_t hidden(const Params& params, const TensorDesc& in) {
    if (params.feed_forward > 0) return params.feed_forward;
    return in.shape[2].known() ? 4 * in.shape[2].size() : 0;
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(TransformerEncoder)
