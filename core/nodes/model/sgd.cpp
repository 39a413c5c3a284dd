// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/optimizer_params.h"
#include "nodes/model/torch_layer.h"

namespace feedline::inline nodes {
namespace {

struct Sgd {
  struct Params : OptimizerSettings {
    Params() { learning_rate = 0.01; }
    double momentum = 0.9;
    double dampening = 0;
    bool nesterov = false;
  };

  static NodeSpec spec() {
    return node<Sgd>("sgd", 1, "SGD", "Stochastic gradient descent with momentum.")
        .help(
            "Moves the parameters against the gradient of the loss. With momentum 0.9 and a well-chosen learning rate "
            "it often ends at the best accuracy, but it needs more care than Adam: if the loss grows or becomes "
            "infinite, divide the learning rate by ten.")
        .out("optimizer", Kind::Optimizer, "Connect it to the trainer.")
        .param("learning_rate", &Params::learning_rate, range(0, 1e30).ui(1e-5, 1), "Step size.")
        .param("momentum", &Params::momentum, range(0, 0.9999).ui(0, 0.99),
               "Share of the previous update that is added to this one.")
        .param("dampening", &Params::dampening, range(0, 1), "Share of the gradient that does not enter the momentum.")
        .param("nesterov", &Params::nesterov,
               "Nesterov momentum: the gradient is corrected for where the momentum leads.")
        .with(optimizer_params<Sgd>)
        .example({{"learning_rate", 0.1}, {"nesterov", true}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params& params, DescInputs) {
    if (params.nesterov && params.momentum == 0)
      return fail(Error{.reason = "Nesterov's method needs momentum, which is 0",
                        .remedy = "Set momentum to 0.9, or switch nesterov off",
                        .parameter = "nesterov"});
    if (params.nesterov && params.dampening != 0)
      return fail(Error{.reason = "Nesterov's method allows no dampening",
                        .remedy = "Set dampening to 0, or switch nesterov off",
                        .parameter = "nesterov"});
    return describe_optimizer(params);
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Optimizer;
#else
  class Rule final : public OptimizerRule {
   public:
    explicit Rule(const Params& params) : params_(params) {}
    [[nodiscard]] std::vector<OptimizerSlot> slots() const override {
      if (params_.momentum == 0) return {};
      return {{"momentum_buffer"}};
    }
    void update(const OptimizerUpdate& update) const override {
      const at::Tensor* move = &update.gradient;
      if (params_.momentum != 0) {
        const at::Tensor& buffer = update.slots[0];
        if (update.step == 1) {
          buffer.copy_(update.gradient);
        } else {
          buffer.mul_(params_.momentum).add_(update.gradient, 1 - params_.dampening);
        }
        if (params_.nesterov) {
          update.gradient.add_(buffer, params_.momentum);
        } else {
          move = &buffer;
        }
      }
      update.weights.add_(*move, -update.learning_rate);
    }

   private:
    Params params_;
  };

  static std::unique_ptr<OptimizerRule> optimizer(const Params& params) { return std::make_unique<Rule>(params); }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Sgd)
