// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/random.h"
#include "nodes/estimator/smo.h"
#include "nodes/estimator/svm_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kPlattFolds = 5;

struct KernelSvmParams {
  std::string kernel = "rbf";
  double c = 1;
  std::string gamma = "scale";
  double gamma_value = 0.1;
  std::int64_t degree = 3;
  double offset = 0;
  double epsilon = 0.1;
  bool balanced = false;
  bool probabilities = false;
  double tolerance = 1e-3;
  std::int64_t cache = 200;
};

KernelFunction kernel_of(const KernelSvmParams& params) {
  using Form = KernelFunction::Form;
  return {.form = params.kernel == "rbf"          ? Form::Rbf
                  : params.kernel == "polynomial" ? Form::Polynomial
                  : params.kernel == "sigmoid"    ? Form::Sigmoid
                                                  : Form::Linear,
          .gamma = params.gamma_value,
          .offset = params.offset,
          .degree = static_cast<int>(params.degree)};
}

/// 1 / (columns × variance of all numbers), as scikit-learn has it.
double scaled_gamma(std::span<const float> features, std::size_t columns) {
  double sum = 0;
  for (const float number : features) sum += static_cast<double>(number);
  const double mean = sum / static_cast<double>(features.size());
  double squares = 0;
  for (const float number : features)
    squares += (static_cast<double>(number) - mean) * (static_cast<double>(number) - mean);
  const double variance = squares / static_cast<double>(features.size());
  return variance > 0 ? 1 / (static_cast<double>(columns) * variance) : 1.0;
}

class KernelSvmLearner final : public Estimator {
 public:
  KernelSvmLearner(const KernelSvmParams& params, EstimatorSetup setup)
      : params_(params), setup_(std::move(setup)), rows_(setup_) {}

  Result<FitScore> add(const EstimatorRows& rows) override {
    if (Status added = rows_.add(rows); !added) return fail(std::move(added.error()));
    return FitScore{};
  }

  Result<Fit> fit(FitControl& control) override {
    model_ = {.kernel = kernel_of(params_), .columns = rows_.columns()};
    if (params_.gamma == "scale") model_.kernel.gamma = scaled_gamma(rows_.features(), rows_.columns());
    if (params_.gamma == "auto") model_.kernel.gamma = 1 / static_cast<double>(rows_.columns());
    FitPace pace(control, setup_.threads);
    const Status fitted = setup_.classes > 0 ? fit_classes(pace) : fit_numbers(pace);
    if (!fitted) return fail(fitted.error());
    if (unfinished_)
      notices_.push_back(Error{.reason = "the fit had not converged when it had taken its last step",
                               .remedy = "Put standardise in front of the features, or set a smaller c",
                               .parameter = "c"});
    if (auto apart = rows_.scale_notice()) notices_.push_back(std::move(*apart));
    rows_.release();
    return Fit{};
  }

  Status predict(const EstimatorRows& rows, std::span<float> out) const override {
    constexpr std::size_t kRowsAtOnce = 8;
    std::vector<float> room;
    const auto features = features_of(rows, room);
    if (!features) return fail(features.error());
    const std::size_t outputs = setup_.outputs();
    const double cost = static_cast<double>(rows.count * model_.vectors.size());
    predict_pieces(setup_.threads, (rows.count + kRowsAtOnce - 1) / kRowsAtOnce, cost, [&](std::size_t piece) {
      std::vector<const float*> points;
      for (std::size_t row = piece * kRowsAtOnce; row < std::min(rows.count, (piece + 1) * kRowsAtOnce); ++row)
        points.push_back(features->data() + row * model_.columns);
      std::vector<double> decisions;
      model_.decisions(points, decisions);
      for (std::size_t i = 0; i < points.size(); ++i) {
        const std::span<float> to = out.subspan((piece * kRowsAtOnce + i) * outputs, outputs);
        if (setup_.classes > 0)
          model_.choose(std::span(decisions).subspan(i * model_.pairs(), model_.pairs()), to);
        else
          to[0] = static_cast<float>(decisions[i]);
      }
    });
    return {};
  }

  bool gives_probabilities() const override { return setup_.classes == 0 || params_.probabilities; }
  std::vector<Error> notices() const override { return notices_; }
  bool keeps_state() const override { return true; }
  NamedTensors state() const override { return model_.state(); }
  Status load(const NamedTensors& state) override {
    auto model = SvmModel::of(state, kernel_of(params_), rows_.columns(), setup_.classes, params_.probabilities);
    if (!model) return fail(std::move(model.error()));
    model_ = std::move(*model);
    return {};
  }

 private:
  /// A machine between two classes, on these rows of the training data.
  struct Between {
    std::vector<std::size_t> rows{};
    std::vector<signed char> sides{};
    std::vector<double> bounds{};

    void add(std::size_t row, signed char side, double bound) {
      rows.push_back(row);
      sides.push_back(side);
      bounds.push_back(bound);
    }
  };

  [[nodiscard]] KernelRows kernel_rows(const std::vector<std::size_t>& rows) const {
    std::vector<const float*> points;
    for (const std::size_t row : rows) points.push_back(rows_.row(row));
    return {model_.kernel, std::move(points), rows_.columns(), static_cast<double>(params_.cache) * 1048576};
  }

  [[nodiscard]] Smo::Solution solve(const Between& between, FitPace& pace, double from, double to) {
    KernelRows kernel = kernel_rows(between.rows);
    const std::vector<double> linear(between.rows.size(), -1.0);
    Smo::Solution solution = Smo{.tolerance = params_.tolerance}.solve(
        {.sides = between.sides, .linear = linear, .bounds = between.bounds}, kernel, pace, from, to);
    unfinished_ = unfinished_ || solution.end == Smo::End::OutOfIterations;
    return solution;
  }

  Status fit_classes(FitPace& pace) {
    const PresentClasses present = PresentClasses::of(rows_.class_counts(), params_.balanced);
    if (Status two = check_two_classes(present, setup_); !two) return two;
    const std::size_t known = present.classes.size();
    const std::size_t pairs = known * (known - 1) / 2;
    std::vector<std::vector<std::size_t>> rows_of(known);
    const std::vector<std::int32_t> index = present.indices(setup_.outputs());
    for (std::size_t row = 0; row < rows_.size(); ++row)
      rows_of[static_cast<std::size_t>(index[static_cast<std::size_t>(rows_.labels()[row])])].push_back(row);

    std::vector<Between> machines;
    std::vector<std::vector<double>> alphas;
    const auto share = [&](std::size_t pair) { return static_cast<double>(pair) / static_cast<double>(pairs); };
    for (std::size_t a = 0; a < known; ++a)
      for (std::size_t b = a + 1; b < known; ++b) {
        Between& between = machines.emplace_back();
        for (const std::size_t row : rows_of[a]) between.add(row, 1, params_.c * present.weights[a]);
        for (const std::size_t row : rows_of[b]) between.add(row, -1, params_.c * present.weights[b]);
        const double from = share(alphas.size());
        const double to = share(alphas.size() + 1);
        const double middle = params_.probabilities ? to - (to - from) / (kPlattFolds + 1) : from;
        if (params_.probabilities) {
          auto sigmoid = sigmoid_of(between, alphas.size(), pace, from, middle);
          if (!sigmoid) return fail(std::move(sigmoid.error()));
          model_.sigmoids.push_back(*sigmoid);
        }
        Smo::Solution solution = solve(between, pace, middle, to);
        if (solution.end == Smo::End::Stopped) return fail_cancelled();
        alphas.push_back(std::move(solution.alpha));
        model_.rhos.push_back(solution.rho);
      }
    model_.classes = present.classes;
    gather(rows_of, machines, alphas);
    return {};
  }

  /// The rows that any machine needs become the model's vectors, class by class.
  void gather(const std::vector<std::vector<std::size_t>>& rows_of, const std::vector<Between>& machines,
              const std::vector<std::vector<double>>& alphas) {
    constexpr std::size_t kUnused = static_cast<std::size_t>(-1);
    std::vector<char> needed(rows_.size(), 0);
    for (std::size_t pair = 0; pair < machines.size(); ++pair)
      for (std::size_t i = 0; i < machines[pair].rows.size(); ++i)
        if (alphas[pair][i] > 0) needed[machines[pair].rows[i]] = 1;
    std::vector<std::size_t> place(rows_.size(), kUnused);
    std::size_t vectors = 0;
    for (const auto& rows : rows_of) {
      const std::size_t before = vectors;
      for (const std::size_t row : rows) {
        if (needed[row] == 0) continue;
        place[row] = vectors++;
        model_.vectors.insert(model_.vectors.end(), rows_.row(row), rows_.row(row) + rows_.columns());
      }
      model_.counts.push_back(static_cast<std::int64_t>(vectors - before));
    }
    const std::size_t known = rows_of.size();
    model_.coefficients.assign((known - 1) * vectors, 0);
    for (std::size_t a = 0, pair = 0; a < known; ++a)
      for (std::size_t b = a + 1; b < known; ++b, ++pair)
        for (std::size_t i = 0; i < machines[pair].rows.size(); ++i) {
          const std::size_t at = place[machines[pair].rows[i]];
          if (at == kUnused) continue;
          const std::size_t line = machines[pair].sides[i] > 0 ? b - 1 : a;
          model_.coefficients[line * vectors + at] = machines[pair].sides[i] * alphas[pair][i];
        }
  }

  /// Fitted to decisions of machines that have not seen the row: five folds.
  Result<PlattSigmoid> sigmoid_of(const Between& between, std::size_t pair, FitPace& pace, double from, double to) {
    const std::size_t count = between.rows.size();
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    Rng rng(setup_.seed, 1, pair, setup_.stream);
    for (std::size_t i = 0; i < count; ++i)
      std::swap(order[i], order[i + rng.below(static_cast<std::uint32_t>(count - i))]);
    std::vector<double> decisions(count, 0);
    for (std::size_t fold = 0; fold < kPlattFolds; ++fold) {
      const std::size_t begin = fold * count / kPlattFolds;
      const std::size_t end = (fold + 1) * count / kPlattFolds;
      Between rest;
      for (std::size_t i = 0; i < count; ++i)
        if (i < begin || i >= end) rest.add(between.rows[order[i]], between.sides[order[i]], between.bounds[order[i]]);
      const auto positive = static_cast<std::size_t>(std::ranges::count(rest.sides, 1));
      if (positive == 0 || positive == rest.sides.size()) {
        for (std::size_t i = begin; i < end; ++i) decisions[order[i]] = rest.sides.empty() ? 0.0 : rest.sides.front();
        continue;
      }
      const double step = (to - from) / kPlattFolds;
      const double start = from + step * static_cast<double>(fold);
      const Smo::Solution solution = solve(rest, pace, start, start + step);
      if (solution.end == Smo::End::Stopped) return fail_cancelled();
      SvmModel machine{.kernel = model_.kernel, .columns = rows_.columns(), .counts = {0}, .rhos = {solution.rho}};
      for (std::size_t i = 0; i < rest.rows.size(); ++i) {
        if (solution.alpha[i] <= 0) continue;
        const float* row = rows_.row(rest.rows[i]);
        machine.vectors.insert(machine.vectors.end(), row, row + rows_.columns());
        machine.coefficients.push_back(rest.sides[i] * solution.alpha[i]);
        ++machine.counts[0];
      }
      constexpr std::size_t kRowsAtOnce = 64;
      const double cost = static_cast<double>((end - begin) * machine.vectors.size());
      const bool on = pace.each((end - begin + kRowsAtOnce - 1) / kRowsAtOnce, cost,
                                [&](std::size_t piece, const std::atomic<bool>&) {
                                  std::vector<const float*> points;
                                  const std::size_t first = begin + piece * kRowsAtOnce;
                                  for (std::size_t i = first; i < std::min(end, first + kRowsAtOnce); ++i)
                                    points.push_back(rows_.row(between.rows[order[i]]));
                                  std::vector<double> found;
                                  machine.decisions(points, found);
                                  for (std::size_t i = 0; i < points.size(); ++i)
                                    decisions[order[first + i]] = found[i];
                                });
      if (!on) return fail_cancelled();
    }
    return PlattSigmoid::of(decisions, between.sides);
  }

  /// Regression: a variable above and one below the tube of each row.
  Status fit_numbers(FitPace& pace) {
    const std::size_t count = rows_.size();
    std::vector<std::size_t> all(count);
    std::iota(all.begin(), all.end(), std::size_t{0});
    KernelRows kernel = kernel_rows(all);
    std::vector<signed char> sides(2 * count, 1);
    std::fill(sides.begin() + static_cast<std::ptrdiff_t>(count), sides.end(), static_cast<signed char>(-1));
    std::vector<double> linear;
    for (const double number : rows_.numbers()) linear.push_back(params_.epsilon - number);
    for (const double number : rows_.numbers()) linear.push_back(params_.epsilon + number);
    const std::vector<double> bounds(2 * count, params_.c);
    const Smo::Solution solution = Smo{.tolerance = params_.tolerance}.solve(
        {.sides = sides, .linear = linear, .bounds = bounds}, kernel, pace, 0, 1);
    if (solution.end == Smo::End::Stopped) return fail_cancelled();
    unfinished_ = solution.end == Smo::End::OutOfIterations;
    for (std::size_t row = 0; row < count; ++row) {
      const double coefficient = solution.alpha[row] - solution.alpha[row + count];
      if (coefficient == 0) continue;
      model_.vectors.insert(model_.vectors.end(), rows_.row(row), rows_.row(row) + rows_.columns());
      model_.coefficients.push_back(coefficient);
    }
    model_.counts = {static_cast<std::int64_t>(model_.coefficients.size())};
    model_.rhos = {solution.rho};
    return {};
  }

  KernelSvmParams params_;
  EstimatorSetup setup_;
  LearnerRows rows_;
  SvmModel model_{};
  bool unfinished_ = false;
  std::vector<Error> notices_{};
};

struct KernelSvm {
  using Params = KernelSvmParams;

  static NodeSpec spec() {
    return node<KernelSvm>("kernel_svm", 1, "Kernel SVM",
                           "A support vector machine with a kernel: curved borders between classes, or a curve through "
                           "numbers.")
        .help(
            "For some thousand records: every fit compares the records with each other, so its time grows with the "
            "square of their number or faster. It solves as libsvm does (sequential minimal optimisation, pairs chosen "
            "by second order) and ends at the same support vectors; between more than two classes there is a machine "
            "for each pair, and the class that wins most of them is predicted. A target that is a number is fitted by "
            "epsilon regression.\n\n"
            "It keeps the training features in memory, 4 bytes a number, and rows of the kernel's matrix up to the "
            "cache. It only decides; probabilities cost five more fits of each pair, on folds, to which a sigmoid is "
            "fitted (Platt). Put standardise in front of it: the kernel adds up all columns.")
        .with(learner_ports<KernelSvm>)
        .choice("kernel", &Params::kernel, {"rbf", "polynomial", "sigmoid", "linear"}, "How records are compared.")
        .param("c", &Params::c, range(1e-8, 1e8).ui(0.01, 1000),
               "How much each record on the wrong side costs: smaller means smoother.")
        .choice("gamma", &Params::gamma, {"scale", "auto", "number"},
                "How quickly records become unlike: scale is 1 / (features x their variance), auto 1 / features.")
        .only_if("kernel", {"rbf", "polynomial", "sigmoid"})
        .param("gamma_value", &Params::gamma_value, range(1e-12, 1e12).ui(1e-4, 10), "The gamma of your own.")
        .only_if("gamma", {"number"})
        .param("degree", &Params::degree, range(1, 20).ui(2, 6), "Power of the polynomial.")
        .only_if("kernel", {"polynomial"})
        .param("offset", &Params::offset, range(-1e6, 1e6).ui(-1, 1), "Added to the product of two records.")
        .only_if("kernel", {"polynomial", "sigmoid"})
        .param("epsilon", &Params::epsilon, range(0, 1e9).ui(0, 1),
               "Of numbers: errors up to this cost nothing. Classes do not use it.")
        .param("balanced", &Params::balanced, "Has rare classes count as much as frequent ones.")
        .param(
            "probabilities", &Params::probabilities,
            "Gives the classes' probabilities, and with them a validation loss; a fit takes about six times as long.")
        .param("tolerance", &Params::tolerance, range(1e-9, 1).ui(1e-5, 1e-1),
               "The fit is over when no optimality condition is violated by more.")
        .param("cache", &Params::cache, range(1, 1e6).ui(50, 4000).unit("MiB"),
               "Memory for rows of the kernel's matrix; more makes large fits quicker.")
        .example({{"kernel", std::string("polynomial")}});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    return infer_learner(in, LearnerTarget::Both);
  }

  static std::int64_t passes(const Params&) { return 1; }

  static Result<std::unique_ptr<Estimator>> estimator(const Params& params, const EstimatorSetup& setup) {
    const auto rows = static_cast<double>(setup.rows);
    const double matrix = std::max(2 * rows, std::min(static_cast<double>(params.cache) * 1048576 / 4, rows * rows));
    // The vectors are a copy of the rows at worst, and a row has some numbers in each machine.
    const double machines = rows * static_cast<double>(setup.outputs()) * 40;
    const double bytes = 2 * learner_rows_bytes(setup) + matrix * sizeof(float) + machines;
    if (Status room = check_fit_memory(bytes, rows_in_words(setup) + ", its support vectors and the kernel's cache",
                                       "Put pca in front of it, use fewer records (the source's limit) or a smaller "
                                       "cache, or linear_svm with solver=streaming, which keeps no rows");
        !room)
      return fail(std::move(room.error()));
    return std::make_unique<KernelSvmLearner>(params, setup);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(KernelSvm)
