// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/sequence_mask.h"
#include "nodes/model/sequence_shape.h"
#include "schema/node_builder.h"

#include <cmath>

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
/// A vector a place.
struct PlaceTable final : torch::nn::Module {
  PlaceTable(std::int64_t places, std::int64_t width)
      : weight(register_parameter("weight", at::empty({places, width}).normal_(0, 0.02))) {}
  at::Tensor weight;
};

/// places × width: sines of even features and cosines of odd ones, of wavelengths from 2π to 10,000·2π.
at::Tensor place_waves(std::int64_t places, std::int64_t width) {
  at::Tensor table = at::empty({places, width}, at::kFloat);
  auto* to = table.data_ptr<float>();
  for (std::int64_t place = 0; place < places; ++place)
    for (std::int64_t i = 0; i < width; ++i) {
      const double rate = std::exp(-std::log(10000.0) * static_cast<double>(i / 2 * 2) / static_cast<double>(width));
      const double angle = static_cast<double>(place) * rate;
      *to++ = static_cast<float>(i % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  return table;
}

class PositionLayer final : public Layer {
 public:
  PositionLayer(bool learnt, std::int64_t places, std::int64_t width) {
    if (learnt)
      learnt_ = std::make_shared<PlaceTable>(places, width);
    else
      waves_ = place_waves(places, width);
  }

  at::Tensor forward(std::span<const at::Tensor> in) override {
    const at::Tensor& x = in[0];
    if (learnt_ == nullptr && waves_.device() != x.device()) waves_ = waves_.to(x.device());
    const at::Tensor& table = learnt_ == nullptr ? waves_ : learnt_->weight;
    return only_tokens(x + table.narrow(0, 0, x.size(1)), tokens_of(in));
  }
  [[nodiscard]] std::shared_ptr<torch::nn::Module> module() const override { return learnt_; }

 private:
  std::shared_ptr<PlaceTable> learnt_{};
  at::Tensor waves_{};
};
#endif

struct PositionalEncoding {
  struct Params {
    std::string encoding = "sinusoidal";
  };

  static NodeSpec spec() {
    return node<PositionalEncoding>("positional_encoding", 1, "Positional encoding",
                                    "Adds to each place of a sequence where it stands.")
        .help(
            "Attention does not see the order of a sequence: this adds a vector to each place that tells it. "
            "Sinusoidal has sines and cosines of many wavelengths (Vaswani et al., 2017), has nothing to learn and "
            "tells long sequences as well as short ones; learnt has a vector of its own for each place and often does "
            "better where there are many records of every length. Put it between the embedding and the first "
            "transformer_encoder.")
        .in("x", Kind::Tensor, "Sequences, N×T×F, floating point, of a known greatest length.")
        .optional_in("tokens", Kind::Tensor, kTokensDoc)
        .out("y", Kind::Tensor, "The same shape.")
        .choice("encoding", &Params::encoding, {"sinusoidal", "learnt"}, "Fixed waves, or a learnt vector a place.")
        .example({});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    auto x = sequences_in(in);
    if (!x) return fail(std::move(x.error()));
    return std::vector<TensorDesc>{std::move(*x)};
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc&) {
    return std::make_unique<PositionLayer>(params.encoding == "learnt", most_places(*in[0]), in[0]->shape[2].size());
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc&) {
    if (params.encoding != "learnt" || !in[0]->shape[2].known()) return {};
    return {.parameters = most_places(*in[0]) * in[0]->shape[2].size()};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(PositionalEncoding)
