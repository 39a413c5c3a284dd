// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/torch.h"

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>
#include <vector>

namespace feedline::inline training {

/// What other stages send to one stage: for each micro-batch a tensor a wire. The schedule bounds how much of it waits.
class StageMail {
 public:
  /// For a step of so many micro-batches, each of so many tensors; what the step before left there goes.
  void open(std::size_t micros, std::size_t wires);
  /// From any thread. The tensor may be undefined: there is no gradient.
  void put(std::size_t micro, std::size_t wire, at::Tensor value);
  /// Waits until all tensors of a micro-batch are there, and hands them over, by wire. Throws StepCancelled.
  [[nodiscard]] std::vector<at::Tensor> take(std::size_t micro, const std::stop_token& stop);

 private:
  struct Letter {
    std::vector<at::Tensor> values{};
    std::size_t missing = 0;
  };

  std::mutex mutex_{};
  std::condition_variable_any arrived_{};
  std::vector<Letter> letters_{};
};

}  // namespace feedline::inline training
