// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace feedline::inline training {

/// A validation sample that the model got most wrong.
struct WorstSample {
  std::uint64_t record = 0;  ///< number in the validation data's source
  std::string file{};        ///< where that is one
  std::int64_t label = 0;
  std::int64_t predicted = 0;
  double truth = 0;       ///< probability that the model gave to the label, 0..1
  double confidence = 0;  ///< and to what it predicted
};

/// How one epoch's validation of a classifier came out, class by class. Bounded whatever the data: at most kMostClasses
/// classes are counted against each other, and kMostWorst samples are named.
struct Evaluation {
  static constexpr std::size_t kMostClasses = 256;
  static constexpr std::size_t kMostWorst = 24;

  std::uint32_t epoch = 0;
  std::size_t classes = 0;                 ///< 0: more than kMostClasses, nothing is counted
  std::vector<std::string> class_names{};  ///< as many, or none where the data name none
  std::vector<std::uint64_t> counts{};     ///< classes × classes: row by row the true class, in it the predicted one
  std::vector<WorstSample> worst{};        ///< by `truth`, least first
  std::string node{};                      ///< the node whose output shows a record best: a picture where there is one

  [[nodiscard]] std::uint64_t count(std::size_t label, std::size_t predicted) const {
    return counts[label * classes + predicted];
  }
  /// "cat", or "3" where it has no name.
  [[nodiscard]] std::string name_of(std::int64_t index) const {
    const auto at = static_cast<std::size_t>(index);
    return index >= 0 && at < class_names.size() ? class_names[at] : std::to_string(index);
  }
};

}  // namespace feedline::inline training
