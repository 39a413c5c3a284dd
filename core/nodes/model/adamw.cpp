// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/adam_moments.h"

namespace feedline::inline nodes {
namespace {

struct AdamW {
  struct Params : AdamSettings {
    Params() {
      learning_rate = 1e-3;
      weight_decay = 0.01;
      decouples_decay = true;
    }
  };

  static NodeSpec spec() {
    return node<AdamW>("adamw", 1, "AdamW", "Adam whose weight decay is apart from the gradient.")
        .help(
            "As adam, but weight decay shrinks the parameters themselves in place of being scaled along with the "
            "gradient (Loshchilov and Hutter, 2019), so that it acts on all alike. The usual choice for transformers "
            "and for training with a cosine schedule.")
        .out("optimizer", Kind::Optimizer, "Connect it to the trainer.")
        .with(adam_params<AdamW>)
        .with(optimizer_params<AdamW>)
        .example({{"learning_rate", 0.01}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) { return describe_optimizer(params); }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Optimizer;
#else
  class Rule final : public AdamMoments {
   public:
    using AdamMoments::AdamMoments;
    void update(const OptimizerUpdate& update) const override {
      if (update.weight_decay != 0) update.weights.mul_(1 - update.learning_rate * update.weight_decay);
      const Step step = advance(update);
      update.weights.addcdiv_(step.mean, step.size, -update.learning_rate / step.correction);
    }
  };

  static std::unique_ptr<OptimizerRule> optimizer(const Params& params) { return std::make_unique<Rule>(params); }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(AdamW)
