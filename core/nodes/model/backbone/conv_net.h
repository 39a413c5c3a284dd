// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/layer_shape.h"
#include "schema/node_spec.h"
#include "schema/pretrained.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// Convolutional backbones as data: what ResNet, MobileNetV2 and EfficientNet consist of. Shapes, costs, the module
// with its names and its forward pass all follow from one such description, so that none of them can differ.

namespace feedline::inline nodes {

/// The function behind a norm.
enum class UnitFunction : std::uint8_t { None, Relu, Relu6, Silu };

/// A convolution, padded so that the output is ceil(input / stride), with a batch norm behind it and a function.
struct ConvUnit {
  std::string conv{};  ///< path of the convolution in the module: "layer1.0.conv1"
  std::string norm{};  ///< path of its norm; empty: none, and the convolution has a bias
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t kernel = 1;  ///< odd
  std::int64_t stride = 1;
  std::int64_t groups = 1;
  UnitFunction function = UnitFunction::None;
};

/// Units one after the other, with what can stand around them.
struct ConvBlock {
  std::vector<ConvUnit> units{};
  /// Two convolutions on the mean of each channel, whose sigmoid scales the channels (Hu et al., 2018): behind the unit
  /// with the index `squeeze_behind`. None, or two.
  std::vector<ConvUnit> squeeze{};
  std::size_t squeeze_behind = 0;
  bool residual = false;                     ///< the input is added to what the units give
  std::vector<ConvUnit> shortcut{};          ///< what the input is sent through before; none, or one
  UnitFunction joined = UnitFunction::None;  ///< behind the sum
  double drop = 0;                           ///< in training a record takes the skip alone with this probability
  bool pool = false;                         ///< 3×3 maximum with stride 2 in front
};

struct ConvStage {
  BackboneStage names{};
  std::vector<ConvBlock> blocks{};
};

struct ConvNet {
  std::vector<ConvStage> stages{};
  std::vector<std::string> head{};  ///< of the classifier in a file of weights

  [[nodiscard]] std::vector<BackboneStage> names() const;
  /// Does it draw random numbers in training?
  [[nodiscard]] bool drops() const;
};

/// Channels as MobileNetV2 rounds them: a multiple of 8 that is not below 90 % of `channels`.
[[nodiscard]] std::int64_t round_channels(double channels);

/// What leaves a net that gives a `map`, N×C×H/32×W/32, or its means, N×C. Error: no float pictures arrive.
[[nodiscard]] Result<TensorDesc> infer_conv_net(const ConvNet& net, bool map, const TensorDesc& in);
[[nodiscard]] LayerCost conv_net_cost(const ConvNet& net, const TensorDesc& in);
/// The channels that a net is made for: those of its input, or three where they are not known.
[[nodiscard]] std::int64_t channels_in(const TensorDesc& in);

}  // namespace feedline::inline nodes
