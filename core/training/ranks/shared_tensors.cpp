// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/ranks/shared_tensors.h"

#include <utility>

namespace feedline::inline training {
namespace {

/// Where a tensor begins among the bytes of all: at a multiple of every type's size.
constexpr std::int64_t kSharedAlignment = 16;

}  // namespace

/// Of a tensor, its part of the bytes.
at::Tensor SharedTensors::part_of(const at::Tensor& tensor, std::int64_t& at) const {
  const auto bytes = static_cast<std::int64_t>(tensor.nbytes());
  const at::Tensor part = flat_.narrow(0, at, bytes).view(tensor.scalar_type()).view(tensor.sizes());
  at += (bytes + kSharedAlignment - 1) / kSharedAlignment * kSharedAlignment;
  return part;
}

void SharedTensors::begin(std::vector<at::Tensor> tensors) {
  const torch::NoGradGuard no_gradients;
  std::int64_t all = 0;
  for (const at::Tensor& tensor : tensors)
    if (tensor.numel() > 0) all += static_cast<std::int64_t>(tensor.nbytes()) + kSharedAlignment;
  if (all == 0) return;
  std::erase_if(tensors, [](const at::Tensor& tensor) { return tensor.numel() == 0; });
  tensors_ = std::move(tensors);
  flat_ = at::zeros({all}, tensors_.front().options().dtype(at::kByte).requires_grad(false));
  std::int64_t at = 0;
  for (const at::Tensor& tensor : tensors_)
    if (group_.world().rank == 0) part_of(tensor, at).copy_(tensor.detach());
  sharing_ = group_.broadcast(flat_, 0);
}

void SharedTensors::finish() {
  if (!sharing_) return;
  const torch::NoGradGuard no_gradients;
  std::exchange(sharing_, nullptr)->wait();
  std::int64_t at = 0;
  for (const at::Tensor& tensor : std::exchange(tensors_, {}))
    if (group_.world().rank != 0) tensor.detach().copy_(part_of(tensor, at));
}

}  // namespace feedline::inline training
