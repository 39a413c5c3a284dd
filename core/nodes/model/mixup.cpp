// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/row_mixer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

#ifndef FEEDLINE_DESCRIBED_ONLY
class MixupLayer final : public RowMixer {
 public:
  using RowMixer::RowMixer;

 private:
  [[nodiscard]] at::Tensor mix(const at::Tensor& x, const at::Tensor& partners, double& share) override {
    return x * share + partners * (1 - share);
  }
};
#endif

struct Mixup {
  struct Params {
    double alpha = 0.2;
    double probability = 1;
  };

  static NodeSpec spec() {
    return node<Mixup>("mixup", 1, "Mixup", "Mixes each record of a batch with another one, in training.")
        .help(
            "Put it between the batch and the first layer (Zhang et al., 2018): the network sees a weighted mean of "
            "two "
            "records, and every loss behind it takes the same weighted mean over both targets, so that nothing else "
            "need be wired. The weight is drawn for each batch from the beta distribution (alpha, alpha): small alpha "
            "mixes little. It guards against overfitting and overconfidence, and wants more epochs. Training loss and "
            "accuracy become worse than without it, because targets are mixed (accuracy counts the target of which "
            "there is more); validation sees records as they are. A model can mix rows at one place. Each replica "
            "mixes "
            "its own rows.")
        .in("x", Kind::Tensor, "Any floating-point tensor: the pictures or features of the batch.")
        .out("y", Kind::Tensor, "The same shape.")
        .mixes_rows()
        .param("alpha", &Params::alpha, range(0.01, 100).ui(0.1, 2),
               "Of the beta distribution of the weights: 0.2 is usual, 1 makes all weights equally likely.")
        .param("probability", &Params::probability, range(0, 1), "Probability that a batch is mixed.")
        .example({{"alpha", 0.4}});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    if (auto status = check_one_size(in, "x"); !status) return fail(std::move(status.error()));
    return in;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return std::make_unique<MixupLayer>(params.alpha, params.probability);
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Mixup)
