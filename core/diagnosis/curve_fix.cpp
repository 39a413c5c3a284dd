// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/curve_fix.h"

#include "base/results.h"
#include "graph/port_edits.h"
#include "graph/subgraph.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace feedline::inline diagnosis {
namespace {

constexpr const char* kRate = "learning_rate";

Fix suggested(const CurveFinding& finding, std::string title, Edit edit) {
  return {.id = std::string("curves_") + std::string(name(finding.kind)),
          .title = std::move(title),
          .why = finding.headline,
          .edit = std::move(edit),
          .predicted_ratio = 1,
          .changes_results = true};
}

std::optional<Fix> other_rate(const CurveFinding& finding, const Document& document, const Registry& registry,
                              double factor) {
  const std::string id = find_role(document, Role::Optimizer, registry);
  const Node* node = id.empty() ? nullptr : document.find(id);
  const NodeSpec* spec = node == nullptr ? nullptr : registry.find(node->type);
  if (spec == nullptr || !spec->optimizer_settings) return std::nullopt;
  const double now = spec->optimizer_settings(spec->complete(node->params)).learning_rate;
  const double then = std::stod(fmt::format("{:.2g}", now * factor));
  if (!(then > 0)) return std::nullopt;
  return suggested(finding, fmt::format("{}.{} {:.3g} in place of {:.3g}", id, kRate, then, now),
                   set_param(document, {id, kRate, Value(then)}));
}

std::optional<Fix> early_stopping(const CurveFinding& finding, const Document& document, const Registry& registry) {
  const std::string id = find_role(document, Role::Trainer, registry);
  const Node* node = id.empty() ? nullptr : document.find(id);
  const NodeSpec* spec = node == nullptr ? nullptr : registry.find(node->type);
  if (spec == nullptr || spec->trainer(spec->complete(node->params)).stop_early != StoppingSettings{}.stop_early)
    return std::nullopt;
  const std::string watched = metric_key(loss_metric(kValSplit, 0));
  return suggested(finding, fmt::format("End the run when {} no longer improves, and keep its best weights", watched),
                   set_param(document, {id, "stop_early", Value(watched)}));
}

}  // namespace

std::optional<Fix> fix_of(const CurveFinding& finding, const Document& document, const Registry& registry) {
  switch (finding.kind) {
    case CurveKind::RateTooHigh:
      return other_rate(finding, document, registry, 1 / kRateFactor);
    case CurveKind::RateTooLow:
      return other_rate(finding, document, registry, kRateFactor);
    case CurveKind::Overfitting:
      return early_stopping(finding, document, registry);
    case CurveKind::Underfitting:
    case CurveKind::Plateau:
      break;
  }
  return std::nullopt;
}

}  // namespace feedline::inline diagnosis
