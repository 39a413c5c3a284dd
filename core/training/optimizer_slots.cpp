// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/optimizer_slots.h"

#include <c10/util/string_utils.h>

#include <memory>
#include <utility>

namespace feedline::inline training {
namespace {

/// By what LibTorch finds a parameter's state.
std::string slot_key(torch::optim::Optimizer& optimizer) {
  return c10::guts::to_string(optimizer.param_groups().front().params().front().unsafeGetTensorImpl());
}

void put_slot(OptimizerSlots& slots, const char* name, const at::Tensor& tensor) {
  if (tensor.defined()) slots.tensors.emplace(name, tensor);
}

OptimizerSlots adam_slots(const torch::optim::AdamParamState& state) {
  OptimizerSlots slots{.step = state.step()};
  put_slot(slots, "exp_avg", state.exp_avg());
  put_slot(slots, "exp_avg_sq", state.exp_avg_sq());
  put_slot(slots, "max_exp_avg_sq", state.max_exp_avg_sq());
  return slots;
}

/// Takes one tensor after the other out of the slots; what then is left over is none of this kind.
class SlotTaker {
 public:
  explicit SlotTaker(const OptimizerSlots& slots) : left_(slots.tensors) {}
  at::Tensor take(const char* name) {
    auto node = left_.extract(name);
    return node.empty() ? at::Tensor() : node.mapped();
  }
  [[nodiscard]] bool all_taken() const { return left_.empty(); }

 private:
  std::map<std::string, at::Tensor> left_;
};

tl::unexpected<Error> other_kind() {
  return fail("what it holds of the optimiser is of another kind of optimiser",
              "Use the optimiser that it was saved with");
}

}  // namespace

Result<OptimizerSlots> slots_of(torch::optim::Optimizer& optimizer) {
  const auto found = optimizer.state().find(slot_key(optimizer));
  if (found == optimizer.state().end()) return OptimizerSlots{};
  if (const auto* adam = dynamic_cast<const torch::optim::AdamParamState*>(found->second.get()))
    return adam_slots(*adam);
  if (const auto* sgd = dynamic_cast<const torch::optim::SGDParamState*>(found->second.get())) {
    OptimizerSlots slots;
    put_slot(slots, "momentum_buffer", sgd->momentum_buffer());
    return slots;
  }
  return fail(Error{.code = ErrorCode::Failed,
                    .reason = "the state of this kind of optimiser cannot be collected",
                    .remedy = "Use adam or sgd"});
}

Status set_slots(torch::optim::Optimizer& optimizer, const OptimizerSlots& slots) {
  std::unique_ptr<torch::optim::OptimizerParamState> state;
  if (!slots.tensors.empty() || slots.step) {
    SlotTaker taker(slots);
    if (dynamic_cast<torch::optim::Adam*>(&optimizer) != nullptr && slots.step) {
      auto adam = std::make_unique<torch::optim::AdamParamState>();
      adam->step(*slots.step);
      adam->exp_avg(taker.take("exp_avg"));
      adam->exp_avg_sq(taker.take("exp_avg_sq"));
      adam->max_exp_avg_sq(taker.take("max_exp_avg_sq"));
      if (!adam->exp_avg().defined() || !adam->exp_avg_sq().defined()) return other_kind();
      state = std::move(adam);
    } else if (dynamic_cast<torch::optim::SGD*>(&optimizer) != nullptr && !slots.step) {
      auto sgd = std::make_unique<torch::optim::SGDParamState>();
      sgd->momentum_buffer(taker.take("momentum_buffer"));
      state = std::move(sgd);
    }
    if (state == nullptr || !taker.all_taken()) return other_kind();
  }
  const std::string key = slot_key(optimizer);
  optimizer.state().erase(key);
  if (state != nullptr) optimizer.state()[key] = std::move(state);
  return {};
}

}  // namespace feedline::inline training
