// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/torch_layer.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace feedline::inline nodes {

/// A convolution without a bias and the batch norm behind it. Handles of the module's own tensors.
struct NormedConv {
  at::Tensor weight{};  ///< out × in/groups × kernel × kernel
  at::Tensor scale{};   ///< of the norm, each of length `out`
  at::Tensor shift{};
  at::Tensor mean{};
  at::Tensor variance{};
};

/// One convolution that gives what both give with the running statistics.
struct FoldedConv {
  at::Tensor weight{};
  at::Tensor bias{};
};

/// weight · s and shift - mean · s with s = scale / sqrt(variance + epsilon) of each output channel: the norm's two
/// passes over the whole map are gone. Worked out in float32, without gradients; the memory format is kept.
[[nodiscard]] inline FoldedConv fold_batch_norm(const NormedConv& of, double epsilon) {
  const at::NoGradGuard no_gradients;
  const at::Tensor by = of.scale * (of.variance + epsilon).rsqrt();
  return {of.weight * by.view({-1, 1, 1, 1}), of.shift - of.mean * by};
}

/// What is made of a convolution and its norm, and made again when one of their tensors has been written or replaced
/// since: weights are loaded into a module, or it is moved to a device, without anybody telling.
template <class Made>
class KeptFold {
 public:
  /// `make`: of a FoldedConv.
  template <class Make>
  [[nodiscard]] const Made& of(const NormedConv& tensors, double epsilon, const Make& make) {
    const Stamp now = {stamp(tensors.weight), stamp(tensors.scale), stamp(tensors.shift), stamp(tensors.mean),
                       stamp(tensors.variance)};
    if (!made_ || now != made_of_) {
      made_ = make(fold_batch_norm(tensors, epsilon));
      made_of_ = now;
    }
    return *made_;
  }
  /// Gives its memory back.
  void clear() { made_.reset(); }

 private:
  using Version = std::pair<const void*, std::int64_t>;
  using Stamp = std::array<Version, 5>;
  static Version stamp(const at::Tensor& tensor) {
    return {tensor.data_ptr(), static_cast<std::int64_t>(tensor._version())};
  }

  std::optional<Made> made_{};
  Stamp made_of_{};
};

}  // namespace feedline::inline nodes

#endif
