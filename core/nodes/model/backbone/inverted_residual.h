// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/backbone/conv_net.h"

#include <cstdint>
#include <string>
#include <utility>

namespace feedline::inline nodes {

/// `unit` as torchvision names it in a Sequential: the convolution `path`.0, the norm `path`.1.
[[nodiscard]] inline ConvUnit sequential_unit(const std::string& path, ConvUnit unit) {
  unit.conv = path + ".0";
  unit.norm = path + ".1";
  return unit;
}

/// The block of MobileNetV2 (Sandler et al., 2018) and EfficientNet (Tan and Le, 2019) without names: channels are
/// widened, each is filtered by itself, and all are joined to few again.
struct InvertedResidual {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t expand = 1;  ///< times as many channels inside; 1: the first convolution is left out
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  UnitFunction function = UnitFunction::Relu6;

  [[nodiscard]] bool widens() const { return expand != 1; }
  [[nodiscard]] ConvUnit widening() const { return {.in = in, .out = in * expand, .function = function}; }
  [[nodiscard]] ConvUnit filtering() const {
    const std::int64_t wide = in * expand;
    return {.in = wide, .out = wide, .kernel = kernel, .stride = stride, .groups = wide, .function = function};
  }
  [[nodiscard]] ConvUnit joining() const { return {.in = in * expand, .out = out}; }
  [[nodiscard]] bool residual() const { return stride == 1 && in == out; }
};

}  // namespace feedline::inline nodes
