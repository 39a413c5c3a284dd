// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/exporting: how torchvision's backbones are put together, for whoever writes them down. Channels,
// kernels and groups are those of their tensors; strides and functions are what the papers' tables say.
//
// A Net writes one language, and names values by strings:
//   has(conv), inputs(conv), outputs(conv)         what the tensors of a convolution say
//   unit(x, conv, norm, stride, function, by_channel = false)
//                                                  a convolution, its norm and its function
//   sequential(x, path, stride, function, by_channel = false)
//                                                  the same of a Sequential: convolution path.0, norm path.1
//   squeezed(x, path)                              squeeze and excitation
//   pooled(x), sum(a, b), rectified_sum(a, b)

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace feedline::inline exporting {

enum class BackboneFunction { None, Relu, Relu6, Silu };

/// The rows of the table of Sandler et al. (2018): blocks, and the stride of the first of them.
inline constexpr std::array<std::array<int, 2>, 7> kMobileNetTable = {
    {{1, 1}, {2, 2}, {3, 2}, {4, 2}, {3, 1}, {3, 2}, {1, 1}}};

/// Of Tan and Le (2019): the stride of the first block of each row.
inline constexpr std::array<int, 7> kEfficientNetStrides = {1, 2, 2, 2, 1, 2, 1};

/// A block of ResNet: two convolutions, or three with a bottleneck; the stride stands at the one of 3×3.
template <class Net>
std::string walk_residual(Net& net, const std::string& x, const std::string& path, std::int64_t stride) {
  const int count = net.has(path + "conv3") ? 3 : 2;
  std::string y = x;
  for (int i = 1; i <= count; ++i)
    y = net.unit(y, fmt::format("{}conv{}", path, i), fmt::format("{}bn{}", path, i), i == count - 1 ? stride : 1,
                 i < count ? BackboneFunction::Relu : BackboneFunction::None);
  const std::string past =
      net.has(path + "downsample.0") ? net.sequential(x, path + "downsample", stride, BackboneFunction::None) : x;
  return net.rectified_sum(y, past);
}

/// Up to the last map, as the others.
template <class Net>
std::string walk_resnet(Net& net, const std::string& input) {
  std::string x = net.pooled(net.unit(input, "conv1", "bn1", 2, BackboneFunction::Relu));
  for (int stage = 1; stage <= 4; ++stage)
    for (int block = 0;; ++block) {
      const std::string path = fmt::format("layer{}.{}.", stage, block);
      if (!net.has(path + "conv1")) break;
      x = walk_residual(net, x, path, stage > 1 && block == 0 ? 2 : 1);
    }
  return x;
}

template <class Net>
std::string walk_mobilenet(Net& net, const std::string& input) {
  int number = 0;
  const auto next = [&] { return fmt::format("features.{}", number++); };
  std::string x = net.sequential(input, next(), 2, BackboneFunction::Relu6);
  for (const auto& [blocks, first_stride] : kMobileNetTable)
    for (int i = 0; i < blocks; ++i) {
      const std::string path = next() + ".conv.";
      const std::int64_t stride = i == 0 ? first_stride : 1;
      const bool widens = net.has(path + "1.0");  // else the first convolution is left out
      const std::string joining = path + (widens ? "2" : "1");
      const std::string from = widens ? path + "0.0" : joining;
      std::string y = widens ? net.sequential(x, path + "0", 1, BackboneFunction::Relu6) : x;
      y = net.sequential(y, path + (widens ? "1" : "0"), stride, BackboneFunction::Relu6, true);
      y = net.unit(y, joining, path + (widens ? "3" : "2"), 1, BackboneFunction::None);
      const bool skips = stride == 1 && net.inputs(from) == net.outputs(joining);
      x = skips ? net.sum(y, x) : y;
    }
  return net.sequential(x, next(), 1, BackboneFunction::Relu6);
}

/// `dropped(y, number)`: what comes of block `number`, from 0, before it is added to what it began with.
template <class Net, class Dropped>
std::string walk_efficientnet(Net& net, const std::string& input, const Dropped& dropped) {
  std::string x = net.sequential(input, "features.0", 2, BackboneFunction::Silu);
  int number = 0;
  for (std::size_t row = 0; row < kEfficientNetStrides.size(); ++row)
    for (int i = 0;; ++i, ++number) {
      const std::string path = fmt::format("features.{}.{}.block.", row + 1, i);
      if (!net.has(path + "0.0")) break;
      const std::int64_t stride = i == 0 ? kEfficientNetStrides[row] : 1;
      const bool widens = net.has(path + "3.0");
      int part = 0;
      const auto next = [&] { return fmt::format("{}{}", path, part++); };
      std::string y = widens ? net.sequential(x, next(), 1, BackboneFunction::Silu) : x;
      y = net.sequential(y, next(), stride, BackboneFunction::Silu, true);
      y = net.squeezed(y, next());
      const std::string joining = next();
      y = net.sequential(y, joining, 1, BackboneFunction::None);
      const std::int64_t in = widens ? net.inputs(path + "0.0") : net.outputs(path + "0.0");
      x = stride == 1 && in == net.outputs(joining + ".0") ? net.sum(dropped(y, number), x) : y;
    }
  return net.sequential(x, "features.8", 1, BackboneFunction::Silu);
}

}  // namespace feedline::inline exporting
