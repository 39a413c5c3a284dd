// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/backbone/backbone_layer.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include <algorithm>

namespace feedline::inline nodes {

std::vector<std::byte> BackboneLayer::random_state() const {
  return draws_ ? RandomLayer::random_state() : std::vector<std::byte>{};
}

std::string BackboneLayer::own_name(std::string_view in_file) const {
  constexpr std::string_view kParallel = "module.";
  if (in_file.starts_with(kParallel)) in_file.remove_prefix(kParallel.size());
  return std::string(in_file);
}

at::Tensor BackboneLayer::adapted(std::string_view /*own_name*/, const at::Tensor& found) const { return found; }

void BackboneLayer::hold(std::shared_ptr<torch::nn::Module> module, bool draws) {
  module_ = std::move(module);
  draws_ = draws;
  learn_last(learning_stages(settings_, stages_.size()));
}

void BackboneLayer::learn_last(std::int64_t count) {
  frozen_.assign(stages_.size(), true);
  for (const auto& item : module_->named_parameters()) {
    const bool learns = !is_frozen(settings_, stages_, count, item.key());
    item.value().set_requires_grad(learns);
    if (!learns) continue;
    for (std::size_t i = 0; i < stages_.size(); ++i)
      for (const std::string& prefix : stages_[i].prefixes)
        if (has_prefix(item.key(), prefix)) frozen_[i] = false;
  }
  note_frozen();
}

bool BackboneLayer::constant() const {
  const std::vector<at::Tensor> all = module_->parameters();
  const bool learns = std::any_of(all.begin(), all.end(), [](const at::Tensor& one) { return one.requires_grad(); });
  return !learns && (settings_.freeze_statistics || module_->buffers().empty());
}

}  // namespace feedline::inline nodes

#endif
