// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What of a fitted node's state is better seen than read: a number for each feature or component, and what components
// are mixed of.

#include "schema/named_tensors.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace feedline::inline state {

/// Numbers that are compared with each other.
struct LearntBars {
  struct Bar {
    std::string name{};  ///< of the feature, "pc1" of a component
    double value = 0;
    bool kept = true;  ///< false: the node removes the feature
  };
  std::string tensor{};  ///< "explained_variance_ratio", "score", "importance", "variance"
  std::vector<Bar> bars{};
};

/// Of components their shares of the variance, in order; of features that are chosen among what they are chosen by, the
/// largest first. At most so many; none: the state has nothing of that kind.
[[nodiscard]] std::optional<LearntBars> learnt_bars(const NamedTensors& state, std::size_t most);

/// What each of the new features of a state is mixed of.
struct LearntComponents {
  struct Weight {
    std::string feature{};
    double value = 0;
  };
  struct Component {
    std::optional<double> share{};  ///< of the variance, 0..1
    /// Of features that are the numbers of a picture: width * height, row by row, the channels of a pixel summed, as
    /// parts of the largest amount: -1..1. Empty: they are no picture.
    std::vector<float> pixels{};
    /// The features that weigh most, by their amount; empty where there are pixels.
    std::vector<Weight> weights{};
  };
  std::size_t width = 0;  ///< of the pictures; 0: there are none
  std::size_t height = 0;
  std::size_t all = 0;  ///< how many components the state has
  std::vector<Component> components{};
};

/// How much of a state is shown.
struct ComponentLimits {
  std::size_t pictures = 12;
  std::size_t lists = 3;     ///< components whose features are no picture
  std::size_t features = 5;  ///< of each such component
};

/// The first components of a state. They are pictures where the names of its features are y3_x5, y3_x5_c0 for every
/// place of a grid, as `pixels` gives them. None: the state has no components, or no sound ones.
[[nodiscard]] std::optional<LearntComponents> learnt_components(const NamedTensors& state,
                                                                const ComponentLimits& limits);

}  // namespace feedline::inline state
