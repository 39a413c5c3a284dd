// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/random_mask.h"
#include "nodes/model/torch_layer.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include <ATen/CPUGeneratorImpl.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <span>
#include <vector>

namespace feedline::inline nodes {

/// A layer that draws random numbers in training and none in evaluation.
///
/// LibTorch's own layers draw from the generator that the whole process shares, so what replicas draw would depend on
/// whose turn it is. Each of these has its own.
class RandomLayer : public Layer {
 public:
  [[nodiscard]] std::shared_ptr<torch::nn::Module> module() const override { return mode_.ptr(); }
  void seed(std::uint64_t seed) override {
    seed_ = seed;
    generator_ = {};
    left_at_.clear();
  }
  /// The generator's own bytes, or those of the seed as long as nothing has been drawn.
  [[nodiscard]] std::vector<std::byte> random_state() const override {
    if (!generator_.defined() && !left_at_.empty()) return left_at_;
    const at::Tensor state = generator_.defined() ? generator_.get_state() : at::Tensor();
    const auto bytes = state.defined() ? std::as_bytes(std::span(state.data_ptr<std::uint8_t>(), state.nbytes()))
                                       : std::as_bytes(std::span(&seed_, 1));
    return {bytes.begin(), bytes.end()};
  }
  void set_random_state(std::span<const std::byte> state) override {
    generator_ = {};
    left_at_.clear();
    if (state.size() == sizeof seed_) {
      std::memcpy(&seed_, state.data(), sizeof seed_);
    } else {
      left_at_.assign(state.begin(), state.end());
    }
  }

 protected:
  [[nodiscard]] bool is_training() const { return mode_->is_training(); }
  /// What to draw from. One layer draws on one kind of device.
  [[nodiscard]] const at::Generator& generator(const at::Device& device) {
    if (!generator_.defined()) {
      generator_ = at::globalContext().defaultGenerator(device).clone();
      generator_.set_current_seed(seed_);
      go_on();
    }
    return generator_;
  }
  /// 1/keep with the probability `keep`, else 0, in a tensor of this shape, to be multiplied with `like`.
  [[nodiscard]] at::Tensor kept(const at::Tensor& like, at::IntArrayRef shape, double keep) {
    if (!like.is_cpu()) return at::empty(shape, like.options()).bernoulli_(keep, generator(like.device())).div_(keep);
    const at::Tensor mask = at::empty(shape, like.options().dtype(at::kFloat));
    fill_kept({mask.data_ptr<float>(), static_cast<std::size_t>(mask.numel())}, keep, random_bits());
    return mask.to(like.scalar_type());
  }

 private:
  /// The next 64 of the generator, on the host.
  [[nodiscard]] std::uint64_t random_bits() {
    at::Generator drawing = generator(at::kCPU);
    const std::lock_guard lock(drawing.mutex());
    return at::check_generator<at::CPUGeneratorImpl>(drawing)->random64();
  }

  void go_on() {
    const at::Tensor state = generator_.get_state().clone();
    if (left_at_.size() != state.nbytes()) return;  // nothing, or of another kind of device
    std::memcpy(state.data_ptr<std::uint8_t>(), left_at_.data(), left_at_.size());
    generator_.set_state(state);
  }

  torch::nn::Dropout mode_{};  ///< tells training from evaluation, and holds nothing
  std::uint64_t seed_ = 0;
  std::vector<std::byte> left_at_{};  ///< where a generator that is still to be made goes on
  at::Generator generator_{};
};

}  // namespace feedline::inline nodes

#endif
