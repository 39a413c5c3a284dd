// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/fit_pace.h"
#include "nodes/estimator/linear_decision.h"
#include "nodes/estimator/product_rows.h"
#include "nodes/estimator/quasi_newton.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::inline nodes {
namespace {

/// Gradients are summed over so many parts of the rows, and these in order: the same bytes for any number of threads.
constexpr std::size_t kLogisticParts = 16;
constexpr std::size_t kLeastRowsAPart = 256;
constexpr double kMostPartBytes = 64e6;
/// At scikit-learn's usual tolerance, 1e-4, the share of the value that ends its fits: 10^7 times the distance of two
/// doubles.
constexpr double kGainOfTolerance = 2.2e-5;

struct LogisticParams {
  std::string penalty = "l2";
  double c = 1;
  bool balanced = false;
  double tolerance = 1e-4;
  std::int64_t iterations = 1000;
};

/// Logits to probabilities of all classes: a sigmoid between two, else a softmax.
void logistic_shares(std::span<double> logits) {
  const double most = *std::ranges::max_element(logits);
  double sum = 0;
  for (double& logit : logits) sum += logit = std::exp(logit - most);
  for (double& logit : logits) logit /= sum;
}

class LogisticLearner final : public Estimator {
 public:
  LogisticLearner(const LogisticParams& params, EstimatorSetup setup)
      : params_(params), setup_(std::move(setup)), rows_(setup_) {}

  Result<FitScore> add(const EstimatorRows& rows) override {
    if (Status added = rows_.add(rows); !added) return fail(std::move(added.error()));
    return FitScore{};
  }

  Result<Fit> fit(FitControl& control) override {
    present_ = PresentClasses::of(rows_.class_counts(), params_.balanced);
    if (Status two = check_two_classes(present_, setup_); !two) return fail(std::move(two.error()));
    decision_ = LinearDecision::zeros(present_, rows_.columns());
    index_ = present_.indices(setup_.outputs());
    FitPace pace(control, setup_.threads);
    const auto products = ProductRows::of(rows_.features(), rows_.columns(), pace);
    if (!products) return fail_cancelled();
    const std::size_t planes = decision_.planes();
    const QuasiNewton solver{.tolerance = params_.tolerance,
                             .least_gain = kGainOfTolerance * params_.tolerance,
                             .iterations = params_.iterations,
                             .l1 = params_.penalty == "l1" ? 1 / params_.c : 0,
                             .penalised = planes * decision_.columns};
    std::vector<double> at(planes * (decision_.columns + 1), 0);
    const auto end = solver.minimise(
        at,
        [&](std::span<const double> where, double& value, std::span<double> gradient) {
          return evaluate(*products, where, value, gradient, pace);
        },
        [&](std::int64_t iteration, double) {
          pace.at(static_cast<double>(iteration) / static_cast<double>(params_.iterations), fit_.loss);
        });
    if (end == QuasiNewton::End::Stopped) return fail_cancelled();
    put(at);
    if (end == QuasiNewton::End::OutOfIterations)
      notices_.push_back(
          Error{.reason = fmt::format("the fit had not converged after {} iterations", params_.iterations),
                .remedy = "Put standardise in front of the features, or set more iterations",
                .parameter = "iterations"});
    if (auto apart = rows_.scale_notice()) notices_.push_back(std::move(*apart));
    rows_.release();
    return fit_;
  }

  Status predict(const EstimatorRows& rows, std::span<float> out) const override {
    std::vector<float> room;
    const auto features = features_of(rows, room);
    if (!features) return fail(features.error());
    std::vector<double> logits(decision_.classes.size());
    std::ranges::fill(out, 0.0F);
    for (std::size_t row = 0; row < rows.count; ++row) {
      logits_of(features->data() + row * decision_.columns, logits);
      logistic_shares(logits);
      for (std::size_t i = 0; i < logits.size(); ++i)
        out[row * setup_.outputs() + static_cast<std::size_t>(decision_.classes[i])] = static_cast<float>(logits[i]);
    }
    return {};
  }

  std::vector<Error> notices() const override { return notices_; }
  bool keeps_state() const override { return true; }
  NamedTensors state() const override { return decision_.state(); }
  Status load(const NamedTensors& state) override {
    auto decision = LinearDecision::of(state, rows_.columns(), setup_.classes);
    if (!decision) return fail(std::move(decision.error()));
    decision_ = std::move(*decision);
    return {};
  }

 private:
  /// One a class that occurs; of two classes 0 and the plane's.
  void logits_of(const float* row, std::span<double> logits) const {
    if (decision_.planes() > 1) return decision_.scores(row, logits);
    logits[0] = 0;
    logits[1] = decision_.score(row, 0);
  }

  void put(std::span<const double> at) {
    std::ranges::copy(at.first(decision_.weights.size()), decision_.weights.begin());
    std::ranges::copy(at.subspan(decision_.weights.size()), decision_.intercepts.begin());
  }

  /// The weighted loss summed over the rows plus |weights|²/2C, which is scikit-learn's objective divided by C, and its
  /// gradient. False: a stop was asked for.
  bool evaluate(const ProductRows& products, std::span<const double> at, double& value, std::span<double> gradient,
                FitPace& pace) {
    put(at);
    const std::size_t rows = rows_.size();
    const std::size_t columns = decision_.columns;
    const std::size_t planes = decision_.planes();
    const auto fitting = static_cast<std::size_t>(kMostPartBytes / static_cast<double>(at.size_bytes()));
    const std::size_t parts =
        std::clamp<std::size_t>(rows / kLeastRowsAPart, 1, std::clamp<std::size_t>(fitting, 1, kLogisticParts));
    parts_.resize(parts);
    const double cost = 4.0 * static_cast<double>(rows * planes) * (products.width() + 1);
    const bool on = pace.each(parts, cost, [&](std::size_t part, const std::atomic<bool>& stop) {
      Part& sums = parts_[part];
      sums.gradient.assign(at.size(), 0);
      sums.loss = sums.plain = sums.right = 0;
      std::vector<double> logits(decision_.classes.size());
      for (std::size_t row = rows * part / parts; row < rows * (part + 1) / parts && !stop; ++row) {
        const auto truth = static_cast<std::size_t>(index_[static_cast<std::size_t>(rows_.labels()[row])]);
        const std::size_t first = logits.size() - planes;  // of two classes the first one's logit is 0
        logits[0] = 0;
        for (std::size_t plane = 0; plane < planes; ++plane)
          logits[first + plane] =
              decision_.intercepts[plane] + products.weighted_sum(row, decision_.weights.data() + plane * columns);
        const auto likeliest = std::ranges::max_element(logits);
        if (static_cast<std::size_t>(likeliest - logits.begin()) == truth) sums.right += 1;
        const double most = *likeliest;
        double loss = most - logits[truth];
        double sum = 0;
        for (double& logit : logits) sum += logit = logit == most ? 1.0 : std::exp(logit - most);
        loss += std::log(sum);
        const double weight = present_.weights[truth];
        sums.loss += weight * loss;
        sums.plain += loss;
        for (std::size_t plane = 0; plane < planes; ++plane) {
          const std::size_t of = first + plane;
          const double error = weight * (logits[of] / sum - (of == truth ? 1.0 : 0.0));
          if (error == 0) continue;
          products.add_scaled(error, row, sums.gradient.data() + plane * columns);
          sums.gradient[planes * columns + plane] += error;
        }
      }
    });
    if (!on) return false;
    std::ranges::fill(gradient, 0.0);
    value = 0;
    double plain = 0;
    double right = 0;
    for (const Part& sums : parts_) {
      for (std::size_t i = 0; i < at.size(); ++i) gradient[i] += sums.gradient[i];
      value += sums.loss;
      plain += sums.plain;
      right += sums.right;
    }
    fit_.loss = plain / static_cast<double>(rows);
    fit_.accuracy = right / static_cast<double>(rows);
    if (params_.penalty != "l2") return true;
    for (std::size_t i = 0; i < planes * columns; ++i) {
      value += at[i] * at[i] / (2 * params_.c);
      gradient[i] += at[i] / params_.c;
    }
    return true;
  }

  struct Part {
    std::vector<double> gradient{};
    double loss = 0;   ///< weighted
    double plain = 0;  ///< as it is told
    double right = 0;
  };

  LogisticParams params_;
  EstimatorSetup setup_;
  LearnerRows rows_;
  PresentClasses present_{};
  std::vector<std::int32_t> index_{};
  LinearDecision decision_{};
  std::vector<Part> parts_{};
  Fit fit_{};
  std::vector<Error> notices_{};
};

struct LogisticRegression {
  using Params = LogisticParams;

  static NodeSpec spec() {
    return node<LogisticRegression>("logistic_regression", 1, "Logistic regression",
                                    "Tells classes apart by weighted sums of the features, with probabilities.")
        .help(
            "The first model to try on features: a sigmoid between two classes, a softmax over more of them "
            "(multinomial, as scikit-learn's default has it), fitted to the minimum of the log loss by L-BFGS, or by "
            "OWL-QN where the penalty is L1. Intercepts are not penalised.\n\n"
            "It keeps the training features in memory, 4 bytes a number. Put standardise in front of it: the penalty "
            "treats all weights alike, and the fit takes many times as long on columns of differing scale. Classes "
            "without training records get the probability 0.")
        .with(learner_ports<LogisticRegression>)
        .choice("penalty", &Params::penalty, {"l2", "l1", "none"},
                "Against overfitting: l2 keeps weights small, l1 makes many of them 0.")
        .param("c", &Params::c, range(1e-8, 1e8).ui(0.01, 100),
               "How much the training records count against the penalty: smaller means simpler.")
        .only_if("penalty", {"l2", "l1"})
        .param("balanced", &Params::balanced, "Has rare classes count as much as frequent ones.")
        .param("tolerance", &Params::tolerance, range(1e-12, 1).ui(1e-6, 1e-2),
               "The fit is over when no part of the gradient is larger, or an iteration gains almost nothing.")
        .param("iterations", &Params::iterations, range(1, 1e6).ui(10, 10000), "At most so many.")
        .example({{"c", 0.5}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    return infer_learner(in, LearnerTarget::Classes);
  }

  static std::int64_t passes(const Params&) { return 1; }

  static Result<std::unique_ptr<Estimator>> estimator(const Params& params, const EstimatorSetup& setup) {
    const double numbers = static_cast<double>(feature_columns(setup) + 1) * static_cast<double>(setup.outputs());
    const double solver = numbers * sizeof(double) * static_cast<double>(QuasiNewton::kNumbersKept) + kMostPartBytes;
    const double products =
        ProductRows::most_bytes(static_cast<double>(setup.rows), static_cast<double>(feature_columns(setup)));
    if (Status room = check_fit_memory(learner_rows_bytes(setup) + products + solver, rows_in_words(setup),
                                       "Put pca in front of it, use fewer records (the source's limit), or linear_svm "
                                       "with solver=streaming, which keeps no rows");
        !room)
      return fail(std::move(room.error()));
    return std::make_unique<LogisticLearner>(params, setup);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(LogisticRegression)
