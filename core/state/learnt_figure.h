// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What of a fitted node's state is better seen than read: a number for each feature or component, and components of
// pictures.

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

/// Rows of weights as grey pictures: 128 is 0, lighter is above, darker below, the largest weight at an end.
struct ComponentPictures {
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<std::vector<std::uint8_t>> pictures{};  ///< width * height each, row by row; channels averaged
};

/// The first components of a state whose features are the numbers of a picture, as their names say: y3_x5, y3_x5_c0,
/// for every place of a grid. None: they are no pictures.
[[nodiscard]] std::optional<ComponentPictures> component_pictures(const NamedTensors& state, std::size_t most);

}  // namespace feedline::inline state
