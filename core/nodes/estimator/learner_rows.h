// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the learners beside gradient descent have alike: their two inputs, the checks of what comes in, the rows that
// are kept for a fit, and whether there is memory for them.

#include "schema/estimator.h"
#include "schema/node_builder.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace feedline::inline nodes {

inline constexpr std::size_t kFeaturesInput = 0;
inline constexpr std::size_t kTargetInput = 1;

/// What a learner can predict.
enum class LearnerTarget : std::uint8_t { Classes, Numbers, Both };

/// Declares the ports: `.with(learner_ports<T>)`.
template <class T>
void learner_ports(NodeBuilder<T>& builder) {
  std::move(builder)
      .in("features", Kind::Tensor,
          "The numbers of each record, from the batch. A picture counts as the row of its pixels.")
      .in("target", Kind::Target, "What is to be predicted: wire it from the label of the batch.")
      .out("estimator", Kind::Estimator, "Connect it to the trainer.");
}

/// Checks the two inputs. Errors: a target of the wrong sort; records that differ in length.
[[nodiscard]] Result<std::vector<TensorDesc>> infer_learner(DescInputs in, LearnerTarget takes);

/// Numbers of one row of features.
[[nodiscard]] inline std::size_t feature_columns(const EstimatorSetup& setup) {
  return static_cast<std::size_t>(setup.inputs[kFeaturesInput].elements());
}

/// "column 'age'", "column 17": as people find it.
[[nodiscard]] std::string feature_name(const TensorDesc& record, std::size_t column);

/// What a learner makes of a number that is missing.
enum class MissingNumbers : std::uint8_t { Refused, Taken };

/// The features of some rows as floats, rows.count × columns: where they lie, or in `room`. Errors: a number that is
/// infinite, or NaN where it is refused, by the names of column and record.
[[nodiscard]] Result<std::span<const float>> features_of(const EstimatorRows& rows, std::vector<float>& room,
                                                         MissingNumbers missing = MissingNumbers::Refused);

/// The numbers of some rows' targets. Errors: one that is no finite number.
[[nodiscard]] Status add_numbers(const EstimatorRows& rows, std::vector<double>& to);

/// Do columns differ in scale so far that the larger one decides alone? Sums are taken as rows pass.
class FeatureScales {
 public:
  explicit FeatureScales(std::size_t columns) : sum_(columns, 0), square_(columns, 0) {}
  void add(std::span<const float> rows);
  /// Names the two columns and the remedy; none: they are of one scale, or hold nothing.
  [[nodiscard]] std::optional<Error> notice(const TensorDesc& record) const;

 private:
  std::vector<double> sum_;
  std::vector<double> square_;
  double rows_ = 0;
};

/// Trees compare numbers within a column alone.
enum class ColumnScales : std::uint8_t { Watched, Ignored };

/// The training data of a fit that needs them all in memory.
class LearnerRows {
 public:
  explicit LearnerRows(const EstimatorSetup& setup, MissingNumbers missing = MissingNumbers::Refused,
                       ColumnScales scales = ColumnScales::Watched);

  /// Copies features and targets. Errors: those of features_of() and add_numbers().
  [[nodiscard]] Status add(const EstimatorRows& rows);

  [[nodiscard]] std::size_t size() const { return columns_ == 0 ? 0 : features_.size() / columns_; }
  [[nodiscard]] std::size_t columns() const { return columns_; }
  [[nodiscard]] const float* row(std::size_t index) const { return features_.data() + index * columns_; }
  [[nodiscard]] std::span<const float> features() const { return features_; }
  [[nodiscard]] std::span<const std::int32_t> labels() const { return labels_; }  ///< of classes
  [[nodiscard]] std::span<const double> numbers() const { return numbers_; }      ///< of numbers
  /// Of each class how many rows there are.
  [[nodiscard]] std::vector<std::size_t> class_counts() const;
  [[nodiscard]] std::optional<Error> scale_notice() const { return scales_ ? scales_->notice(record_) : std::nullopt; }
  /// In place of add(): from what was kept of it. `features` is rows × columns.
  void restore(std::vector<float> features, std::vector<std::int32_t> labels, std::vector<double> numbers);
  /// Gives the memory back, once a fit needs the rows no more.
  void release();

 private:
  TensorDesc record_;
  MissingNumbers missing_;
  std::size_t columns_;
  std::size_t classes_;
  std::size_t expected_;  ///< rows, where none is bad
  std::vector<float> features_{};
  std::vector<std::int32_t> labels_{};
  std::vector<double> numbers_{};
  std::vector<float> room_{};
  std::optional<FeatureScales> scales_{};  ///< none: nobody asks
};

/// The classes that training rows have: a solver sees no others, and they get no probability.
struct PresentClasses {
  std::vector<std::int64_t> classes{};  ///< that occur, ascending
  std::vector<double> weights{};        ///< of a row of each: 1, or balanced: rows / (classes × rows of this class)

  [[nodiscard]] static PresentClasses of(std::span<const std::size_t> counts, bool balanced);
  /// Index among `classes` of every class; only what occurs has one.
  [[nodiscard]] std::vector<std::int32_t> indices(std::size_t all) const;
};

/// Error: fewer than two classes occur, so that there is nothing to tell apart.
[[nodiscard]] Status check_two_classes(const PresentClasses& present, const EstimatorSetup& setup);

/// Refuses beforehand what memory cannot hold. `bytes`: of rows, caches and copies of the whole fit, worked out from
/// setup.rows; `what`: "60,000 rows of 784 numbers and a kernel cache"; `remedies` in the words of the parameters.
[[nodiscard]] Status check_fit_memory(double bytes, std::string_view what, std::string_view remedies);

/// "60,000 rows of 784 numbers".
[[nodiscard]] std::string rows_in_words(const EstimatorSetup& setup);
/// Bytes of LearnerRows.
[[nodiscard]] double learner_rows_bytes(const EstimatorSetup& setup);

/// A tensor by name of this type, whose size must be `count`; 0: any. Errors name it.
template <class T>
[[nodiscard]] Result<std::vector<T>> kept_numbers(const NamedTensors& state, std::string_view name,
                                                  std::size_t count = 0) {
  const auto found = state.find(name);
  if (found != state.end())
    if (auto numbers = found->second.numbers<T>(); numbers && (count == 0 || numbers->size() == count))
      return std::move(*numbers);
  return fail("the tensor '" + std::string(name) + "' of the estimator is missing, or of another type or size",
              "Use the checkpoint with the graph, the parameters and the classes that it was trained with");
}

/// Error: `what` holds what no fit writes.
[[nodiscard]] tl::unexpected<Error> fail_kept(std::string_view what);

}  // namespace feedline::inline nodes
