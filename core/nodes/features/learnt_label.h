// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The second input of nodes that choose features by what they tell of the label.

#include "base/error.h"
#include "schema/node_spec.h"

#include <cstddef>
#include <optional>

namespace feedline::inline nodes {

/// Classes that such a node can tell apart: it counts for each of them.
inline constexpr std::size_t kMostLabelClasses = 1000;

/// Of the label at the second input: 0, it is a number; none: not known yet.
[[nodiscard]] std::optional<std::size_t> classes_of(DescInputs in);
/// Refuses what is not one class or number, or has too many classes. Port `label`.
[[nodiscard]] Status check_learnt_label(DescInputs in);
[[nodiscard]] inline bool is_class(double label, std::size_t classes) {
  return label >= 0 && label < static_cast<double>(classes);
}
/// A label that is none of so many classes.
[[nodiscard]] Error no_such_class(double label, std::size_t classes);

}  // namespace feedline::inline nodes
