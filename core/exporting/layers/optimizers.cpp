// SPDX-License-Identifier: GPL-3.0-or-later
// Optimisers of torch.optim, over groups of parameters that name their learning rate and their weight decay.
#include "exporting/python_text.h"
#include "exporting/writers.h"

#include <fmt/format.h>

namespace feedline::inline exporting {
namespace {

WrittenOptimizer write_sgd(const ParamMap& params) {
  const ParamReader reader(params);
  std::string made = "torch.optim.SGD(groups, lr=RATE";
  if (reader.real("momentum") > 0) made += ", momentum=" + reader.number("momentum");
  if (reader.real("dampening") > 0) made += ", dampening=" + reader.number("dampening");
  if (reader.flag("nesterov")) made += ", nesterov=True";
  return {.make = made + ")"};
}

std::string moments(const ParamReader& params) {
  return fmt::format("groups, lr=RATE, betas=({}, {}), eps={}", params.number("beta1"), params.number("beta2"),
                     params.number("epsilon"));
}

WrittenOptimizer write_adam(const ParamMap& params) {
  return {.make = fmt::format("torch.optim.Adam({})", moments(ParamReader(params)))};
}

WrittenOptimizer write_adamw(const ParamMap& params) {
  return {.make = fmt::format("torch.optim.AdamW({})", moments(ParamReader(params)))};
}

WrittenOptimizer write_rmsprop(const ParamMap& params) {
  const ParamReader reader(params);
  return {.make = fmt::format("torch.optim.RMSprop(groups, lr=RATE, alpha={}, eps={}, momentum={}, centered={})",
                              reader.number("alpha"), reader.number("epsilon"), reader.number("momentum"),
                              python_bool(reader.flag("centered")))};
}

WrittenOptimizer write_adagrad(const ParamMap& params) {
  const ParamReader reader(params);
  return {.make =
              fmt::format("torch.optim.Adagrad(groups, lr=RATE, lr_decay={}, initial_accumulator_value={}, eps={})",
                          reader.number("rate_decay"), reader.number("initial_accumulator"), reader.number("epsilon"))};
}

constexpr std::string_view kLamb = R"py(class Lamb(torch.optim.Optimizer):
    """Adam's step, scaled for each tensor by the norm of the weights over its own (You et al., 2020)."""

    def __init__(self, groups, lr, betas, eps):
        super().__init__(groups, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            one, two = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(step=0, mean=torch.zeros_like(p), square=torch.zeros_like(p))
                state["step"] += 1
                mean, square = state["mean"], state["square"]
                mean.mul_(one).add_(p.grad, alpha=1 - one)
                square.mul_(two).addcmul_(p.grad, p.grad, value=1 - two)
                size = square.sqrt() / (1 - two ** state["step"]) ** 0.5 + group["eps"]
                move = mean / size / (1 - one ** state["step"]) + group["weight_decay"] * p
                weight_norm, move_norm = p.norm(), move.norm()
                trust = weight_norm / move_norm if weight_norm > 0 and move_norm > 0 else 1.0
                p.sub_(move * trust * group["lr"])
)py";

WrittenOptimizer write_lamb(const ParamMap& params) {
  return {.make = fmt::format("Lamb({})", moments(ParamReader(params))), .helpers = {"Lamb"}};
}

void add_optimizers(Writers& writers) {
  writers.optimizer("sgd", write_sgd);
  writers.optimizer("adam", write_adam);
  writers.optimizer("adamw", write_adamw);
  writers.optimizer("rmsprop", write_rmsprop);
  writers.optimizer("adagrad", write_adagrad);
  writers.optimizer("lamb", write_lamb);
  writers.helper("Lamb", kLamb);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_optimizers)
