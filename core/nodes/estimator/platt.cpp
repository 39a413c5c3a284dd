// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/platt.h"

#include <algorithm>
#include <cmath>

namespace feedline::inline nodes {
namespace {

constexpr int kPlattIterations = 100;
constexpr int kCouplingIterations = 100;

/// -t x + ln(1 + exp(x)) as both signs of x allow: what a row costs.
double platt_cost(double wanted, double x) {
  return x >= 0 ? wanted * x + std::log1p(std::exp(-x)) : (wanted - 1) * x + std::log1p(std::exp(x));
}

double platt_sum(std::span<const double> decisions, std::span<const double> wanted, double slope, double offset) {
  double sum = 0;
  for (std::size_t i = 0; i < decisions.size(); ++i) sum += platt_cost(wanted[i], decisions[i] * slope + offset);
  return sum;
}

}  // namespace

double PlattSigmoid::operator()(double decision) const {
  const double x = decision * slope + offset;
  return x >= 0 ? std::exp(-x) / (1 + std::exp(-x)) : 1 / (1 + std::exp(x));
}

PlattSigmoid PlattSigmoid::of(std::span<const double> decisions, std::span<const signed char> sides) {
  const auto positive = static_cast<double>(std::ranges::count(sides, 1));
  const double negative = static_cast<double>(sides.size()) - positive;
  std::vector<double> wanted;  // drawn in from 0 and 1, so that no probability is certain
  for (const signed char side : sides)
    wanted.push_back(side > 0 ? (positive + 1) / (positive + 2) : 1 / (negative + 2));
  PlattSigmoid fit{.slope = 0, .offset = std::log((negative + 1) / (positive + 1))};
  double value = platt_sum(decisions, wanted, fit.slope, fit.offset);
  for (int iteration = 0; iteration < kPlattIterations; ++iteration) {  // Newton's method with backtracking
    double h11 = 1e-12;
    double h22 = 1e-12;
    double h21 = 0;
    double g1 = 0;
    double g2 = 0;
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      const double share = fit(decisions[i]);
      const double curvature = share * (1 - share);
      const double error = wanted[i] - share;
      h11 += decisions[i] * decisions[i] * curvature;
      h22 += curvature;
      h21 += decisions[i] * curvature;
      g1 += decisions[i] * error;
      g2 += error;
    }
    if (std::abs(g1) < 1e-5 && std::abs(g2) < 1e-5) break;
    const double determinant = h11 * h22 - h21 * h21;
    const double step_slope = -(h22 * g1 - h21 * g2) / determinant;
    const double step_offset = -(-h21 * g1 + h11 * g2) / determinant;
    const double along = g1 * step_slope + g2 * step_offset;
    double length = 1;
    for (; length >= 1e-10; length /= 2) {
      const double slope = fit.slope + length * step_slope;
      const double offset = fit.offset + length * step_offset;
      const double next = platt_sum(decisions, wanted, slope, offset);
      if (next < value + 1e-4 * length * along) {
        fit = {.slope = slope, .offset = offset};
        value = next;
        break;
      }
    }
    if (length < 1e-10) break;
  }
  return fit;
}

void couple_pairs(std::span<const double> pairs, std::span<double> shares) {
  const std::size_t classes = shares.size();
  std::vector<double> quadratic(classes * classes, 0);
  const auto pair = [&](std::size_t a, std::size_t b) { return pairs[a * classes + b]; };
  for (std::size_t a = 0; a < classes; ++a) {
    shares[a] = 1 / static_cast<double>(classes);
    for (std::size_t b = 0; b < classes; ++b) {
      if (b == a) continue;
      quadratic[a * classes + a] += pair(b, a) * pair(b, a);
      quadratic[a * classes + b] = -pair(b, a) * pair(a, b);
    }
  }
  const double enough = 0.005 / static_cast<double>(classes);
  std::vector<double> products(classes);
  for (int iteration = 0; iteration < kCouplingIterations; ++iteration) {
    double whole = 0;
    for (std::size_t a = 0; a < classes; ++a) {
      products[a] = 0;
      for (std::size_t b = 0; b < classes; ++b) products[a] += quadratic[a * classes + b] * shares[b];
      whole += shares[a] * products[a];
    }
    double worst = 0;
    for (const double product : products) worst = std::max(worst, std::abs(product - whole));
    if (worst < enough) return;
    for (std::size_t a = 0; a < classes; ++a) {
      const double change = (whole - products[a]) / quadratic[a * classes + a];
      shares[a] += change;
      whole = (whole + change * (change * quadratic[a * classes + a] + 2 * products[a])) / (1 + change) / (1 + change);
      for (std::size_t b = 0; b < classes; ++b) {
        products[b] = (products[b] + change * quadratic[a * classes + b]) / (1 + change);
        shares[b] /= 1 + change;
      }
    }
  }
}

}  // namespace feedline::inline nodes
