// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/metric_set.h"

#include <fmt/format.h>

#include <algorithm>

namespace feedline::inline training {

const at::Tensor& Compared::predicted_class() const {
  if (!predicted_class_.defined()) predicted_class_ = prediction_.argmax(1);
  return predicted_class_;
}

const at::Tensor& Compared::true_class() const {
  if (!true_class_.defined()) true_class_ = target_.to(at::kLong);
  return true_class_;
}

const MetricRules& MetricRules::instance() {
  static const MetricRules rules = [] {
    MetricRules all;
    register_all_metrics(all);
    return all;
  }();
  return rules;
}

std::vector<Comparison> comparisons(const ModelPlan& plan) {
  std::vector<Comparison> found;
  const auto look = [&](const LayerPlan& layer) {
    if (layer.spec != nullptr && layer.spec->target != TargetKind::None)
      found.push_back({layer.node, layer.spec->target});
  };
  std::for_each(plan.layers.begin(), plan.layers.end(), look);
  look(plan.loss);
  return found;
}

MetricSet::MetricSet(const ModelPlan& plan, std::string_view split) {
  const std::vector<Comparison> all = comparisons(plan);
  for (std::size_t i = 0; i < all.size(); ++i)
    for (const MetricRule& rule : MetricRules::instance().all()) {
      if (rule.target != all[i].target || (split == kTrainSplit && !rule.while_training)) continue;
      Entry entry{.rule = &rule, .comparison = i, .metric = rule.make()};
      entry.kind = {.name = all.size() > 1 ? fmt::format("{} ({})", rule.name, all[i].node) : std::string(rule.name),
                    .split = std::string(split),
                    .unit = std::string(rule.unit),
                    .higher_is_better = rule.higher_is_better};
      entries_.push_back(std::move(entry));
    }
}

void MetricSet::add(std::span<const Compared> compared) {
  const at::NoGradGuard no_gradients;
  for (Entry& entry : entries_) entry.metric->add(compared[entry.comparison]);
}

void MetricSet::merge(const MetricSet& other) {
  for (std::size_t i = 0; i < entries_.size(); ++i) entries_[i].metric->merge(*other.entries_[i].metric);
}

Metrics MetricSet::values() const {
  Metrics values;
  values.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    values.push_back(entry.kind);
    values.back().value = entry.metric->value();
  }
  return values;
}

void MetricSet::clear() {
  for (Entry& entry : entries_) entry.metric = entry.rule->make();
}

std::map<std::string, at::Tensor> MetricSet::state() const {
  std::map<std::string, at::Tensor> all;
  for (const Entry& entry : entries_) {
    const std::vector<at::Tensor> counted = entry.metric->state();
    for (std::size_t i = 0; i < counted.size(); ++i) all.emplace(fmt::format("{}.{}", entry.kind.name, i), counted[i]);
  }
  return all;
}

void MetricSet::restore(const std::map<std::string, at::Tensor>& state) {
  for (const Entry& entry : entries_) {
    std::vector<at::Tensor> counted;
    for (auto found = state.find(fmt::format("{}.0", entry.kind.name)); found != state.end();
         found = state.find(fmt::format("{}.{}", entry.kind.name, counted.size())))
      counted.push_back(found->second);
    if (!counted.empty()) entry.metric->restore(counted);
  }
}

Metrics merged_values(const ModelPlan& plan, std::string_view split, std::span<const MetricSet> replicas) {
  if (replicas.size() == 1) return replicas.front().values();
  MetricSet all(plan, split);
  for (const MetricSet& replica : replicas) all.merge(replica);
  return all.values();
}

}  // namespace feedline::inline training
