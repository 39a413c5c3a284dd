// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training: what LibTorch's optimisers keep of a parameter.

#include "base/error.h"
#include "base/torch.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace feedline::inline training {

/// What an optimiser keeps of its one parameter. A new kind of optimiser is one more case in the file of this header.
struct OptimizerSlots {
  std::map<std::string, at::Tensor> tensors{};  ///< of the parameter's shape, by LibTorch's names: "exp_avg"
  std::optional<std::int64_t> step{};           ///< how often it has stepped, where the rule asks for it
};

/// Empty before the first step. Error: of an unknown kind.
[[nodiscard]] Result<OptimizerSlots> slots_of(torch::optim::Optimizer& optimizer);

/// Has it keep these instead; of none, it starts afresh. Error: they are not those of its kind.
Status set_slots(torch::optim::Optimizer& optimizer, const OptimizerSlots& slots);

}  // namespace feedline::inline training
