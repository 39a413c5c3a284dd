// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <string_view>

namespace feedline::inline schema {

/// Mean and standard deviation of the channels of well-known pictures, of values from 0 to 1. What the presets of
/// `normalise` are, and what an exported model must know of them.
struct ChannelStatistics {
  std::string_view name;
  std::array<double, 3> mean;
  std::array<double, 3> stddev;
};

constexpr std::array<ChannelStatistics, 6> kChannelStatistics = {{
    {"imagenet", {0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}},
    {"cifar10", {0.4914, 0.4822, 0.4465}, {0.2470, 0.2435, 0.2616}},
    {"mnist", {0.1307, 0.1307, 0.1307}, {0.3081, 0.3081, 0.3081}},
    {"fashion_mnist", {0.2860, 0.2860, 0.2860}, {0.3530, 0.3530, 0.3530}},
    {"half", {0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}},
    {"unit", {0, 0, 0}, {1, 1, 1}},
}};

/// Those of that name; the first ones where there are none.
[[nodiscard]] constexpr const ChannelStatistics& channel_statistics(std::string_view name) {
  for (const ChannelStatistics& one : kChannelStatistics)
    if (one.name == name) return one;
  return kChannelStatistics.front();
}

}  // namespace feedline::inline schema
