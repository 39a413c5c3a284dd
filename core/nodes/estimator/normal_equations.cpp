// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/normal_equations.h"

#include "base/numbers.h"
#include "nodes/estimator/row_products.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kRowsTogether = 4;  ///< so many pass each product while it is in a register
/// A column of which less than this share is left when the others are taken off follows from them.
constexpr double kLeastRemainder = 1e-11;
constexpr double kLeastRounding = 1e-14;

class LeastSquaresLearner final : public Estimator {
 public:
  LeastSquaresLearner(double ridge, EstimatorSetup setup)
      : ridge_(ridge), setup_(std::move(setup)), columns_(feature_columns(setup_)), equations_(columns_) {}

  Result<FitScore> add(const EstimatorRows& rows) override {
    const auto features = features_of(rows, room_);
    if (!features) return fail(features.error());
    numbers_.clear();
    if (Status added = add_numbers(rows, numbers_); !added) return fail(std::move(added.error()));
    equations_.add(*features, numbers_);
    return FitScore{};
  }

  Result<Fit> fit(FitControl& control) override {
    FitPace pace(control, setup_.threads);
    auto line = equations_.solve(ridge_, pace);
    if (!line) return fail_cancelled();
    line_ = std::move(*line);
    Fit fit;
    fit.loss = line_.loss;
    return fit;
  }

  Status predict(const EstimatorRows& rows, std::span<float> out) const override {
    std::vector<float> room;
    const auto features = features_of(rows, room);
    if (!features) return fail(features.error());
    for (std::size_t row = 0; row < rows.count; ++row)
      out[row] = static_cast<float>(line_.intercept +
                                    weighted_sum_of(features->data() + row * columns_, line_.weights.data(), columns_));
    return {};
  }

  std::vector<Error> notices() const override {
    if (line_.dropped.empty()) return {};
    return {Error{.reason = fmt::format(
                      "{} constant or follow from those before them, so that their weight is 0: {} first",
                      line_.dropped.size() == 1 ? std::string("one feature is")
                                                : fmt::format("{} features are", numbers::count(line_.dropped.size())),
                      feature_name(setup_.inputs[kFeaturesInput], line_.dropped.front())),
                  .remedy = "Use ridge_regression, which shares a weight among such features, or variance_threshold"}};
  }

  bool keeps_state() const override { return true; }
  NamedTensors state() const override {
    return {{"coefficients", TensorValue::of(line_.weights)},
            {"intercept", TensorValue::of(std::vector{line_.intercept})}};
  }
  Status load(const NamedTensors& state) override {
    auto weights = kept_numbers<double>(state, "coefficients", columns_);
    if (!weights) return fail(std::move(weights.error()));
    const auto intercept = kept_numbers<double>(state, "intercept", 1);
    if (!intercept) return fail(intercept.error());
    line_ = {.weights = std::move(*weights), .intercept = intercept->front()};
    return {};
  }

 private:
  double ridge_;
  EstimatorSetup setup_;
  std::size_t columns_;
  NormalEquations equations_;
  NormalEquations::Line line_{};
  std::vector<float> room_{};
  std::vector<double> numbers_{};
};

}  // namespace

NormalEquations::NormalEquations(std::size_t columns)
    : columns_(columns), sums_(columns, 0), products_(columns * columns, 0), with_number_(columns, 0) {}

void NormalEquations::add(std::span<const float> features, std::span<const double> numbers) {
  if (numbers.empty()) return;
  if (shift_.empty()) {
    shift_.assign(features.begin(), features.begin() + static_cast<std::ptrdiff_t>(columns_));
    number_shift_ = numbers[0];
    room_.resize(kRowsTogether * columns_);
  }
  for (std::size_t first = 0; first < numbers.size(); first += kRowsTogether) {
    double wanted[kRowsTogether] = {};
    for (std::size_t k = 0; k < kRowsTogether; ++k) {
      double* row = room_.data() + k * columns_;
      if (first + k >= numbers.size()) {  // rows of zeros add nothing
        std::fill_n(row, columns_, 0.0);
        continue;
      }
      const float* from = features.data() + (first + k) * columns_;
      for (std::size_t i = 0; i < columns_; ++i) {
        row[i] = static_cast<double>(from[i]) - shift_[i];
        sums_[i] += row[i];
      }
      wanted[k] = numbers[first + k] - number_shift_;
      number_sum_ += wanted[k];
      number_square_ += wanted[k] * wanted[k];
    }
    const double* a = room_.data();
    const double* b = a + columns_;
    const double* c = b + columns_;
    const double* d = c + columns_;
    for (std::size_t i = 0; i < columns_; ++i) {
      double* to = products_.data() + i * columns_;
      for (std::size_t j = 0; j <= i; ++j) to[j] += (a[i] * a[j] + b[i] * b[j]) + (c[i] * c[j] + d[i] * d[j]);
      with_number_[i] += (a[i] * wanted[0] + b[i] * wanted[1]) + (c[i] * wanted[2] + d[i] * wanted[3]);
    }
  }
  rows_ += static_cast<double>(numbers.size());
}

std::optional<NormalEquations::Line> NormalEquations::solve(double ridge, FitPace& pace) {
  Line line{.weights = std::vector<double>(columns_, 0)};
  const double number_mean = number_sum_ / rows_;
  std::vector<double> right(columns_);
  std::vector<char> free(columns_, 1);
  // Row by row: the products are centred, and become the lower triangle L of L Lᵀ.
  for (std::size_t i = 0; i < columns_; ++i) {
    double* own = products_.data() + i * columns_;
    const double rounding = kLeastRounding * own[i];  // of the centring: what is left of a constant column
    for (std::size_t j = 0; j <= i; ++j) own[j] -= sums_[i] * sums_[j] / rows_;
    right[i] = with_number_[i] - sums_[i] * number_mean;
    const double whole = own[i] + ridge;
    for (std::size_t j = 0; j < i; ++j) {
      const double* other = products_.data() + j * columns_;
      own[j] = free[j] != 0 ? (own[j] - product_of(own, other, j)) / other[j] : 0;
    }
    const double left = whole - product_of(own, own, i);
    if (left <= kLeastRemainder * whole || left <= rounding) {
      free[i] = 0;
      line.dropped.push_back(i);
      std::fill_n(own, i + 1, 0.0);
    } else {
      own[i] = std::sqrt(left);
    }
    const double share = static_cast<double>(i + 1) / static_cast<double>(columns_);
    pace.at(share * share * share);
    if (!pace.go_on()) return std::nullopt;
  }
  std::vector<double> middle(columns_, 0);
  for (std::size_t i = 0; i < columns_; ++i) {
    const double* own = products_.data() + i * columns_;
    if (free[i] != 0) middle[i] = (right[i] - product_of(own, middle.data(), i)) / own[i];
  }
  for (std::size_t i = columns_; i-- > 0;) {
    if (free[i] == 0) continue;
    const double* own = products_.data() + i * columns_;
    line.weights[i] = middle[i] / own[i];
    for (std::size_t j = 0; j < i; ++j) middle[j] -= own[j] * line.weights[i];
  }
  double explained = 0;
  line.intercept = number_shift_ + number_mean;
  for (std::size_t i = 0; i < columns_; ++i) {
    explained += line.weights[i] * (right[i] + ridge * line.weights[i]);
    line.intercept -= line.weights[i] * (shift_[i] + sums_[i] / rows_);
  }
  line.loss = std::max(0.0, (number_square_ - number_sum_ * number_mean - explained) / rows_);
  return line;
}

double NormalEquations::bytes(std::size_t columns) {
  return static_cast<double>(columns) * static_cast<double>(columns) * sizeof(double);
}

std::unique_ptr<Estimator> make_least_squares(double ridge, const EstimatorSetup& setup) {
  return std::make_unique<LeastSquaresLearner>(ridge, setup);
}

Status check_least_squares_memory(const EstimatorSetup& setup) {
  const std::size_t columns = feature_columns(setup);
  return check_fit_memory(NormalEquations::bytes(columns),
                          fmt::format("products of {} features with each other", numbers::count(columns)),
                          "Put pca or select_k_best in front of it");
}

}  // namespace feedline::inline nodes
