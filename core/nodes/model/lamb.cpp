// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/adam_moments.h"

namespace feedline::inline nodes {
namespace {

struct Lamb {
  struct Params : AdamSettings {
    Params() {
      learning_rate = 1e-3;
      weight_decay = 0.01;
      decouples_decay = true;
      epsilon = 1e-6;
    }
  };

  static NodeSpec spec() {
    return node<Lamb>("lamb", 1, "LAMB", "Adam whose step is scaled for each tensor, for very large batches.")
        .help(
            "Adam's step with its weight decay, scaled for each tensor of a layer by the norm of the weights over that "
            "of the step (You et al., 2020). Learning rates of small batches then carry over to batches of thousands. "
            "With ordinary batches adamw does as well at less cost. Each tensor is updated by one replica as a whole, "
            "so a network with one dominating layer gains little from many replicas in this phase.")
        .out("optimizer", Kind::Optimizer, "Connect it to the trainer.")
        .with(adam_params<Lamb>)
        .with(optimizer_params<Lamb>)
        .example({{"learning_rate", 0.01}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) { return describe_optimizer(params); }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Optimizer;
#else
  class Rule final : public AdamMoments {
   public:
    using AdamMoments::AdamMoments;
    [[nodiscard]] bool by_tensor() const override { return true; }
    void update(const OptimizerUpdate& update) const override {
      Step step = advance(update);
      const at::Tensor move = at::div_out(step.size, step.mean, step.size).mul_(1 / step.correction);
      if (update.weight_decay != 0) move.add_(update.weights, update.weight_decay);
      const at::Tensor weight_norm = update.weights.norm();
      const at::Tensor move_norm = move.norm();
      // Where either is 0, the step is Adam's. On a GPU nothing is read back.
      const at::Tensor trust =
          at::where(weight_norm.gt(0).logical_and(move_norm.gt(0)), weight_norm / move_norm, at::ones_like(move_norm));
      update.weights.sub_(move.mul_(trust), update.learning_rate);
    }
  };

  static std::unique_ptr<OptimizerRule> optimizer(const Params& params) { return std::make_unique<Rule>(params); }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Lamb)
