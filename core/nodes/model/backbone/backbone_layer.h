// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/random_layer.h"
#include "schema/pretrained.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

/// A layer that is a whole network: what does not learn of it, and its pauses. A parameter is frozen where LibTorch's
/// own requires_grad is off; a stage is frozen where all of its parameters are, and then draws no random numbers.
class BackboneLayer : public RandomLayer, public Pretrained {
 public:
  [[nodiscard]] std::shared_ptr<torch::nn::Module> module() const override { return module_; }
  [[nodiscard]] Pretrained* pretrained() override { return this; }
  void set_between(std::function<void(const at::Tensor&)> between) override { between_ = std::move(between); }
  [[nodiscard]] std::vector<std::byte> random_state() const override;

  [[nodiscard]] const PretrainedSettings& settings() const override { return settings_; }
  [[nodiscard]] const std::vector<BackboneStage>& stages() const override { return stages_; }
  [[nodiscard]] const std::vector<std::string>& head() const override { return head_; }
  /// Without the "module." that DataParallel puts in front.
  [[nodiscard]] std::string own_name(std::string_view in_file) const override;
  [[nodiscard]] at::Tensor adapted(std::string_view own_name, const at::Tensor& found) const override;
  void learn_last(std::int64_t count) override;
  [[nodiscard]] bool constant() const override;

 protected:
  BackboneLayer(PretrainedSettings settings, std::vector<BackboneStage> stages, std::vector<std::string> head)
      : settings_(std::move(settings)), stages_(std::move(stages)), head_(std::move(head)) {}
  /// Once, when the module is complete: freezes what the settings say. `draws`: it has layers that drop.
  void hold(std::shared_ptr<torch::nn::Module> module, bool draws);
  /// After each change of what is frozen.
  virtual void note_frozen() {}

  [[nodiscard]] bool learns() const { return module_->is_training(); }
  [[nodiscard]] bool stage_frozen(std::size_t stage) const { return frozen_[stage]; }
  void between(const at::Tensor& part) const {
    if (between_) between_(part);
  }
  /// run(x), on the CPU in slices of rows where it takes long: what it gives of a row must follow from that row alone.
  /// `flops`: of one row, between two parts that are told.
  template <class Run>
  [[nodiscard]] static at::Tensor in_slices(const at::Tensor& x, double flops, const Run& run) {
    constexpr double kFlopsBetweenParts = 1e9;
    const std::int64_t rows = x.size(0);
    if (!x.is_cpu() || flops * static_cast<double>(rows) <= kFlopsBetweenParts) return run(x);
    const auto most = std::max<std::int64_t>(1, static_cast<std::int64_t>(kFlopsBetweenParts / flops));
    std::vector<at::Tensor> slices;
    for (const at::Tensor& some : x.split(most)) slices.push_back(run(some));
    return slices.size() == 1 ? slices.front() : at::cat(slices);
  }

 private:
  PretrainedSettings settings_;
  std::vector<BackboneStage> stages_;
  std::vector<std::string> head_;
  std::shared_ptr<torch::nn::Module> module_{};
  bool draws_ = false;
  std::vector<bool> frozen_{};  ///< a stage
  std::function<void(const at::Tensor&)> between_{};
};

}  // namespace feedline::inline nodes

#endif
