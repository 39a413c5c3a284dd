// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/table/target_means.h"

#include "nodes/table/table_columns.h"

#include <fmt/format.h>

#include <utility>

namespace feedline::inline nodes {
namespace {

/// Sums of one column: 128 MiB.
constexpr std::size_t kMostSums = std::size_t{1} << 24U;

/// Of all folds but one; of all of them where there is no such fold.
template <class Number>
double sum_without(std::span<const Number> by_fold, std::size_t stride, std::size_t without) {
  double sum = 0;
  for (std::size_t fold = 0; fold * stride < by_fold.size(); ++fold)
    if (fold != without) sum += static_cast<double>(by_fold[fold * stride]);
  return sum;
}

}  // namespace

TargetLearner::TargetLearner(std::span<const Column> columns, std::vector<std::size_t> places, std::size_t targets,
                             std::size_t folds)
    : places_(std::move(places)),
      targets_(targets),
      folds_(folds),
      all_sums_(folds * targets, 0.0),
      all_records_(folds, 0) {
  for (const std::size_t place : places_)
    columns_.push_back({.values = CategoryCounter(columns[place].name, columns[place].type)});
}

void TargetLearner::add_to(double* sums, double label) const {
  if (targets_ == 1)
    *sums += label;
  else if (label >= 0 && label < static_cast<double>(targets_))
    sums[static_cast<std::size_t>(label)] += 1;
}

Status TargetLearner::take(const ShownRow& row) {
  const std::size_t fold = fold_of(row.bytes, folds_);
  ++all_records_[fold];
  add_to(&all_sums_[fold * targets_], row.label);
  for (std::size_t i = 0; i < places_.size(); ++i) {
    Summed& column = columns_[i];
    const CategoryKey key(row.cells, places_[i], column.values.type());
    if (key.missing()) continue;
    const auto value = column.values.add(key);
    if (!value) return fail(value.error());
    const std::size_t sums = column.values.size() * folds_ * targets_;
    if (sums > kMostSums)
      return fail(fmt::format("{} has {} categories, too many for {} folds and {} classes",
                              column_text(column.values.column()), column.values.size(), folds_, targets_),
                  "Use fewer folds, or hash_columns for this column");
    column.sums.resize(sums, 0.0);
    column.records.resize(column.values.size() * folds_, 0);
    ++column.records[*value * folds_ + fold];
    add_to(&column.sums[(*value * folds_ + fold) * targets_], row.label);
  }
  return {};
}

Result<NamedTensors> TargetLearner::finish() const {
  std::int64_t rows = 0;
  for (const std::int64_t records : all_records_) rows += records;
  if (rows == 0) return fail(no_rows());
  std::vector<ColumnCategories> categories;
  std::vector<double> sums;
  std::vector<std::int64_t> records;
  for (const Summed& column : columns_) {
    if (column.values.size() == 0) return fail(empty_column(column.values.column()));
    ColumnCategories& of = categories.emplace_back(ColumnCategories{.column = column.values.column()});
    for (const std::uint32_t value : column.values.sorted()) {
      of.texts.push_back(column.values.text(value));
      of.counts.push_back(column.values.count(value));
      const auto add = [value](auto& to, const auto& from, std::size_t each) {
        const auto first = from.begin() + static_cast<std::ptrdiff_t>(value * each);
        to.insert(to.end(), first, first + static_cast<std::ptrdiff_t>(each));
      };
      add(sums, column.sums, folds_ * targets_);
      add(records, column.records, folds_);
    }
  }
  NamedTensors state;
  keep_categories(state, categories);
  const auto folds = static_cast<std::int64_t>(folds_);
  const auto targets = static_cast<std::int64_t>(targets_);
  const auto values = static_cast<std::int64_t>(records.size() / folds_);
  state.insert_or_assign("sums", TensorValue::of(std::span<const double>(sums), {values, folds, targets}));
  state.insert_or_assign("records", TensorValue::of(std::span<const std::int64_t>(records), {values, folds}));
  state.insert_or_assign("all_sums", TensorValue::of(std::span<const double>(all_sums_), {folds, targets}));
  state.insert_or_assign("all_records", TensorValue::of(all_records_));
  return state;
}

Result<std::vector<TargetMeans>> kept_target_means(const NamedTensors& state, std::size_t targets, std::size_t folds,
                                                   double smoothing) {
  auto categories = kept_categories(state);
  if (!categories) return fail(std::move(categories.error()));
  std::size_t count = 0;
  for (const ColumnCategories& column : *categories) count += column.texts.size();
  const auto sums = kept_numbers(state, "sums", count * folds * targets);
  const auto records = kept_counts(state, "records");
  const auto all_sums = kept_numbers(state, "all_sums", folds * targets);
  const auto all_records = kept_counts(state, "all_records");
  if (!sums || !records || !all_sums || !all_records || records->size() != count * folds ||
      all_records->size() != folds)
    return fail(wrong_state());

  std::vector<TargetMeans> all;
  std::size_t before = 0;
  for (ColumnCategories& column : *categories) {
    const std::size_t values = column.texts.size();
    TargetMeans of{.categories = std::move(column.texts), .targets = targets};
    of.means.reserve((folds + 1) * (values + 1) * targets);
    for (std::size_t without = 0; without <= folds; ++without) {
      double rows = sum_without(std::span<const std::int64_t>(*all_records), 1, without);
      const bool alone = rows == 0;  // every record is in this fold: better its own means than none
      const std::size_t left_out = alone ? folds : without;
      if (alone) rows = sum_without(std::span<const std::int64_t>(*all_records), 1, left_out);
      for (std::size_t value = 0; value <= values; ++value)
        for (std::size_t target = 0; target < targets; ++target) {
          const double mean = sum_without(std::span<const double>(*all_sums).subspan(target), targets, left_out) / rows;
          if (value == values) {
            of.means.push_back(mean);
            continue;
          }
          const std::size_t at = before + value;
          const double sum =
              sum_without(std::span<const double>(*sums).subspan(at * folds * targets, folds * targets).subspan(target),
                          targets, left_out);
          const double n = sum_without(std::span<const std::int64_t>(*records).subspan(at * folds, folds), 1, left_out);
          of.means.push_back(n + smoothing > 0 ? (sum + smoothing * mean) / (n + smoothing) : mean);
        }
    }
    before += values;
    all.push_back(std::move(of));
  }
  return all;
}

}  // namespace feedline::inline nodes
