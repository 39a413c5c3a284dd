// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/bit_ranks.h"
#include "plan/plan.h"
#include "plan/record_codes.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace feedline::inline plan {

/// The records of one side of a split, in the order of the source: a bit for each record of the source.
class RecordSelection {
 public:
  explicit RecordSelection(BitRanks bits) : bits_(std::move(bits)) {}

  [[nodiscard]] std::uint64_t size() const { return bits_.ones(); }
  /// The record at a position below size(). Its cost hardly grows with the source.
  [[nodiscard]] std::uint64_t operator[](std::uint64_t position) const { return bits_.find(true, position); }
  [[nodiscard]] bool contains(std::uint64_t record) const { return bits_[record]; }
  /// Differs where the records do.
  [[nodiscard]] std::string hash() const;

 private:
  BitRanks bits_;
};

/// Which records of a source train and which validate. None is in both; with split_by column some may be in neither.
struct RecordSplit {
  bool sets_aside = false;  ///< false: all of them train
  SamplerPlan training{};   ///< windows alone: whether they are shuffled is not known here
  SamplerPlan validation{};
  /// Records of each class in both; empty: nobody has counted.
  std::vector<std::uint64_t> training_classes{};
  std::vector<std::uint64_t> validation_classes{};
  std::shared_ptr<const BalancedDraw> balanced{};  ///< if it was asked for
};

struct SplitRequest {
  const LearningSettings& settings;
  bool split = true;          ///< false: validation has a source of its own
  bool class_counts = false;  ///< they are needed whatever it costs
  bool balance = false;       ///< records will be drawn class by class
};

/// Divides the records of a source as the trainer's settings ask:
///   random      a window of a seeded permutation; reads nothing
///   stratified  of each class, or each value of split_column, its share, to within one record; each has one that
///               trains. Drawn record by record (selection sampling: Knuth, The Art of Computer Programming 2, 3.4.2)
///   group       whole groups, in a seeded order, as near to the share as they allow; folds are filled by the largest
///               groups first. Beyond a million groups each is put by a hash of its value
///   column      by the values that are named
/// With folds, one of so many parts of one size (within a record; of each class too, where stratified) validates. All
/// follow from records and seed alone, not from the number of threads. Of all but random each record's label or value
/// is read once (plan/record_codes.h); then a bit a record remains.
///
/// Classes are counted where labels are read anyway, where it was asked for, and where a random split may lose one.
/// Errors name a parameter of the trainer: those of code_records(); no classes to divide by; one group only, or fewer
/// than folds; a value that no record has; no record left on one side; no label that could be read; over 2^32 records.
[[nodiscard]] Result<RecordSplit> split_records(const CodedSource& coded, const SplitRequest& request,
                                                const SourceContext& context, std::size_t threads = 0);

/// Classes that a split has lost: "a split leaves no record of 2 of 10 classes to train on: 'a' (3 records)". For the
/// trainer; none where nothing is lost or counted.
[[nodiscard]] std::vector<Error> lost_classes(const std::vector<std::uint64_t>& training,
                                              const std::vector<std::uint64_t>& validation,
                                              const std::vector<std::string>& names, const std::string& split_by);

}  // namespace feedline::inline plan
