// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace feedline::inline nodes {

// XGBoost is loaded by the first node that needs it and linked with nothing: neither its start nor its symbols cost a
// program that has no boosted trees, and a machine without it builds and runs all else.

/// Can it be loaded? Error: which package is missing.
[[nodiscard]] Status can_boost_trees();

/// Boosted trees, as XGBoost's C interface has them.
class BoostedModel {
 public:
  BoostedModel(const BoostedModel&) = delete;
  BoostedModel& operator=(const BoostedModel&) = delete;
  ~BoostedModel();

  using Settings = std::vector<std::pair<std::string, std::string>>;
  /// Takes a copy of features (rows × columns; NaN is missing) and of a number a row. `bins`: the trees look at so many
  /// thresholds a column alone (tree_method=hist), so that no more of the features need be kept; 0: at all values.
  /// Errors: XGBoost's, by its words.
  [[nodiscard]] static Result<std::shared_ptr<BoostedModel>> begin(std::span<const float> features, std::size_t columns,
                                                                   std::span<const float> targets,
                                                                   const Settings& settings, int bins, int threads);
  /// One that was saved. Errors: those of check_boosted_bytes(); XGBoost cannot read it.
  [[nodiscard]] static Result<std::shared_ptr<BoostedModel>> load(std::span<const std::uint8_t> bytes,
                                                                  std::size_t columns, int threads);

  /// One more round of trees.
  [[nodiscard]] Status round(int number);
  /// The mean loss of the training rows behind that round, NaN where XGBoost tells none. Takes a look at every row.
  [[nodiscard]] Result<double> loss(int number);
  /// The training rows are needed no more.
  void release_rows();
  /// count × outputs numbers for rows of features. Thread-safe.
  [[nodiscard]] Status predict(std::span<const float> features, std::size_t count, std::size_t outputs,
                               std::span<float> out) const;
  [[nodiscard]] Result<std::vector<std::uint8_t>> save() const;

 private:
  explicit BoostedModel(std::size_t columns) : columns_(columns) {}

  std::size_t columns_;
  void* rows_ = nullptr;   ///< DMatrixHandle
  void* model_ = nullptr;  ///< BoosterHandle
};

/// Runs `work` on a thread of its own while `go_on` says so. False: it said no, and the work goes on to its end without
/// anybody waiting for it but the end of the program, so `work` holds a share of all that it uses. What it throws while
/// it is waited for is thrown here.
[[nodiscard]] bool run_or_leave_behind(std::function<void()> work, const std::function<bool()>& go_on);

}  // namespace feedline::inline nodes
