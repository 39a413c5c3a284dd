// SPDX-License-Identifier: GPL-3.0-or-later
// What of a model learns, and when.
#include "base/numbers.h"
#include "schema/optimizer.h"
#include "schema/pretrained.h"
#include "training/model.h"

#include <algorithm>

namespace feedline::inline training {
namespace {

std::int64_t stage_of(const std::vector<BackboneStage>& stages, std::string_view name) {
  for (std::size_t stage = 0; stage < stages.size(); ++stage)
    for (const std::string& prefix : stages[stage].prefixes)
      if (has_prefix(name, prefix)) return static_cast<std::int64_t>(stage);
  return 0;
}

bool has_weights(const Layer& layer) {
  const auto module = layer.module();
  return module != nullptr && !module->parameters().empty();
}

}  // namespace

Status Model::freeze() {
  still_.assign(layers_.size(), false);
  learning_.assign(layers_.size(), 0);
  for (std::size_t i = 0; i < layers_.size(); ++i)
    if (const Pretrained* backbone = layers_[i]->pretrained())
      learning_[i] = learning_stages(backbone->settings(), backbone->stages().size());
  for (const std::string& pattern : plan_.freezing.freeze) {
    bool matched = false;
    std::vector<std::string> nodes;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (!has_weights(*layers_[i])) continue;
      nodes.push_back(plan_.layers[i].node);
      if (!matches_layer(pattern, nodes.back())) continue;
      matched = still_[i] = true;
    }
    if (!matched)
      return fail(Error{.reason = "'" + pattern + "' is the name of no layer that has weights",
                        .remedy = "Name one of " + numbers::listed(nodes, 10),
                        .parameter = "freeze"});
  }
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (!still_[i]) continue;
    if (Pretrained* backbone = layers_[i]->pretrained()) backbone->learn_last(0);
    for (at::Tensor& parameter : layers_[i]->module()->parameters()) parameter.set_requires_grad(false);
    if (plan_.freezing.freeze_statistics) layers_[i]->module()->train(false);
  }
  return {};
}

bool Model::learn_in(std::uint32_t epoch) {
  bool changed = false;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    Pretrained* backbone = still_[i] ? nullptr : layers_[i]->pretrained();
    if (backbone == nullptr) continue;
    const std::int64_t count = learning_stages(backbone->settings(), backbone->stages().size(), epoch);
    if (count == learning_[i]) continue;
    backbone->learn_last(count);
    learning_[i] = count;
    changed = true;
  }
  return changed;
}

std::vector<bool> Model::constant_layers() const {
  std::vector<bool> constant;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    Layer& layer = *layers_[i];
    const auto module = layer.module();
    bool same = plan_.layers[i].spec->role == Role::Layer && !plan_.layers[i].spec->mixes_rows;
    if (const Pretrained* backbone = layer.pretrained()) {
      same = same && backbone->constant();
    } else if (module != nullptr) {
      same = same && still_[i] && layer.random_state().empty() &&
             (plan_.freezing.freeze_statistics || module->buffers().empty());
    } else {
      same = same && layer.random_state().empty();
    }
    constant.push_back(same);
  }
  return constant;
}

/// Those of the longest way from each layer to the loss.
std::vector<std::int64_t> Model::depths() const {
  std::vector<std::int64_t> depth(layers_.size(), 0);
  for (std::size_t i = layers_.size(); i-- > 0;) {
    std::int64_t parts = has_weights(*layers_[i]) ? 1 : 0;
    if (const Pretrained* backbone = layers_[i]->pretrained())
      parts = static_cast<std::int64_t>(backbone->stages().size());
    for (const LayerPlan::Input& from : plan_.layers[i].from)
      if (from.layer >= 0) {
        std::int64_t& before = depth[static_cast<std::size_t>(from.layer)];
        before = std::max(before, depth[i] + parts);
      }
  }
  return depth;
}

/// Calls take(name, tensor, place, whether it learns now or later) for each parameter, layer by layer.
template <class Take>
void Model::each_parameter(const Take& take) const {
  const std::vector<std::int64_t> depth = depths();
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const auto module = layers_[i]->module();
    if (module == nullptr) continue;
    const Pretrained* backbone = layers_[i]->pretrained();
    for (const auto& item : module->named_parameters()) {
      Place place{.node = plan_.layers[i].node, .layer = i, .depth = depth[i]};
      bool learns = item.value().requires_grad();
      if (backbone != nullptr) {
        const PretrainedSettings& settings = backbone->settings();
        const std::vector<BackboneStage>& stages = backbone->stages();
        const auto all = static_cast<std::int64_t>(stages.size());
        const std::int64_t stage = stage_of(stages, item.key());
        place.stage = static_cast<std::size_t>(stage);
        place.depth += all - 1 - stage;
        if (settings.unfreeze_every > 0 && !still_[i]) {
          learns = !is_frozen(settings, stages, all, item.key());
          place.thaws = learns && is_frozen(settings, stages, learning_stages(settings, stages.size()), item.key());
        }
      }
      take(key(i) + "." + item.key(), item.value(), place, learns);
    }
  }
}

std::vector<at::Tensor> Model::parameters() const {
  std::vector<at::Tensor> all;
  for (Named& one : named_parameters()) all.push_back(std::move(one.tensor));
  return all;
}

std::vector<Model::Named> Model::named_parameters() const {
  std::vector<Named> all;
  each_parameter([&](const std::string& name, const at::Tensor& tensor, const Place&, bool learns) {
    if (learns) all.push_back({name, tensor});
  });
  return all;
}

std::vector<Model::Named> Model::named_frozen() const {
  std::vector<Named> all;
  each_parameter([&](const std::string& name, const at::Tensor& tensor, const Place&, bool learns) {
    if (!learns) all.push_back({name, tensor});
  });
  return all;
}

std::vector<Model::Place> Model::parameter_places() const {
  std::vector<Place> all;
  each_parameter([&](const std::string&, const at::Tensor&, const Place& place, bool learns) {
    if (learns) all.push_back(place);
  });
  return all;
}

std::vector<std::size_t> Model::parameter_groups() const {
  std::vector<std::size_t> all;
  if (!is_placed()) return all;
  for (const Place& place : parameter_places()) all.push_back(plan_.layers[place.layer].stage);
  return all;
}

std::vector<bool> Model::moving_buffers() const {
  std::vector<bool> moving;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const auto module = layers_[i]->module();
    if (module == nullptr) continue;
    const Pretrained* backbone = layers_[i]->pretrained();
    const bool keeps = (still_[i] && plan_.freezing.freeze_statistics) ||
                       (backbone != nullptr && backbone->settings().freeze_statistics);
    const auto parameters = module->named_parameters();
    for (const auto& buffer : module->named_buffers()) {
      const std::string scale = buffer.key().substr(0, buffer.key().rfind('.') + 1) + "weight";
      const at::Tensor* of = keeps ? parameters.find(scale) : nullptr;
      moving.push_back(of == nullptr || of->requires_grad());
    }
  }
  return moving;
}

std::uint64_t Model::parameter_count() const {
  std::uint64_t count = 0;
  for (const at::Tensor& parameter : parameters()) count += static_cast<std::uint64_t>(parameter.numel());
  return count;
}

}  // namespace feedline::inline training
