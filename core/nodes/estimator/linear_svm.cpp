// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/random.h"
#include "nodes/estimator/dual_svm.h"
#include "nodes/estimator/fit_pace.h"
#include "nodes/estimator/linear_decision.h"
#include "nodes/estimator/product_rows.h"
#include "nodes/estimator/row_products.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::inline nodes {
namespace {

struct LinearSvmParams {
  std::string solver = "dual";
  std::string loss = "squared_hinge";
  double c = 1;
  bool balanced = false;
  double tolerance = 1e-4;
  std::int64_t iterations = 1000;
};

/// The row's own class, or that of the only plane, is on its positive side.
signed char side_of(std::size_t index, std::size_t plane, std::size_t planes) {
  return index == (planes == 1 ? 1 : plane) ? 1 : -1;
}

/// What both solvers have alike.
class LinearSvmLearner : public Estimator {
 public:
  LinearSvmLearner(const LinearSvmParams& params, EstimatorSetup setup)
      : params_(params), setup_(std::move(setup)), columns_(feature_columns(setup_)) {}

  Status predict(const EstimatorRows& rows, std::span<float> out) const override {
    std::vector<float> room;
    const auto features = features_of(rows, room);
    if (!features) return fail(features.error());
    std::vector<double> scores(decision_.planes());
    for (std::size_t row = 0; row < rows.count; ++row) {
      decision_.scores(features->data() + row * columns_, scores);
      decision_.choose(scores, out.subspan(row * setup_.outputs(), setup_.outputs()));
    }
    return {};
  }
  bool gives_probabilities() const override { return false; }
  std::vector<Error> notices() const override { return notices_; }
  bool keeps_state() const override { return true; }

 protected:
  LinearSvmParams params_;
  EstimatorSetup setup_;
  std::size_t columns_;
  LinearDecision decision_{};
  std::vector<Error> notices_{};
};

/// Keeps the rows and solves one machine a class, to the minimum.
class DualSvmLearner final : public LinearSvmLearner {
 public:
  DualSvmLearner(const LinearSvmParams& params, const EstimatorSetup& setup)
      : LinearSvmLearner(params, setup), rows_(setup_) {}

  Result<FitScore> add(const EstimatorRows& rows) override {
    if (Status added = rows_.add(rows); !added) return fail(std::move(added.error()));
    return FitScore{};
  }

  Result<Fit> fit(FitControl& control) override {
    const PresentClasses present = PresentClasses::of(rows_.class_counts(), params_.balanced);
    if (Status two = check_two_classes(present, setup_); !two) return fail(std::move(two.error()));
    decision_ = LinearDecision::zeros(present, columns_);
    const std::vector<std::int32_t> index = present.indices(setup_.outputs());
    const std::size_t planes = decision_.planes();
    FitPace pace(control, setup_.threads);
    const auto rows = ProductRows::of(rows_.features(), columns_, pace);
    if (!rows) return fail_cancelled();
    std::vector<double> costs;
    for (const std::int32_t label : rows_.labels())
      costs.push_back(params_.c * present.weights[static_cast<std::size_t>(index[static_cast<std::size_t>(label)])]);
    const DualSvm solver{
        .squared = params_.loss == "squared_hinge", .tolerance = params_.tolerance, .iterations = params_.iterations};
    std::atomic<std::size_t> solved = 0;
    std::atomic<std::size_t> unfinished = 0;
    const double cost = 100 * rows->width() * static_cast<double>(planes) * static_cast<double>(rows_.size());
    const bool on = pace.each(planes, cost, [&](std::size_t plane, const std::atomic<bool>& stop) {
      std::vector<signed char> sides;
      for (const std::int32_t label : rows_.labels())
        sides.push_back(side_of(static_cast<std::size_t>(index[static_cast<std::size_t>(label)]), plane, planes));
      std::vector<double> weights(columns_ + 1, 0);
      Rng rng(setup_.seed, 1, plane, setup_.stream);
      const DualSvm::End end = solver.solve(
          {.rows = *rows, .sides = sides, .costs = costs}, weights,
          [&rng](std::size_t below) { return rng.below(static_cast<std::uint32_t>(below)); },
          [&](double share) {
            pace.at((static_cast<double>(solved) + share) / static_cast<double>(planes));
            return !stop;
          });
      if (end == DualSvm::End::OutOfIterations) ++unfinished;
      std::copy_n(weights.begin(), columns_, decision_.weights.begin() + static_cast<std::ptrdiff_t>(plane * columns_));
      decision_.intercepts[plane] = weights[columns_];
      ++solved;
    });
    if (!on) return fail_cancelled();
    if (unfinished > 0)
      notices_.push_back(
          Error{.reason = fmt::format("the fit had not converged after {} iterations", params_.iterations),
                .remedy = "Put standardise in front of the features, or set more iterations",
                .parameter = "iterations"});
    if (auto apart = rows_.scale_notice()) notices_.push_back(std::move(*apart));
    Fit fit;
    if (!measure(pace, fit)) return fail_cancelled();
    rows_.release();
    return fit;
  }

  NamedTensors state() const override { return decision_.state(); }
  Status load(const NamedTensors& state) override {
    auto decision = LinearDecision::of(state, columns_, setup_.classes);
    if (!decision) return fail(std::move(decision.error()));
    decision_ = std::move(*decision);
    return {};
  }

 private:
  /// The share of the training rows that it has right.
  bool measure(FitPace& pace, Fit& fit) const {
    constexpr std::size_t kRowsAtOnce = 1024;
    std::atomic<std::size_t> right = 0;
    const std::size_t parts = (rows_.size() + kRowsAtOnce - 1) / kRowsAtOnce;
    const double cost = static_cast<double>(decision_.weights.size()) * static_cast<double>(rows_.size());
    const bool on = pace.each(parts, cost, [&](std::size_t part, const std::atomic<bool>& stop) {
      std::vector<double> scores(decision_.planes());
      std::vector<float> chosen(setup_.outputs());
      const std::size_t end = std::min(rows_.size(), (part + 1) * kRowsAtOnce);
      for (std::size_t row = part * kRowsAtOnce; row < end && !stop; ++row) {
        decision_.scores(rows_.row(row), scores);
        decision_.choose(scores, chosen);
        if (chosen[static_cast<std::size_t>(rows_.labels()[row])] > 0) ++right;
      }
    });
    fit.accuracy = static_cast<double>(right) / static_cast<double>(rows_.size());
    return on;
  }

  LearnerRows rows_;
};

/// Learns from each batch as it passes and keeps no row: each takes the step that dual coordinate descent takes at its
/// first look at it, which needs no rate, and the weights are averaged. Sources: Crammer et al., "Online
/// passive-aggressive algorithms", JMLR 2006 (PA-I and PA-II); for the average, Shamir and Zhang, "Stochastic gradient
/// descent for non-smooth optimization", ICML 2013.
class StreamingSvmLearner final : public LinearSvmLearner {
 public:
  StreamingSvmLearner(const LinearSvmParams& params, const EstimatorSetup& setup)
      : LinearSvmLearner(params, setup),
        planes_(setup.outputs() > 2 ? setup.outputs() : 1),
        live_(planes_ * (columns_ + 1), 0),
        mean_(live_.size(), 0),
        counts_(setup.outputs(), 0),
        scales_(columns_) {}

  Result<FitScore> add(const EstimatorRows& rows) override {
    const auto features = features_of(rows, room_);
    if (!features) return fail(features.error());
    const auto labels = rows.inputs[kTargetInput].values<std::int64_t>();
    scales_.add(*features);
    double loss = 0;
    std::size_t right = 0;
    for (std::size_t row = 0; row < rows.count; ++row) {
      const auto label = static_cast<std::size_t>(labels[row]);
      const float* numbers = features->data() + row * columns_;
      ++counts_[label];
      ++steps_;
      const double share = (kDecay + 1) / (static_cast<double>(steps_) + kDecay);
      double square = 1;
      for (std::size_t i = 0; i < columns_; ++i)
        square += static_cast<double>(numbers[i]) * static_cast<double>(numbers[i]);
      std::size_t best = 0;
      double furthest = 0;
      for (std::size_t plane = 0; plane < planes_; ++plane) {
        double* live = live_.data() + plane * (columns_ + 1);
        double* mean = mean_.data() + plane * (columns_ + 1);
        const double score = weighted_sum_of(numbers, live, columns_) + live[columns_];
        if (plane == 0 || score > furthest) {
          best = plane;
          furthest = score;
        }
        const double side = side_of(label, plane, planes_);
        const double lacking = std::max(0.0, 1 - side * score);
        loss += squared() ? lacking * lacking : lacking;
        const double step =
            side * (squared() ? lacking / (square + 0.5 / params_.c) : std::min(params_.c, lacking / square));
        for (std::size_t i = 0; i < columns_; ++i) {
          live[i] += step * static_cast<double>(numbers[i]);
          mean[i] += share * (live[i] - mean[i]);
        }
        live[columns_] += step;
        mean[columns_] += share * (live[columns_] - mean[columns_]);
      }
      if (planes_ == 1) best = furthest > 0 ? 1 : 0;
      if (best == label) ++right;
    }
    seen_ += rows.count;
    right_ += right;
    const auto count = static_cast<double>(rows.count);
    return FitScore{.loss = loss / (count * static_cast<double>(planes_)),
                    .accuracy = static_cast<double>(right) / count};
  }

  Result<Fit> fit(FitControl&) override {
    std::vector<std::size_t> counts(counts_.begin(), counts_.end());
    const PresentClasses present = PresentClasses::of(counts, false);
    if (Status two = check_two_classes(present, setup_); !two) return fail(std::move(two.error()));
    decide(present);
    notices_.clear();
    if (auto apart = scales_.notice(setup_.inputs[kFeaturesInput])) notices_.push_back(std::move(*apart));
    Fit fit;
    fit.accuracy = static_cast<double>(right_) / static_cast<double>(seen_);  // of each row before it was learnt from
    seen_ = right_ = 0;
    return fit;
  }

  NamedTensors state() const override {
    NamedTensors state = decision_.state();
    state.emplace("live", TensorValue::of(live_));
    state.emplace("mean", TensorValue::of(mean_));
    state.emplace("counts", TensorValue::of(counts_));
    state.emplace("steps", TensorValue::of(std::vector{static_cast<std::int64_t>(steps_)}));
    return state;
  }

  Status load(const NamedTensors& state) override {
    auto decision = LinearDecision::of(state, columns_, setup_.classes);
    if (!decision) return fail(std::move(decision.error()));
    auto live = kept_numbers<double>(state, "live", live_.size());
    auto mean = kept_numbers<double>(state, "mean", mean_.size());
    auto counts = kept_numbers<std::int64_t>(state, "counts", counts_.size());
    const auto steps = kept_numbers<std::int64_t>(state, "steps", 1);
    if (!live || !mean || !counts || !steps || steps->front() < 0) return fail_kept("its sums do not fit");
    decision_ = std::move(*decision);
    live_ = std::move(*live);
    mean_ = std::move(*mean);
    counts_ = std::move(*counts);
    steps_ = static_cast<std::uint64_t>(steps->front());
    return {};
  }

 private:
  static constexpr double kDecay = 3;  ///< how much later weights count more in the mean

  [[nodiscard]] bool squared() const { return params_.loss == "squared_hinge"; }

  /// The planes of the classes that were seen; between two of them the difference of theirs.
  void decide(const PresentClasses& present) {
    decision_ = LinearDecision::zeros(present, columns_);
    for (std::size_t plane = 0; plane < decision_.planes(); ++plane) {
      const auto own = static_cast<std::size_t>(present.classes[decision_.planes() == 1 ? 1 : plane]);
      const double* mean = mean_.data() + (planes_ == 1 ? 0 : own) * (columns_ + 1);
      const double* other = planes_ > 1 && decision_.planes() == 1
                                ? mean_.data() + static_cast<std::size_t>(present.classes[0]) * (columns_ + 1)
                                : nullptr;
      for (std::size_t i = 0; i <= columns_; ++i) {
        const double weight = mean[i] - (other == nullptr ? 0 : other[i]);
        (i < columns_ ? decision_.weights[plane * columns_ + i] : decision_.intercepts[plane]) = weight;
      }
    }
  }

  std::size_t planes_;
  std::vector<double> live_;
  std::vector<double> mean_;
  std::vector<std::int64_t> counts_;
  std::uint64_t steps_ = 0;
  std::size_t seen_ = 0;
  std::size_t right_ = 0;
  std::vector<float> room_{};
  FeatureScales scales_;
};

struct LinearSvm {
  using Params = LinearSvmParams;

  static NodeSpec spec() {
    return node<LinearSvm>("linear_svm", 1, "Linear SVM",
                           "Tells classes apart by the plane with the widest margin: a support vector machine.")
        .help(
            "A plane for each class against all others, one between two classes. The solver dual is liblinear's: dual "
            "coordinate descent on rows that are kept in memory, 4 bytes a number, to the minimum. The solver "
            "streaming learns from each batch as it passes and keeps no row (averaged passive-aggressive steps), so "
            "that data of any size train: every epoch of the trainer is one more pass, and the curve shows the hinge "
            "loss of each batch before it was learnt from. Its weights come near the minimum, not onto it.\n\n"
            "It only decides and gives no probabilities, so there is no validation loss; logistic_regression has them. "
            "Put standardise in front of it.")
        .with(learner_ports<LinearSvm>)
        .choice("solver", &Params::solver, {"dual", "streaming"},
                "Rows kept in memory and the exact minimum, or any number of rows and nearly the minimum.")
        .choice("loss", &Params::loss, {"squared_hinge", "hinge"}, "What a row within the margin costs.")
        .param("c", &Params::c, range(1e-8, 1e8).ui(0.01, 100),
               "How much the training records count against a wide margin: smaller means simpler.")
        .param("balanced", &Params::balanced, "Has rare classes count as much as frequent ones.")
        .only_if("solver", {"dual"})
        .param("tolerance", &Params::tolerance, range(1e-12, 1).ui(1e-6, 1e-2),
               "The fit is over when no row's gradient is further off.")
        .only_if("solver", {"dual"})
        .param("iterations", &Params::iterations, range(1, 1e6).ui(10, 10000), "At most so many, over all rows.")
        .only_if("solver", {"dual"})
        .example({{"c", 0.5}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    return infer_learner(in, LearnerTarget::Classes);
  }

  static std::int64_t passes(const Params& params) { return params.solver == "streaming" ? 0 : 1; }

  static Result<std::unique_ptr<Estimator>> estimator(const Params& params, const EstimatorSetup& setup) {
    const double planes = 2 * static_cast<double>(feature_columns(setup) + 1) * static_cast<double>(setup.outputs());
    const bool streams = params.solver == "streaming";
    const auto count = static_cast<double>(setup.rows);
    const double rows = streams ? 0
                                : learner_rows_bytes(setup) + 40 * count +
                                      ProductRows::most_bytes(count, static_cast<double>(feature_columns(setup)));
    if (Status room =
            check_fit_memory(rows + planes * sizeof(double), rows_in_words(setup),
                             "Set solver=streaming, which keeps no rows, put pca in front of it, or use fewer "
                             "records (the source's limit)");
        !room)
      return fail(std::move(room.error()));
    if (streams) return std::make_unique<StreamingSvmLearner>(params, setup);
    return std::make_unique<DualSvmLearner>(params, setup);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(LinearSvm)
