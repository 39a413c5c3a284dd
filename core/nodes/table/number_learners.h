// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What can be learnt of columns of numbers, missing ones left out. Each state has the columns' names ("columns") and
// how many numbers each had ("values").

#include "nodes/table/quantile_sketch.h"
#include "nodes/table/row_fitter.h"
#include "nodes/table/table_columns.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace feedline::inline nodes {

/// Takes the numbers of some columns, row by row.
class NumberLearner : public RowLearner {
 public:
  NumberLearner(std::vector<std::size_t> places, std::vector<std::string> names);
  Status take(const ShownRow& row) final;
  [[nodiscard]] Result<NamedTensors> finish() const final;

 protected:
  /// A number of the column `index` of these, which is not missing; `count` of them, it included, have come.
  virtual void number(std::size_t index, double value, std::int64_t count) = 0;
  /// Besides "columns" and "values". Every column has a number.
  virtual void keep(NamedTensors& state) const = 0;
  [[nodiscard]] std::size_t columns() const { return places_.size(); }
  [[nodiscard]] const std::vector<std::int64_t>& counts() const { return counts_; }

 private:
  std::vector<std::size_t> places_;
  std::vector<std::string> names_;
  std::vector<std::int64_t> counts_;
  std::uint64_t rows_ = 0;
};

/// "mean" and "stddev" (of all rows: divided by their number), the latter 0 where the column has one value only, up to
/// rounding. Source: B. P. Welford, "Note on a method for calculating corrected sums of squares and products",
/// Technometrics 4, 1962.
class MomentsLearner final : public NumberLearner {
 public:
  MomentsLearner(std::vector<std::size_t> places, std::vector<std::string> names);

 private:
  void number(std::size_t index, double value, std::int64_t count) override;
  void keep(NamedTensors& state) const override;
  std::vector<double> mean_;
  std::vector<double> spread_;
};

/// "least" and "greatest".
class RangeLearner final : public NumberLearner {
 public:
  RangeLearner(std::vector<std::size_t> places, std::vector<std::string> names);

 private:
  void number(std::size_t index, double value, std::int64_t count) override;
  void keep(NamedTensors& state) const override;
  std::vector<double> least_;
  std::vector<double> greatest_;
};

/// "quantiles", a row for each column with a number for each share, and "rank_error", by what share of the numbers
/// their ranks can be wrong (see QuantileSketch).
class QuantileLearner final : public NumberLearner {
 public:
  QuantileLearner(std::vector<std::size_t> places, std::vector<std::string> names, std::vector<double> shares);

 private:
  void number(std::size_t index, double value, std::int64_t count) override;
  void keep(NamedTensors& state) const override;
  std::vector<double> shares_;
  std::vector<QuantileSketch> sketches_;
};

/// A fitter that has a Learner(places, names, more...) take the numbers of the columns that `columns` asks for; null:
/// there are none.
template <class Learner, class... More>
[[nodiscard]] std::unique_ptr<Fitter> number_fitter(DescInputs in, const std::vector<std::string>& columns,
                                                    More... more) {
  if (!columns_known(in)) return unknown_fitter();
  const auto places = chosen_columns(in[0]->columns, columns, ColumnsOf::Numbers);
  if (!places) return unknown_fitter();
  if (places->empty()) return nullptr;
  auto plan = std::make_shared<RowFitterPlan>();
  plan->columns = in[0]->columns.size();
  plan->finite = *places;
  plan->names = names_of(in[0]->columns, *places);
  plan->learner = [places = *places, names = plan->names, more...] {
    return std::make_unique<Learner>(places, names, more...);
  };
  return std::make_unique<RowFitter>(std::move(plan));
}

/// 1 in place of a scale that is 0 up to rounding: a column of one value is centred only (as scikit-learn does).
[[nodiscard]] double usable_scale(double scale);

}  // namespace feedline::inline nodes
