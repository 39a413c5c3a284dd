// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/table/number_learners.h"

#include "nodes/table/categories.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace feedline::inline nodes {

NumberLearner::NumberLearner(std::vector<std::size_t> places, std::vector<std::string> names)
    : places_(std::move(places)), names_(std::move(names)), counts_(places_.size(), 0) {}

Status NumberLearner::take(const ShownRow& row) {
  ++rows_;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const double value = row.cells.number(places_[i]);
    if (!std::isnan(value)) number(i, value, ++counts_[i]);
  }
  return {};
}

Result<NamedTensors> NumberLearner::finish() const {
  if (rows_ == 0) return fail(no_rows());
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (counts_[i] == 0) return fail(empty_column(names_[i]));
  NamedTensors state;
  put_texts(state, "columns", names_);
  state.insert_or_assign("values", TensorValue::of(counts_));
  keep(state);
  return state;
}

MomentsLearner::MomentsLearner(std::vector<std::size_t> places, std::vector<std::string> names)
    : NumberLearner(std::move(places), std::move(names)), mean_(columns(), 0.0), spread_(columns(), 0.0) {}

void MomentsLearner::number(std::size_t index, double value, std::int64_t count) {
  const double before = value - mean_[index];
  mean_[index] += before / static_cast<double>(count);
  spread_[index] += before * (value - mean_[index]);
}

void MomentsLearner::keep(NamedTensors& state) const {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  std::vector<double> deviations;
  for (std::size_t i = 0; i < mean_.size(); ++i) {
    const auto count = static_cast<double>(counts()[i]);
    const double variance = spread_[i] / count;
    // What rounding alone can give: the bound of scikit-learn's _is_constant_feature().
    const double rounding = count * kEpsilon * variance + std::pow(count * mean_[i] * kEpsilon, 2);
    deviations.push_back(variance <= rounding ? 0 : std::sqrt(variance));
  }
  state.insert_or_assign("mean", TensorValue::of(mean_));
  state.insert_or_assign("stddev", TensorValue::of(deviations));
}

RangeLearner::RangeLearner(std::vector<std::size_t> places, std::vector<std::string> names)
    : NumberLearner(std::move(places), std::move(names)),
      least_(columns(), std::numeric_limits<double>::infinity()),
      greatest_(columns(), -std::numeric_limits<double>::infinity()) {}

void RangeLearner::number(std::size_t index, double value, std::int64_t) {
  least_[index] = std::min(least_[index], value);
  greatest_[index] = std::max(greatest_[index], value);
}

void RangeLearner::keep(NamedTensors& state) const {
  state.insert_or_assign("least", TensorValue::of(least_));
  state.insert_or_assign("greatest", TensorValue::of(greatest_));
}

QuantileLearner::QuantileLearner(std::vector<std::size_t> places, std::vector<std::string> names,
                                 std::vector<double> shares)
    : NumberLearner(std::move(places), std::move(names)),
      shares_(std::move(shares)),
      sketches_(columns(), QuantileSketch(QuantileSketch::level_size(columns()))) {}

void QuantileLearner::number(std::size_t index, double value, std::int64_t) { sketches_[index].add(value); }

void QuantileLearner::keep(NamedTensors& state) const {
  std::vector<double> all;
  std::vector<double> errors;
  for (const QuantileSketch& sketch : sketches_) {
    const std::vector<double> found = sketch.quantiles(shares_);
    all.insert(all.end(), found.begin(), found.end());
    errors.push_back(sketch.error_bound());
  }
  state.insert_or_assign("quantiles",
                         TensorValue::of(std::span<const double>(all), {static_cast<std::int64_t>(sketches_.size()),
                                                                        static_cast<std::int64_t>(shares_.size())}));
  state.insert_or_assign("rank_error", TensorValue::of(errors));
}

double usable_scale(double scale) { return scale < 10 * std::numeric_limits<double>::epsilon() ? 1 : scale; }

}  // namespace feedline::inline nodes
