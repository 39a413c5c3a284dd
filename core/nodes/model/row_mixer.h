// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/random_layer.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include <cstdint>
#include <vector>

namespace feedline::inline nodes {

/// A layer that mixes each row of a batch with another one in training. Shares and partners are drawn on the host,
/// whatever the device, so that no step waits for it.
class RowMixer : public RandomLayer {
 public:
  /// `alpha`: of the beta distribution of the shares. `probability`: that a batch is mixed at all.
  RowMixer(double alpha, double probability) : alpha_(alpha), probability_(probability) {}

  at::Tensor forward(std::span<const at::Tensor> in) override {
    const at::Tensor& x = in[0];
    mixes_ = is_training() && uniform() < probability_;
    if (!mixes_) return x;
    mix_.share = at::_sample_dirichlet(at::full({2}, alpha_, at::kDouble), host())[0].item<double>();
    const at::Tensor partner = at::randperm(x.size(0), host(), at::kLong);
    const auto* first = partner.data_ptr<std::int64_t>();
    mix_.partner.assign(first, first + partner.numel());
    return mix(x, x.index_select(0, partner.to(x.device())), mix_.share);
  }
  [[nodiscard]] const RowMix* mixed() const override { return mixes_ ? &mix_ : nullptr; }

 protected:
  /// `share` of each row of `x` and the rest of its partner; it may correct the share.
  [[nodiscard]] virtual at::Tensor mix(const at::Tensor& x, const at::Tensor& partners, double& share) = 0;
  /// In [0, 1).
  [[nodiscard]] double uniform() { return at::rand({1}, host(), at::kDouble).item<double>(); }

 private:
  [[nodiscard]] const at::Generator& host() { return generator(at::kCPU); }

  double alpha_;
  double probability_;
  bool mixes_ = false;
  RowMix mix_{};
};

}  // namespace feedline::inline nodes

#endif
