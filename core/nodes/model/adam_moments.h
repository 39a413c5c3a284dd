// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What adam, adamw and lamb have in common (Kingma and Ba 2015, algorithm 1).

#include "nodes/model/optimizer_params.h"
#include "nodes/model/torch_layer.h"

#include <cmath>
#include <utility>
#include <vector>

namespace feedline::inline nodes {

struct AdamSettings : OptimizerSettings {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
};

/// Declares the parameters of AdamSettings: `.with(adam_params<T>)`, in front of optimizer_params.
template <class T>
void adam_params(NodeBuilder<T>& builder) {
  using Params = typename T::Params;
  std::move(builder)
      .param("learning_rate", &Params::learning_rate, range(0, 1e30).ui(1e-5, 0.1), "Step size.")
      .param("beta1", &Params::beta1, range(0, 0.999999).ui(0.5, 0.99),
             "Decay rate of the first-moment estimate (running mean of the gradient).")
      .param("beta2", &Params::beta2, range(0, 0.9999999).ui(0.9, 0.9999),
             "Decay rate of the second-moment estimate (running mean of the squared gradient).")
      .param("epsilon", &Params::epsilon, range(1e-16, 1).ui(1e-10, 1e-3),
             "Added to the denominator, against division by zero.");
}

#ifndef FEEDLINE_DESCRIBED_ONLY
/// A rule that keeps both moments of the gradient.
class AdamMoments : public OptimizerRule {
 public:
  explicit AdamMoments(const AdamSettings& settings) : settings_(settings) {}
  [[nodiscard]] std::vector<OptimizerSlot> slots() const override { return {{"exp_avg"}, {"exp_avg_sq"}}; }

 protected:
  /// Adam's step before the learning rate: mean / size / correction.
  struct Step {
    const at::Tensor& mean;  ///< the slot
    at::Tensor size{};       ///< a tensor of its own, which may be overwritten
    double correction = 1;
  };
  /// Takes the gradient into the moments.
  [[nodiscard]] Step advance(const OptimizerUpdate& update) const {
    const at::Tensor& mean = update.slots[0];
    const at::Tensor& square = update.slots[1];
    const auto step = static_cast<double>(update.step);
    mean.mul_(settings_.beta1).add_(update.gradient, 1 - settings_.beta1);
    square.mul_(settings_.beta2).addcmul_(update.gradient, update.gradient, 1 - settings_.beta2);
    return {.mean = mean,
            .size = square.sqrt().div_(std::sqrt(1 - std::pow(settings_.beta2, step))).add_(settings_.epsilon),
            .correction = 1 - std::pow(settings_.beta1, step)};
  }

 private:
  AdamSettings settings_;
};
#endif

}  // namespace feedline::inline nodes
