// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/torch_layer.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include "nodes/model/winograd/winograd_conv.h"

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace feedline::inline nodes {

/// A 2-D convolution, of all channels or of each by itself, with or without zero padding. Even kernels have no
/// symmetric "same" padding: they get the odd pixel at the right and bottom.
class PaddedConv2d final : public Layer {
 public:
  /// `options` without padding; `same`: the output has the input's size divided by the stride.
  PaddedConv2d(torch::nn::Conv2dOptions options, std::int64_t kernel, bool same, double flops)
      : conv_(options.padding(same ? (kernel - 1) / 2 : 0)),
        extra_(same && kernel % 2 == 0 ? 1 : 0),
        dense_(same && kernel == 3 && options.stride()->front() == 1),
        flops_(flops) {}

  at::Tensor forward(std::span<const at::Tensor> in) override {
    if (dense_ && conv_->is_training() && winograd_fits(in[0], conv_->weight))
      return winograd_conv(in[0], conv_->weight, conv_->bias);
    if (extra_ == 0) return conv_->forward(in[0]);
    return conv_->forward(at::constant_pad_nd(in[0], {0, extra_, 0, extra_}));
  }
  [[nodiscard]] std::shared_ptr<torch::nn::Module> module() const override { return conv_.ptr(); }
  [[nodiscard]] double flops_per_row() const override { return flops_; }

 private:
  torch::nn::Conv2d conv_;
  std::int64_t extra_;
  bool dense_;  ///< 3×3, with an output as large as its input
  double flops_;
};

}  // namespace feedline::inline nodes

#endif
