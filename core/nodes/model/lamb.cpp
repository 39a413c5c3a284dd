// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/optimizer_params.h"
#include "nodes/model/torch_layer.h"

#include <cmath>

namespace feedline::inline nodes {
namespace {

struct Lamb {
  static constexpr bool kDecoupled = true;

  struct Params : OptimizerSettings {
    Params() {
      learning_rate = 1e-3;
      weight_decay = 0.01;
    }
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-6;
  };

  static NodeSpec spec() {
    return node<Lamb>("lamb", 1, "LAMB", "Adam whose step is scaled for each tensor, for very large batches.")
        .help(
            "Adam's step with its weight decay, scaled for each tensor of a layer by the norm of the weights over that "
            "of the step (You et al., 2020). Learning rates of small batches then carry over to batches of thousands. "
            "With ordinary batches adamw does as well at less cost. Each tensor is updated by one replica as a whole, "
            "so a network with one dominating layer gains little from many replicas in this phase.")
        .out("optimizer", Kind::Optimizer, "Connect it to the trainer.")
        .param("learning_rate", &Params::learning_rate, range(0, 1e30).ui(1e-5, 0.1), "Step size.")
        .param("beta1", &Params::beta1, range(0, 0.999999).ui(0.5, 0.99),
               "Decay rate of the first-moment estimate (running mean of the gradient).")
        .param("beta2", &Params::beta2, range(0, 0.9999999).ui(0.9, 0.9999),
               "Decay rate of the second-moment estimate (running mean of the squared gradient).")
        .param("epsilon", &Params::epsilon, range(1e-16, 1).ui(1e-10, 1e-3),
               "Added to the denominator, against division by zero.")
        .with(optimizer_params<Lamb>)
        .example({{"learning_rate", 0.01}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) { return describe_optimizer(params); }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Optimizer;
#else
  class Rule final : public OptimizerRule {
   public:
    explicit Rule(const Params& params) : params_(params) {}
    [[nodiscard]] std::vector<OptimizerSlot> slots() const override { return {{"exp_avg"}, {"exp_avg_sq"}}; }
    [[nodiscard]] bool decouples_decay() const override { return true; }
    [[nodiscard]] bool by_tensor() const override { return true; }
    void update(const OptimizerUpdate& update) const override {
      const at::Tensor& mean = update.slots[0];
      const at::Tensor& square = update.slots[1];
      const auto step = static_cast<double>(update.step);
      mean.mul_(params_.beta1).add_(update.gradient, 1 - params_.beta1);
      square.mul_(params_.beta2).addcmul_(update.gradient, update.gradient, 1 - params_.beta2);
      at::Tensor size = square.sqrt().div_(std::sqrt(1 - std::pow(params_.beta2, step))).add_(params_.epsilon);
      const at::Tensor move = at::div_out(size, mean, size).mul_(1 / (1 - std::pow(params_.beta1, step)));
      if (update.weight_decay != 0) move.add_(update.weights, update.weight_decay);
      const at::Tensor weight_norm = update.weights.norm();
      const at::Tensor move_norm = move.norm();
      // Where either is 0, the step is Adam's. On a GPU nothing is read back.
      const at::Tensor trust =
          at::where(weight_norm.gt(0).logical_and(move_norm.gt(0)), weight_norm / move_norm, at::ones_like(move_norm));
      update.weights.sub_(move.mul_(trust), update.learning_rate);
    }

   private:
    Params params_;
  };

  static std::unique_ptr<OptimizerRule> optimizer(const Params& params) { return std::make_unique<Rule>(params); }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Lamb)
