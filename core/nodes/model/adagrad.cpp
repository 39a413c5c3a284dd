// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/optimizer_params.h"
#include "nodes/model/torch_layer.h"

#include <cmath>

namespace feedline::inline nodes {
namespace {

struct Adagrad {
  struct Params : OptimizerSettings {
    Params() { learning_rate = 0.01; }
    double rate_decay = 0;
    double initial_accumulator = 0;
    double epsilon = 1e-10;
  };

  static NodeSpec spec() {
    return node<Adagrad>("adagrad", 1, "Adagrad", "Gradient descent whose steps shrink with all gradients so far.")
        .help(
            "Divides each parameter's step by the root of the sum of all its squared gradients so far (Duchi et al., "
            "2011), so that rare features learn quickly and frequent ones settle. Good for sparse features such as "
            "words; on long runs its steps become too small, and adam is the better one. It keeps one value per "
            "parameter.")
        .out("optimizer", Kind::Optimizer, "Connect it to the trainer.")
        .param("learning_rate", &Params::learning_rate, range(0, 1e30).ui(1e-5, 0.1), "Step size.")
        .param("rate_decay", &Params::rate_decay, range(0, 1e6).ui(0, 0.01),
               "Lowers the learning rate as 1 / (1 + steps * this).")
        .param("initial_accumulator", &Params::initial_accumulator, range(0, 1e6).ui(0, 1),
               "Where the sum of squared gradients begins.")
        .param("epsilon", &Params::epsilon, range(1e-16, 1).ui(1e-12, 1e-3),
               "Added to the denominator, against division by zero.")
        .with(optimizer_params<Adagrad>)
        .example({{"learning_rate", 0.05}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) { return describe_optimizer(params); }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Optimizer;
#else
  class Rule final : public OptimizerRule {
   public:
    explicit Rule(const Params& params) : params_(params) {}
    [[nodiscard]] std::vector<OptimizerSlot> slots() const override { return {{"sum", params_.initial_accumulator}}; }
    void update(const OptimizerUpdate& update) const override {
      const at::Tensor& sum = update.slots[0];
      sum.addcmul_(update.gradient, update.gradient);
      const double rate = update.learning_rate / (1 + static_cast<double>(update.step - 1) * params_.rate_decay);
      update.weights.addcdiv_(update.gradient, sum.sqrt().add_(params_.epsilon), -rate);
    }

   private:
    Params params_;
  };

  static std::unique_ptr<OptimizerRule> optimizer(const Params& params) { return std::make_unique<Rule>(params); }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Adagrad)
