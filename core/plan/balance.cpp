// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/balance.h"

#include "schema/source_report.h"

#include <fmt/format.h>

#include <numeric>

namespace feedline::inline plan {
namespace {

bool is_balanced(const LayerPlan& layer) {
  const auto found = layer.params.find("balanced");
  const bool* const on = found == layer.params.end() ? nullptr : std::get_if<bool>(&found->second);
  return on != nullptr && *on && layer.params.contains("class_weights");
}

Result<ValueList> weights_of(const SourceReport* report) {
  if (report == nullptr || report->class_counts.empty())
    return fail(Error{.reason = "the source does not tell how many records of each class it has",
                      .remedy = "Switch balanced off and give class_weights",
                      .parameter = "balanced"});
  const std::vector<std::uint64_t>& counts = report->class_counts;
  const auto all = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
  ValueList weights;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0)
      return fail(
          Error{.reason = fmt::format("class {} has no record, so that no weight can be found for it",
                                      i < report->class_names.size() ? report->class_names[i] : std::to_string(i)),
                .remedy = "Use training data that has all classes, or give class_weights",
                .parameter = "balanced"});
    weights.emplace_back(all / (static_cast<double>(counts.size()) * static_cast<double>(counts[i])));
  }
  return weights;
}

Status balance(LayerPlan& layer, const Source& source) {
  if (!is_balanced(layer)) return {};
  auto weights = weights_of(report_of(source));
  if (!weights) return fail(std::move(weights.error()).at_node(layer.node));
  layer.params["class_weights"] = Value(std::move(*weights));
  return {};
}

}  // namespace

Status balance_losses(ModelPlan& model, const Source& source) {
  for (LayerPlan& layer : model.layers)
    if (Status done = balance(layer, source); !done) return done;
  return balance(model.loss, source);
}

}  // namespace feedline::inline plan
