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

const at::Tensor& Compared::class_counts() const {
  if (class_counts_.defined()) return class_counts_;
  const at::Tensor& predicted = predicted_class();
  const at::Tensor& truth = true_class();
  const at::Tensor ones = at::ones_like(truth);
  class_counts_ = at::zeros({3, prediction_.size(1)}, truth.options());
  class_counts_[kHits].scatter_add_(0, truth, predicted.eq(truth).to(at::kLong));
  class_counts_[kPredicted].scatter_add_(0, predicted, ones);
  class_counts_[kTrue].scatter_add_(0, truth, ones);
  return class_counts_;
}

const at::Tensor& Compared::probabilities() const {
  if (probabilities_.defined()) return probabilities_;
  probabilities_ = prediction_.to(at::kDouble);
  if (scores_ == Scores::Logits) probabilities_ = probabilities_.softmax(1);
  return probabilities_;
}

const MetricRules& MetricRules::instance() {
  static const MetricRules rules = [] {
    MetricRules all;
    register_all_metrics(all);
    return all;
  }();
  return rules;
}

namespace {

MetricFacts facts_of(const MetricRule& rule) {
  return {.name = rule.name,
          .target = rule.target,
          .while_training = rule.while_training,
          .by_default = rule.by_default,
          .ranks_scores = rule.ranks_scores,
          .least_classes = rule.least_classes};
}

/// For graphs, which name metrics without LibTorch.
std::span<const MetricFacts> facts_of_rules() {
  static const std::vector<MetricFacts> facts = [] {
    std::vector<MetricFacts> all;
    for (const MetricRule& rule : MetricRules::instance().all()) all.push_back(facts_of(rule));
    return all;
  }();
  return facts;
}
[[maybe_unused]] const bool kFactsFound = (find_metric_facts_by(facts_of_rules), true);

/// A prediction of one column tells two classes apart. 0: not known.
std::int64_t classes_of(const ModelPlan& plan, const LayerPlan& loss) {
  if (loss.spec->target != TargetKind::Classes) return 0;
  const int port = loss.spec->input("prediction");
  const auto named = static_cast<std::int64_t>(plan.class_names.size());
  if (port < 0 || static_cast<std::size_t>(port) >= loss.inputs.size()) return named;
  const std::vector<Dim>& shape = loss.inputs[static_cast<std::size_t>(port)].shape;
  if (shape.size() != 2 || !shape[1].known()) return named;
  return std::max<std::int64_t>(shape[1].size(), 2);
}

/// In the order in which they are wanted; the usual ones in that of their names.
std::vector<const MetricRule*> chosen(std::span<const std::string> wanted) {
  std::vector<const MetricRule*> rules;
  for (const MetricRule& rule : MetricRules::instance().all())
    if (wanted.empty() && rule.by_default) rules.push_back(&rule);
  for (const std::string& key : wanted)
    for (const MetricRule& rule : MetricRules::instance().all())
      if (metric_key(rule.name) == key) rules.push_back(&rule);
  return rules;
}

}  // namespace

std::vector<Comparison> comparisons(const ModelPlan& plan) {
  std::vector<Comparison> found;
  const auto look = [&](const LayerPlan& layer) {
    if (layer.spec != nullptr && layer.spec->target != TargetKind::None)
      found.push_back({.node = layer.node, .target = layer.spec->target, .classes = classes_of(plan, layer)});
  };
  std::for_each(plan.layers.begin(), plan.layers.end(), look);
  look(plan.loss);
  return found;
}

Status check_metrics(std::span<const Comparison> all, std::span<const std::string> wanted) {
  for (const std::string& key : wanted)
    if (Status fine = check_wanted(all, key); !fine) return fine;
  return {};
}

MetricSet::MetricSet(std::span<const Comparison> all, std::span<const std::string> wanted, std::string_view split) {
  for (std::size_t i = 0; i < all.size(); ++i)
    for (const MetricRule* rule : chosen(wanted)) {
      if (!applies(facts_of(*rule), all[i]) || (split == kTrainSplit && !rule->while_training)) continue;
      Entry entry{.rule = rule, .comparison = i, .metric = rule->make()};
      entry.kind = {.name = all.size() > 1 ? fmt::format("{} ({})", rule->name, all[i].node) : std::string(rule->name),
                    .split = std::string(split),
                    .unit = std::string(rule->unit),
                    .higher_is_better = rule->higher_is_better};
      entries_.push_back(std::move(entry));
    }
}

MetricSet::MetricSet(const ModelPlan& plan, std::string_view split)
    : MetricSet(comparisons(plan), plan.metrics, split) {}

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
