// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/features/ridge_path.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace feedline::inline nodes {
namespace {

/// The inverse of a symmetric positive matrix in place, by Gauss and Jordan; false: it is none.
bool invert_in_place(std::vector<double>& matrix, std::size_t n, const std::stop_token& stop) {
  for (std::size_t k = 0; k < n; ++k) {
    if (stop.stop_requested()) return false;
    double* pivot = matrix.data() + k * n;
    if (!(pivot[k] > 0) || !std::isfinite(pivot[k])) return false;
    const double factor = 1 / pivot[k];
    pivot[k] = 1;
    for (std::size_t j = 0; j < n; ++j) pivot[j] *= factor;
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k) continue;
      double* row = matrix.data() + i * n;
      const double share = std::exchange(row[k], 0.0);
      for (std::size_t j = 0; j < n; ++j) row[j] -= share * pivot[j];
    }
  }
  return true;
}

}  // namespace

RidgePath::RidgePath(const CentredProducts& sums, std::size_t features, double alpha, bool standardise,
                     std::stop_token stop)
    : sums_(sums),
      features_(features),
      targets_(sums.columns - features),
      alpha_(alpha),
      stop_(std::move(stop)),
      scale_(features, 1.0),
      left_(features),
      inverse_(features * features, 0.0),
      weights_(features * targets_, 0.0) {
  std::iota(left_.begin(), left_.end(), std::size_t{0});
  if (!standardise) return;
  for (std::size_t i = 0; i < features; ++i)
    if (const double spread = sums.at(i, i); spread > 0) scale_[i] = 1 / std::sqrt(spread / sums.rows);
}

Status RidgePath::fit() { return invert(); }

/// Of the features that are left: with a diagonal of ones first, as features in very different units need it.
Status RidgePath::invert() {
  const std::size_t n = left_.size();
  std::vector<double> matrix(n * n);
  std::vector<double> unit(n);
  for (std::size_t a = 0; a < n; ++a) {
    const std::size_t i = left_[a];
    unit[a] = 1 / std::sqrt(scale_[i] * scale_[i] * sums_.at(i, i) + alpha_);
  }
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b) {
      const double product = scale_[left_[a]] * scale_[left_[b]] * sums_.at(left_[a], left_[b]);
      matrix[a * n + b] = (product + (a == b ? alpha_ : 0)) * unit[a] * unit[b];
    }
  if (!invert_in_place(matrix, n, stop_)) {
    if (stop_.stop_requested()) return fail_cancelled();
    return fail(Error{.reason = "the features depend on each other too closely for this penalty",
                      .remedy = "Make it larger, or put standardise in front",
                      .parameter = "alpha"});
  }
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b)
      inverse_[left_[a] * features_ + left_[b]] = matrix[a * n + b] * unit[a] * unit[b];
  for (const std::size_t i : left_)
    for (std::size_t t = 0; t < targets_; ++t) {
      double sum = 0;
      for (const std::size_t j : left_) sum += inverse_[i * features_ + j] * scale_[j] * sums_.at(j, features_ + t);
      weights_[i * targets_ + t] = sum;
    }
  dropped_ = 0;
  return {};
}

void RidgePath::drop(std::size_t feature) {
  left_.erase(std::find(left_.begin(), left_.end(), feature));
  const double* of_feature = inverse_.data() + feature * features_;
  const double own = of_feature[feature];
  for (const std::size_t i : left_) {
    const double share = of_feature[i] / own;
    double* row = inverse_.data() + i * features_;
    for (const std::size_t j : left_) row[j] -= share * of_feature[j];
    for (std::size_t t = 0; t < targets_; ++t) weights_[i * targets_ + t] -= share * weights_[feature * targets_ + t];
  }
  ++dropped_;
}

Status RidgePath::remove(std::size_t count) {
  std::vector<std::size_t> order = left_;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return importance(a) < importance(b); });
  order.resize(std::min(count, order.size()));
  for (const std::size_t feature : order) {
    if (stop_.stop_requested()) return fail_cancelled();
    drop(feature);
  }
  if (dropped_ < std::max<std::size_t>(16, left_.size() / 8) || left_.empty()) return {};
  return invert();
}

double RidgePath::importance(std::size_t feature) const {
  double sum = 0;
  for (std::size_t t = 0; t < targets_; ++t) {
    const double weight = weights_[feature * targets_ + t];
    sum += weight * weight;
  }
  return sum;
}

double RidgePath::error_on(const CentredProducts& others) const {
  double squares = 0;
  for (std::size_t t = 0; t < targets_; ++t) {
    const std::size_t target = features_ + t;
    // What is predicted is mean + w (x - mean): its error is that of the others' means, and what they deviate from
    // them.
    double of_mean = others.mean[target] - sums_.mean[target];
    double deviation = others.at(target, target);
    for (const std::size_t i : left_) {
      const double weight = weights_[i * targets_ + t] * scale_[i];
      of_mean -= weight * (others.mean[i] - sums_.mean[i]);
      double product = 0;
      for (const std::size_t j : left_) product += weights_[j * targets_ + t] * scale_[j] * others.at(i, j);
      deviation += weight * (product - 2 * others.at(i, target));
    }
    squares += others.rows * of_mean * of_mean + std::max(0.0, deviation);
  }
  return squares / (others.rows * static_cast<double>(targets_));
}

}  // namespace feedline::inline nodes
