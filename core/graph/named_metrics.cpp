// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/named_metrics.h"

#include "graph/learner_input.h"
#include "schema/metric_facts.h"
#include "schema/optimizer.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace feedline::inline graph {
namespace {

class MetricNaming {
 public:
  MetricNaming(const Wiring& wiring, std::size_t trainer, Analysis& analysis)
      : wiring_(wiring), trainer_(trainer), analysis_(analysis) {}

  void run(const TrainerSettings& settings) {
    const std::size_t estimator = above(trainer_, kEstimatorInput);
    const std::size_t loss = above(trainer_, kLossInput);
    if (estimator != Wiring::kNone)
      judge_estimator(estimator);
    else if (loss != Wiring::kNone)
      judge_losses(loss);
    else
      return;  // told elsewhere
    if (!known_) return;
    const bool validates = settings.sets_aside() || above(trainer_, kValidationInput) != Wiring::kNone;
    analysis_.metrics = measured_keys(judged_, settings.metrics, validates);
    for (const std::string& key : settings.metrics)
      if (Status fine = check_wanted(judged_, key); !fine) report(trainer_, std::move(fine.error()));
    if (estimator != Wiring::kNone) return;
    whole_ = measured_keys(judged_, settings.metrics, true);
    if (settings.stop_early != "off") check(trainer_, settings.stop_early, "stop_early");
    const std::size_t optimizer = above(trainer_, kOptimizerInput);
    if (optimizer == Wiring::kNone || !wiring_.spec(optimizer)->optimizer_settings) return;
    const NodeSpec& spec = *wiring_.spec(optimizer);
    const OptimizerSettings rate = spec.optimizer_settings(spec.complete(wiring_.nodes()[optimizer].params));
    if (rate.schedule == "plateau") check(optimizer, rate.watch, "watch");
  }

 private:
  /// The node whose output enters an input; kNone: none, or one of no known type.
  [[nodiscard]] std::size_t above(std::size_t node, std::string_view input) const {
    for (const std::size_t wire : wiring_.wires_into(node))
      if (wiring_.links()[wire].to.port == input && wiring_.spec(wiring_.from(wire)) != nullptr)
        return wiring_.from(wire);
    return Wiring::kNone;
  }

  [[nodiscard]] const TensorDesc* at(std::size_t node, std::string_view input) const {
    for (const std::size_t wire : wiring_.wires_into(node))
      if (wiring_.links()[wire].to.port == input) return analysis_.at(wiring_.links()[wire].from);
    return nullptr;
  }

  /// All losses that lead to the one that is minimised.
  void judge_losses(std::size_t minimised) {
    std::vector<bool> seen(wiring_.nodes().size(), false);
    std::vector<std::size_t> open = {minimised};
    while (!open.empty()) {
      const std::size_t node = open.back();
      open.pop_back();
      const NodeSpec* spec = wiring_.spec(node);
      if (spec == nullptr) known_ = false;
      if (spec == nullptr || seen[node] || (spec->role != Role::Layer && spec->role != Role::Loss)) continue;
      seen[node] = true;
      for (const std::size_t wire : wiring_.wires_into(node)) open.push_back(wiring_.from(wire));
    }
    for (std::size_t node = 0; node < seen.size(); ++node) {
      if (!seen[node] || wiring_.spec(node)->target == TargetKind::None) continue;
      const TensorDesc* prediction = at(node, "prediction");
      Judged judged{.node = wiring_.nodes()[node].id, .target = wiring_.spec(node)->target};
      if (judged.target == TargetKind::Classes && prediction != nullptr && prediction->shape.size() == 2 &&
          prediction->shape[1].known())
        judged.classes = std::max<std::int64_t>(prediction->shape[1].size(), 2);
      judged_.push_back(std::move(judged));
    }
  }

  void judge_estimator(std::size_t node) {
    const TensorDesc* target = at(node, "target");
    known_ = target != nullptr && target->classes.known();
    if (!known_) return;
    const std::int64_t classes = target->classes.size();
    judged_.push_back({.node = wiring_.nodes()[node].id,
                       .target = classes > 0 ? TargetKind::Classes : TargetKind::Numbers,
                       .classes = classes});
  }

  void check(std::size_t node, const std::string& key, const char* parameter) {
    const auto has = [&key](const std::vector<std::string>& keys) {
      return std::find(keys.begin(), keys.end(), key) != keys.end();
    };
    if (key.empty() || has(analysis_.metrics)) return;  // an empty one is told by the node
    if (has(whole_))
      report(node, not_measured(key, analysis_.metrics, parameter), Problem::Severity::Warning);
    else
      report(node, not_measured(key, of_validation(key) ? whole_ : analysis_.metrics, parameter));
  }

  void report(std::size_t node, Error error, Problem::Severity severity = Problem::Severity::Error) {
    error.node = wiring_.nodes()[node].id;
    analysis_.problems.push_back({severity, std::move(error)});
  }

  const Wiring& wiring_;
  std::size_t trainer_;
  Analysis& analysis_;
  std::vector<Judged> judged_{};
  std::vector<std::string> whole_{};  ///< what is measured where there are validation data
  bool known_ = true;
};

}  // namespace

Status check_metric(const Document& document, const std::string& key, const std::string& option) {
  const std::vector<std::string> measured = analyse(document).metrics;
  if (measured.empty() || std::find(measured.begin(), measured.end(), key) != measured.end()) return {};
  return fail(not_measured(key, measured, option));
}

void name_metrics(const Wiring& wiring, Analysis& analysis) {
  if (metric_facts().empty()) return;
  for (std::size_t node = 0; node < wiring.nodes().size(); ++node) {
    const NodeSpec* spec = wiring.spec(node);
    if (spec == nullptr || spec->role != Role::Trainer || !spec->trainer) continue;
    MetricNaming(wiring, node, analysis).run(spec->trainer(spec->complete(wiring.nodes()[node].params)));
    return;  // of a second trainer it is told that there may be one
  }
}

}  // namespace feedline::inline graph
