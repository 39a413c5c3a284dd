// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace feedline::inline engine {

/// A class is small when it has fewer records than this.
inline constexpr std::uint64_t kSmallClass = 10;
/// Classes are imbalanced when the largest has so many times as many records as the smallest.
inline constexpr double kSevereImbalance = 10;

/// How the records of a data set are spread over its classes.
struct LabelCounts {
  std::vector<std::string> names{};      ///< as shown
  std::vector<std::uint64_t> records{};  ///< of each class
  std::uint64_t stretches = 0;           ///< of one class, in the order of the records

  [[nodiscard]] std::uint64_t all() const;
  /// Classes with a record.
  [[nodiscard]] std::uint64_t used() const;
};

// What is told of them, as sentences with remedies, by a run when it begins and by a check. Nothing where there is
// nothing to tell. A class without a record counts in absent_classes() alone.

/// All records are of one class.
[[nodiscard]] std::optional<Error> one_class(const LabelCounts& counts);
/// Classes with fewer than kSmallClass records, by name. A data set with fewer than twice that is small as a whole, and
/// nothing is said of its classes.
[[nodiscard]] std::optional<Error> small_classes(const LabelCounts& counts);
/// kSevereImbalance or more.
[[nodiscard]] std::optional<Error> imbalance(const LabelCounts& counts);
/// Records come class by class: at most two stretches a class, of two records or more. It matters only where nothing
/// shuffles them.
[[nodiscard]] std::optional<Error> sorted_by_class(const LabelCounts& counts);
/// Classes of training without a record in validation: `names` of `all`.
[[nodiscard]] std::optional<Error> absent_classes(const std::vector<std::string>& names, std::size_t all);

}  // namespace feedline::inline engine
