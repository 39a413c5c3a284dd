// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/backbone/conv_net.h"

#include <cstdint>
#include <string>

namespace feedline::inline nodes {

/// A residual block of ResNet (He et al., 2015), whose tensors' names begin with `path`: two convolutions of 3×3
/// pixels, or of 1×1, 3×3 and 1×1, the last with four times the channels. The stride stands at the 3×3 one (ResNet
/// v1.5), as torchvision has it.
[[nodiscard]] inline ConvBlock resnet_block(const std::string& path, bool bottleneck, std::int64_t in,
                                            std::int64_t width, std::int64_t stride) {
  ConvBlock block{.residual = true, .joined = UnitFunction::Relu};
  const std::int64_t out = bottleneck ? 4 * width : width;
  const auto add = [&](std::int64_t from, std::int64_t to, std::int64_t kernel, std::int64_t step, bool last) {
    const std::string number = std::to_string(block.units.size() + 1);
    block.units.push_back({.conv = path + "conv" + number,
                           .norm = path + "bn" + number,
                           .in = from,
                           .out = to,
                           .kernel = kernel,
                           .stride = step,
                           .function = last ? UnitFunction::None : UnitFunction::Relu});
  };
  if (bottleneck) {
    add(in, width, 1, 1, false);
    add(width, width, 3, stride, false);
    add(width, out, 1, 1, true);
  } else {
    add(in, width, 3, stride, false);
    add(width, out, 3, 1, true);
  }
  if (stride != 1 || in != out)
    block.shortcut = {{.conv = path + "downsample.0",
                       .norm = path + "downsample.1",
                       .in = in,
                       .out = out,
                       .kernel = 1,
                       .stride = stride}};
  return block;
}

}  // namespace feedline::inline nodes
