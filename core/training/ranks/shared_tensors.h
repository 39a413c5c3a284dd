// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/torch.h"
#include "training/ranks/process_group.h"

#include <memory>
#include <vector>

namespace feedline::inline training {

/// Gives all ranks the tensors of rank 0, such as running statistics. They travel flat, a tensor a type.
class SharedTensors {
 public:
  explicit SharedTensors(ProcessGroup& group) : group_(group) {}

  /// Begins to share the values that they have now. All ranks name tensors of the same types and shapes; none: nothing
  /// happens.
  void begin(std::vector<at::Tensor> tensors);
  /// Has the tensors of other ranks take the values. Without begin() before, nothing happens.
  void finish();

 private:
  struct Part {
    std::vector<at::Tensor> tensors{};
    at::Tensor flat{};
    std::unique_ptr<Collective> sharing{};
  };
  ProcessGroup& group_;
  std::vector<Part> parts_{};
};

}  // namespace feedline::inline training
