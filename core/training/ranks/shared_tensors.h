// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/torch.h"
#include "training/ranks/process_group.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace feedline::inline training {

/// Gives all ranks the tensors of rank 0, such as running statistics. They travel as one message, whatever their types.
class SharedTensors {
 public:
  explicit SharedTensors(ProcessGroup& group) : group_(group) {}

  /// Begins to share the values that they have now. All ranks name tensors of the same types and shapes; none: nothing
  /// happens.
  void begin(std::vector<at::Tensor> tensors);
  /// Has the tensors of other ranks take the values. Without begin() before, nothing happens.
  void finish();

 private:
  at::Tensor part_of(const at::Tensor& tensor, std::int64_t& at) const;

  ProcessGroup& group_;
  std::vector<at::Tensor> tensors_{};
  at::Tensor flat_{};  ///< their bytes
  std::unique_ptr<Collective> sharing_{};
};

}  // namespace feedline::inline training
