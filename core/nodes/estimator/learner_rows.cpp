// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/learner_rows.h"

#include "base/memory.h"
#include "base/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace feedline::inline nodes {
namespace {

/// Columns whose deviations differ more than so are told of.
constexpr double kScaleApart = 1e3;
/// Of free memory what a fit may take: the rest of the run needs some.
constexpr double kFreeShare = 0.9;

/// Is one of them NaN or infinite? Looks at the exponents alone, many at a time.
bool any_not_finite(std::span<const float> numbers) {
  constexpr std::uint32_t kExponent = 0x7f800000U;
  std::uint32_t found = 0;
  for (const float number : numbers)
    found |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(number) & kExponent) == kExponent);
  return found != 0;
}

Status bad_number(const EstimatorRows& rows, std::span<const float> numbers, MissingNumbers missing) {
  const EstimatorInput& input = rows.inputs[kFeaturesInput];
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const bool nan = std::isnan(numbers[i]);
    if (std::isfinite(numbers[i]) || (nan && missing == MissingNumbers::Taken)) continue;
    const std::size_t row = i / input.columns();
    const std::string record = row < rows.records.size() ? fmt::format("record {}", rows.records[row]) : "a record";
    return fail(fmt::format("{} of {} is {}", feature_name(input.record, i % input.columns()), record,
                            nan ? "missing (NaN)" : "infinite"),
                nan ? "Fill missing numbers in with impute, or use boosted_trees, which takes them"
                    : "Put clip in front, or leave the record out at its source");
  }
  return {};
}

}  // namespace

Result<std::vector<TensorDesc>> infer_learner(DescInputs in, LearnerTarget takes) {
  const TensorDesc* features = in.size() > kFeaturesInput ? in[kFeaturesInput] : nullptr;
  const TensorDesc* target = in.size() > kTargetInput ? in[kTargetInput] : nullptr;
  if (features != nullptr && features->shape.size() > 1 &&
      TensorDesc{.shape = {features->shape.begin() + 1, features->shape.end()}}.ragged())
    return fail(Error{.reason = "its records differ in length, and it takes rows of one length",
                      .remedy = "Make one vector of each: tf_idf of texts, resize of pictures",
                      .port = "features"});
  if (target != nullptr && target->classes.known()) {
    if (takes == LearnerTarget::Classes && target->classes.size() == 0)
      return fail(Error{.reason = "its target is a plain number, not a class",
                        .remedy = "Connect a label that has classes, or use a learner of numbers: ridge_regression, "
                                  "boosted_trees",
                        .port = "target"});
    if (takes == LearnerTarget::Numbers && target->classes.size() > 0)
      return fail(Error{.reason = "its target is a class, not a plain number",
                        .remedy = "Connect a label that is a number, or use a learner of classes: logistic_regression, "
                                  "boosted_trees",
                        .port = "target"});
  }
  return std::vector<TensorDesc>{TensorDesc{.kind = Kind::Estimator}};
}

std::string feature_name(const TensorDesc& record, std::size_t column) {
  if (column < record.columns.size() && !record.columns[column].name.empty())
    return fmt::format("column '{}'", record.columns[column].name);
  return fmt::format("column {}", column + 1);
}

Result<std::span<const float>> features_of(const EstimatorRows& rows, std::vector<float>& room,
                                           MissingNumbers missing) {
  const EstimatorInput& input = rows.inputs[kFeaturesInput];
  std::span<const float> numbers = input.values<float>();
  if (input.record.dtype != DType::F32) {
    room.resize(rows.count * input.columns());
    input.copy_to(room);
    numbers = room;
  }
  if (any_not_finite(numbers))
    if (Status fine = bad_number(rows, numbers, missing); !fine) return fail(std::move(fine.error()));
  return numbers;
}

Status add_numbers(const EstimatorRows& rows, std::vector<double>& to) {
  const EstimatorInput& input = rows.inputs[kTargetInput];
  const std::size_t before = to.size();
  if (const auto exact = input.values<double>(); !exact.empty()) {
    to.insert(to.end(), exact.begin(), exact.end());
  } else {
    std::vector<float> numbers(rows.count);
    input.copy_to(numbers);
    to.insert(to.end(), numbers.begin(), numbers.end());
  }
  for (std::size_t i = before; i < to.size(); ++i)
    if (!std::isfinite(to[i]))
      return fail(fmt::format("the target of {} is no finite number",
                              i - before < rows.records.size() ? fmt::format("record {}", rows.records[i - before])
                                                               : std::string("a record")),
                  "Leave records without a target out at their source");
  return {};
}

void FeatureScales::add(std::span<const float> rows) {
  const std::size_t columns = sum_.size();
  if (columns == 0) return;
  for (std::size_t row = 0; row + columns <= rows.size(); row += columns) {
    const float* numbers = rows.data() + row;
    for (std::size_t i = 0; i < columns; ++i) {
      const double number = std::isfinite(numbers[i]) ? static_cast<double>(numbers[i]) : 0.0;
      sum_[i] += number;
      square_[i] += number * number;
    }
  }
  rows_ += static_cast<double>(rows.size() / columns);
}

std::optional<Error> FeatureScales::notice(const TensorDesc& record) const {
  std::size_t least = 0;
  std::size_t most = 0;
  double low = std::numeric_limits<double>::infinity();
  double high = 0;
  for (std::size_t i = 0; i < sum_.size() && rows_ > 1; ++i) {
    const double mean = sum_[i] / rows_;
    const double variance = square_[i] / rows_ - mean * mean;
    if (variance <= 1e-9 * mean * mean || variance <= 0) continue;  // constant: no scale
    const double deviation = std::sqrt(variance);
    if (deviation < low) {
      low = deviation;
      least = i;
    }
    if (deviation > high) {
      high = deviation;
      most = i;
    }
  }
  if (high <= kScaleApart * low) return std::nullopt;
  return Error{
      .reason = fmt::format("its features differ in scale: {} varies by {:.2g}, {} by {:.2g}",
                            feature_name(record, least), low, feature_name(record, most), high),
      .remedy = "Put standardise in front of the features: else the largest decide alone, and fits take longer"};
}

LearnerRows::LearnerRows(const EstimatorSetup& setup, MissingNumbers missing, ColumnScales scales)
    : record_(setup.inputs[kFeaturesInput]),
      missing_(missing),
      columns_(feature_columns(setup)),
      classes_(static_cast<std::size_t>(setup.classes)),
      expected_(static_cast<std::size_t>(setup.rows)) {
  if (scales == ColumnScales::Watched) scales_.emplace(columns_);
}

Status LearnerRows::add(const EstimatorRows& rows) {
  const auto features = features_of(rows, room_, missing_);
  if (!features) return fail(features.error());
  if (features_.empty()) features_.reserve(expected_ * columns_);  // growing would take twice the memory
  features_.insert(features_.end(), features->begin(), features->end());
  if (scales_) scales_->add(*features);
  if (classes_ == 0) return add_numbers(rows, numbers_);
  for (const std::int64_t label : rows.inputs[kTargetInput].values<std::int64_t>())
    labels_.push_back(static_cast<std::int32_t>(label));
  return {};
}

std::vector<std::size_t> LearnerRows::class_counts() const {
  std::vector<std::size_t> counts(classes_, 0);
  for (const std::int32_t label : labels_) ++counts[static_cast<std::size_t>(label)];
  return counts;
}

void LearnerRows::restore(std::vector<float> features, std::vector<std::int32_t> labels, std::vector<double> numbers) {
  features_ = std::move(features);
  labels_ = std::move(labels);
  numbers_ = std::move(numbers);
}

void LearnerRows::release() { restore({}, {}, {}); }

PresentClasses PresentClasses::of(std::span<const std::size_t> counts, bool balanced) {
  PresentClasses present;
  double rows = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    present.classes.push_back(static_cast<std::int64_t>(i));
    rows += static_cast<double>(counts[i]);
  }
  for (const std::int64_t at : present.classes)
    present.weights.push_back(balanced ? rows / (static_cast<double>(present.classes.size()) *
                                                 static_cast<double>(counts[static_cast<std::size_t>(at)]))
                                       : 1.0);
  return present;
}

std::vector<std::int32_t> PresentClasses::indices(std::size_t all) const {
  std::vector<std::int32_t> index(all, -1);
  for (std::size_t i = 0; i < classes.size(); ++i)
    index[static_cast<std::size_t>(classes[i])] = static_cast<std::int32_t>(i);
  return index;
}

Status check_two_classes(const PresentClasses& present, const EstimatorSetup& setup) {
  if (present.classes.size() > 1) return {};
  const auto only = static_cast<std::size_t>(present.classes.empty() ? 0 : present.classes.front());
  const std::string name = only < setup.class_names.size() ? "'" + setup.class_names[only] + "'" : std::to_string(only);
  return fail("all training records are of one class, " + name + ", so there is nothing to tell apart",
              "Use training data of two classes or more: see the source's labels, its limit, and shuffle in front of "
              "the split");
}

Status check_fit_memory(double bytes, std::string_view what, std::string_view remedies) {
  constexpr double kMost = 9e18;
  const std::uint64_t free = free_memory();
  if (free == 0 || bytes <= kFreeShare * static_cast<double>(free)) return {};
  return fail(Error{.code = ErrorCode::Failed,
                    .reason = fmt::format("a fit would keep {} bytes ({}) in memory for {}, and {} are free",
                                          numbers::count(static_cast<std::uint64_t>(std::min(bytes, kMost))),
                                          numbers::bytes(static_cast<std::uint64_t>(std::min(bytes, kMost))), what,
                                          numbers::bytes(free)),
                    .remedy = std::string(remedies)});
}

std::string rows_in_words(const EstimatorSetup& setup) {
  return fmt::format("{} rows of {} numbers", numbers::count(setup.rows), numbers::count(feature_columns(setup)));
}

double learner_rows_bytes(const EstimatorSetup& setup) {
  const double row = static_cast<double>(feature_columns(setup)) * sizeof(float) + sizeof(double);
  return row * static_cast<double>(setup.rows);
}

tl::unexpected<Error> fail_kept(std::string_view what) {
  return fail("the kept state of the estimator is damaged: " + std::string(what), "Use another checkpoint");
}

}  // namespace feedline::inline nodes
