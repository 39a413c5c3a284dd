// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/ranks/shared_tensors.h"

#include <algorithm>
#include <utility>

namespace feedline::inline training {

void SharedTensors::begin(std::vector<at::Tensor> tensors) {
  const torch::NoGradGuard no_gradients;
  for (at::Tensor& tensor : tensors) {
    if (tensor.numel() == 0) continue;
    const auto same = std::find_if(parts_.begin(), parts_.end(), [&](const Part& part) {
      return part.tensors.front().scalar_type() == tensor.scalar_type();
    });
    Part& part = same != parts_.end() ? *same : parts_.emplace_back();
    part.tensors.push_back(std::move(tensor));
  }
  for (Part& part : parts_) {
    std::vector<at::Tensor> rows;
    for (const at::Tensor& tensor : part.tensors) rows.push_back(tensor.detach().reshape({-1}));
    part.flat = at::cat(rows);
    part.sharing = group_.broadcast(part.flat, 0);
  }
}

void SharedTensors::finish() {
  const torch::NoGradGuard no_gradients;
  for (Part& part : std::exchange(parts_, {})) {
    part.sharing->wait();
    if (group_.world().rank == 0) continue;
    std::int64_t at = 0;
    for (const at::Tensor& tensor : part.tensors) {
      tensor.detach().copy_(part.flat.narrow(0, at, tensor.numel()).view(tensor.sizes()));
      at += tensor.numel();
    }
  }
}

}  // namespace feedline::inline training
