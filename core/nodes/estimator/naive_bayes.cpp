// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/learner_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace feedline::inline nodes {
namespace {

struct NaiveBayesParams {
  std::string model = "gaussian";
  double smoothing = 1e-9;
  double alpha = 1;
};

/// Sums of each class, taken as batches pass: no row is kept.
class NaiveBayesLearner final : public Estimator {
 public:
  NaiveBayesLearner(const NaiveBayesParams& params, EstimatorSetup setup)
      : params_(params),
        setup_(std::move(setup)),
        columns_(feature_columns(setup_)),
        counts_(setup_.outputs(), 0),
        first_(setup_.outputs() * columns_, 0),
        second_(gaussian() ? first_.size() : 0, 0) {}

  Result<FitScore> add(const EstimatorRows& rows) override {
    const auto features = features_of(rows, room_);
    if (!features) return fail(features.error());
    const auto labels = rows.inputs[kTargetInput].values<std::int64_t>();
    for (std::size_t row = 0; row < rows.count; ++row) {
      const auto label = static_cast<std::size_t>(labels[row]);
      const float* numbers = features->data() + row * columns_;
      double* first = first_.data() + label * columns_;
      counts_[label] += 1;
      if (!gaussian()) {
        for (std::size_t i = 0; i < columns_; ++i) {
          if (numbers[i] < 0) return negative(rows, row, i);
          first[i] += static_cast<double>(numbers[i]);
        }
        continue;
      }
      double* second = second_.data() + label * columns_;
      const double count = counts_[label];
      for (std::size_t i = 0; i < columns_; ++i) {  // Welford: mean and squared deviations from it
        const double before = static_cast<double>(numbers[i]) - first[i];
        first[i] += before / count;
        second[i] += before * (static_cast<double>(numbers[i]) - first[i]);
      }
    }
    return FitScore{};
  }

  Result<Fit> fit(FitControl& control) override {
    if (!control.go_on(1)) return fail_cancelled();
    prepare();
    return Fit{};
  }

  Status predict(const EstimatorRows& rows, std::span<float> out) const override {
    std::vector<float> room;
    const auto features = features_of(rows, room);
    if (!features) return fail(features.error());
    const std::size_t classes = setup_.outputs();
    std::vector<double> logs(classes);
    for (std::size_t row = 0; row < rows.count; ++row) {
      const float* numbers = features->data() + row * columns_;
      for (std::size_t label = 0; label < classes; ++label) {
        logs[label] = constant_[label];
        if (counts_[label] == 0) continue;
        const double* by = scale_.data() + label * columns_;
        const double* mean = first_.data() + label * columns_;
        double sum = 0;
        if (gaussian())
          for (std::size_t i = 0; i < columns_; ++i) {
            const double apart = static_cast<double>(numbers[i]) - mean[i];
            sum += by[i] * apart * apart;
          }
        else
          for (std::size_t i = 0; i < columns_; ++i) sum += by[i] * static_cast<double>(numbers[i]);
        logs[label] += sum;
      }
      const double most = *std::ranges::max_element(logs);
      double sum = 0;
      for (double& log : logs) sum += log = std::exp(log - most);
      for (std::size_t label = 0; label < classes; ++label)
        out[row * classes + label] = static_cast<float>(logs[label] / sum);
    }
    return {};
  }

  bool keeps_state() const override { return true; }

  NamedTensors state() const override {
    const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(setup_.outputs()),
                                             static_cast<std::int64_t>(columns_)};
    NamedTensors state = {{"counts", TensorValue::of(counts_)},
                          {gaussian() ? "means" : "sums", TensorValue::of(std::span<const double>(first_), shape)}};
    if (gaussian()) state.emplace("squares", TensorValue::of(std::span<const double>(second_), shape));
    return state;
  }

  Status load(const NamedTensors& state) override {
    auto counts = kept_numbers<double>(state, "counts", counts_.size());
    if (!counts) return fail(std::move(counts.error()));
    auto first = kept_numbers<double>(state, gaussian() ? "means" : "sums", first_.size());
    if (!first) return fail(std::move(first.error()));
    if (gaussian()) {
      auto second = kept_numbers<double>(state, "squares", second_.size());
      if (!second) return fail(std::move(second.error()));
      second_ = std::move(*second);
    }
    if (!std::ranges::any_of(*counts, [](double count) { return count > 0; }))
      return fail_kept("it has seen no record");
    counts_ = std::move(*counts);
    first_ = std::move(*first);
    prepare();
    return {};
  }

 private:
  [[nodiscard]] bool gaussian() const { return params_.model == "gaussian"; }

  [[nodiscard]] static tl::unexpected<Error> negative(const EstimatorRows& rows, std::size_t row, std::size_t column) {
    const std::string record =
        row < rows.records.size() ? fmt::format("record {}", rows.records[row]) : std::string("a record");
    return fail(fmt::format("{} of {} is negative, and the multinomial model takes counts",
                            feature_name(rows.inputs[kFeaturesInput].record, column), record),
                "Set model=gaussian, or put min_max in front in place of standardise");
  }

  /// From the sums to what predictions add up: a constant a class, and a factor a class and column.
  void prepare() {
    const std::size_t classes = setup_.outputs();
    double records = 0;
    for (const double count : counts_) records += count;
    constant_.assign(classes, -std::numeric_limits<double>::infinity());  // of a class without records
    scale_.assign(first_.size(), 0);
    const double least = gaussian() ? params_.smoothing * largest_variance(records) : 0;
    for (std::size_t label = 0; label < classes; ++label) {
      if (counts_[label] == 0) continue;
      constant_[label] = std::log(counts_[label] / records);
      double whole = 0;
      for (std::size_t i = 0; i < columns_; ++i) whole += first_[label * columns_ + i] + params_.alpha;
      for (std::size_t i = label * columns_; i < (label + 1) * columns_; ++i) {
        if (gaussian()) {
          const double variance = std::max(second_[i] / counts_[label] + least, std::numeric_limits<double>::min());
          constant_[label] -= 0.5 * std::log(2 * std::numbers::pi * variance);
          scale_[i] = -0.5 / variance;
        } else {
          scale_[i] = std::log((first_[i] + params_.alpha) / whole);
        }
      }
    }
  }

  /// Of any column over all records, out of the classes' means and deviations.
  [[nodiscard]] double largest_variance(double records) const {
    double most = 0;
    for (std::size_t i = 0; i < columns_; ++i) {
      double mean = 0;
      for (std::size_t label = 0; label < counts_.size(); ++label)
        mean += counts_[label] * first_[label * columns_ + i] / records;
      double squares = 0;
      for (std::size_t label = 0; label < counts_.size(); ++label) {
        const double apart = first_[label * columns_ + i] - mean;
        squares += second_[label * columns_ + i] + counts_[label] * apart * apart;
      }
      most = std::max(most, squares / records);
    }
    return most;
  }

  NaiveBayesParams params_;
  EstimatorSetup setup_;
  std::size_t columns_;
  std::vector<double> counts_;
  std::vector<double> first_;   ///< classes × columns: means, or sums of counts
  std::vector<double> second_;  ///< gaussian: squared deviations from the mean
  std::vector<double> constant_{};
  std::vector<double> scale_{};
  std::vector<float> room_{};
};

struct NaiveBayes {
  using Params = NaiveBayesParams;

  static NodeSpec spec() {
    return node<NaiveBayes>("naive_bayes", 1, "Naive Bayes",
                            "Predicts classes as if their features were independent of each other.")
        .help(
            "The quickest learner of features: one pass of sums, whatever the number of records, and no row is kept. "
            "The gaussian model takes numbers and learns mean and variance of every column in every class; the "
            "multinomial one takes counts, such as those of words, and no negative number. Its choice is often right "
            "where its probabilities are too sure.\n\n"
            "Scale does not matter to it. A class without training records gets the probability 0.")
        .with(learner_ports<NaiveBayes>)
        .choice("model", &Params::model, {"gaussian", "multinomial"}, "Numbers, or counts.")
        .param("smoothing", &Params::smoothing, range(0, 1).ui(1e-12, 1e-3),
               "Added to each variance, as a share of the largest: a column may be constant within a class.")
        .only_if("model", {"gaussian"})
        .param("alpha", &Params::alpha, range(1e-10, 1e6).ui(0.01, 10),
               "Added to each count, so that what was never seen is not impossible.")
        .only_if("model", {"multinomial"})
        .example({{"smoothing", 1e-6}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    return infer_learner(in, LearnerTarget::Classes);
  }

  static std::int64_t passes(const Params&) { return 1; }

  static Result<std::unique_ptr<Estimator>> estimator(const Params& params, const EstimatorSetup& setup) {
    const double bytes = 24.0 * static_cast<double>(feature_columns(setup)) * static_cast<double>(setup.outputs());
    if (Status room = check_fit_memory(bytes, "sums of each class and column", "Put pca in front of it"); !room)
      return fail(std::move(room.error()));
    return std::make_unique<NaiveBayesLearner>(params, setup);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(NaiveBayes)
