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
  /// Where a record may have several labels (Evaluation::several_labels; label and predicted are -1 then): those that
  /// it has and that were not predicted, and those that were predicted and that it does not have. `truth` is the
  /// probability that the model gave to what is true of the label that it got most wrong, `confidence` the rest to 1.
  std::vector<std::int64_t> missed{};
  std::vector<std::int64_t> extra{};

  [[nodiscard]] bool right() const { return label == predicted && missed.empty() && extra.empty(); }
};

/// How one epoch's validation of a classifier came out, class by class. Bounded whatever the data: at most kMostClasses
/// classes are counted against each other, and kMostWorst samples are named.
struct Evaluation {
  static constexpr std::size_t kMostClasses = 256;
  static constexpr std::size_t kMostWorst = 24;

  std::uint32_t epoch = 0;
  std::size_t classes = 0;                 ///< 0: more than kMostClasses, or several_labels: nothing is counted
  bool several_labels = false;             ///< a record may have any number of them, so none is taken for another
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
  /// "cat, dog"; empty: none.
  [[nodiscard]] std::string names_of(const std::vector<std::int64_t>& indices) const {
    std::string names;
    for (const std::int64_t index : indices) names += (names.empty() ? "" : ", ") + name_of(index);
    return names;
  }
};

}  // namespace feedline::inline training
