// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Means of the target by category, of all training records and of those outside each fold.

#include "nodes/table/categories.h"
#include "nodes/table/row_fitter.h"
#include "schema/named_tensors.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace feedline::inline nodes {

/// The fold of a record, by the bytes of its row: the same when it is learnt from and when it is encoded.
[[nodiscard]] inline std::size_t fold_of(std::span<const std::byte> row, std::size_t folds) {
  return TextIndex::hash_of({reinterpret_cast<const char*>(row.data()), row.size()}) % folds;
}

/// Sums the targets of each category, fold by fold. A target is the label itself, or, where there are several targets,
/// 1 for the label's class and 0 for all others.
///
/// Its state is that of keep_categories(), and besides: "sums" (categories of all columns x folds x targets),
/// "records" (categories x folds), "all_sums" (folds x targets) and "all_records" (folds).
class TargetLearner final : public RowLearner {
 public:
  TargetLearner(std::span<const Column> columns, std::vector<std::size_t> places, std::size_t targets,
                std::size_t folds);
  Status take(const ShownRow& row) override;
  [[nodiscard]] Result<NamedTensors> finish() const override;

 private:
  struct Summed {
    CategoryCounter values;
    std::vector<double> sums{};           ///< category x fold x target
    std::vector<std::int64_t> records{};  ///< category x fold
  };
  void add_to(double* sums, double label) const;

  std::vector<std::size_t> places_;
  std::size_t targets_;
  std::size_t folds_;
  std::vector<Summed> columns_{};
  std::vector<double> all_sums_;
  std::vector<std::int64_t> all_records_;
};

/// What becomes of the categories of one column.
struct TargetMeans {
  std::vector<std::string> categories{};
  std::size_t targets = 1;
  std::vector<double> means{};  ///< fold, the last one: all x category, the last one: none x target

  [[nodiscard]] std::span<const double> of(std::size_t fold, std::uint32_t category) const {
    return std::span(means).subspan((fold * (categories.size() + 1) + category) * targets, targets);
  }
};

/// (sum + smoothing x mean) / (records + smoothing), for each column of the state. Errors: the state is another one.
[[nodiscard]] Result<std::vector<TargetMeans>> kept_target_means(const NamedTensors& state, std::size_t targets,
                                                                 std::size_t folds, double smoothing);

}  // namespace feedline::inline nodes
