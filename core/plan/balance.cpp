// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/balance.h"

#include "schema/source_report.h"

#include <fmt/format.h>

#include <numeric>

namespace feedline::inline plan {
namespace {

Result<std::vector<double>> weights_of(const SourceReport* report, const std::vector<std::uint64_t>& counted) {
  if (counted.empty() && (report == nullptr || report->class_counts.empty()))
    return fail(Error{.reason = "the source does not tell how many records of each class it has",
                      .remedy = "Switch balanced off and give class_weights",
                      .parameter = "balanced"});
  const std::vector<std::uint64_t>& counts = counted.empty() ? report->class_counts : counted;
  const auto all = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
  std::vector<double> weights;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0)
      return fail(
          Error{.reason = fmt::format(
                    "class {} has no record that trains, so that no weight can be found for it",
                    report != nullptr && i < report->class_names.size() ? report->class_names[i] : std::to_string(i)),
                .remedy = "Use training data that has all classes, set split_by of the trainer to stratified, or give "
                          "class_weights",
                .parameter = "balanced"});
    weights.push_back(all / (static_cast<double>(counts.size()) * static_cast<double>(counts[i])));
  }
  return weights;
}

}  // namespace

bool wants_balance(const ParamMap& params) {
  const auto found = params.find("balanced");
  const bool* const on = found == params.end() ? nullptr : std::get_if<bool>(&found->second);
  return on != nullptr && *on && params.contains("class_weights");
}

Status balance_losses(ModelPlan& model, const Source& source, const std::vector<std::uint64_t>& counts,
                      const std::vector<double>& given) {
  const auto balance = [&](LayerPlan& layer) -> Status {
    if (!wants_balance(layer.params)) return {};
    if (model.class_weights.empty()) {
      auto weights = given.empty() ? weights_of(report_of(source), counts) : given;
      if (!weights) return fail(std::move(weights.error()).at_node(layer.node));
      model.class_weights = std::move(*weights);
    }
    layer.params["class_weights"] = Value(ValueList(model.class_weights.begin(), model.class_weights.end()));
    return {};
  };
  for (LayerPlan& layer : model.layers)
    if (Status done = balance(layer); !done) return done;
  return balance(model.loss);
}

}  // namespace feedline::inline plan
