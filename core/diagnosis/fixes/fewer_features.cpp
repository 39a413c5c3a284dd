// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fixes/insert_cache.h"
#include "diagnosis/fixes/width.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace feedline::inline diagnosis {
namespace {

/// The share of a network's arithmetic, or of an estimator's time, from which on the width decides.
constexpr double kDecides = 0.3;
/// What is known of the components only once they are learnt: so many of the features carry the share of the variance,
/// usually (a fifth of MNIST's pixels, a third of a table's columns), and a core multiplies and adds so many of them.
constexpr double kVarianceKept = 0.95;
constexpr double kPartKept = 0.25;
constexpr double kProductsASecond = 2e9;
/// They ask whether one number is above another: mixtures of columns are nothing to them.
constexpr std::array<std::string_view, 2> kTrees = {"decision_tree", "boosted_trees"};

bool trees_learn(const FixContext& context) {
  return std::any_of(context.document.nodes().begin(), context.document.nodes().end(), [](const Node& node) {
    return std::find(kTrees.begin(), kTrees.end(), node.type) != kTrees.end();
  });
}

std::string what_decides(const FixContext& context, const WideField& field) {
  if (field.of_network > 0)
    return fmt::format("The layers that read them are {:.0f} % of the network's arithmetic.", 100 * field.of_network);
  const double fixed = fixed_of_fit(context);
  return fmt::format("The fit takes {:.0f} % of the training, and {}.", 100 * field.of_fit,
                     fixed > 0 ? fmt::format("all but about {:.0f} % of it grows with their number", 100 * fixed)
                               : "it grows with their number");
}

/// Mixtures of all of them that carry most of the variance, which each record is multiplied with.
std::optional<Fix> by_components(const FixContext& context, const WideField& field, const NodeCost& cost) {
  auto edit =
      insert_behind(context.document, context.registry, field.from, "pca", "features", {{"variance", kVarianceKept}});
  if (!edit) return std::nullopt;
  CostModel after = context.diagnosis.model;
  NodeCost pca = cost;
  pca.node = "pca";
  pca.type = "pca";
  pca.wait = pca.delayed = 0;
  pca.cpu = pca.visits * kPartKept * std::pow(static_cast<double>(field.width), 2) / kProductsASecond;
  pca.bytes = cost.bytes * kPartKept;
  after.costs.nodes.push_back(std::move(pca));
  return Fix{
      .id = "pca:" + field.from.node,
      .title = fmt::format("Replace the {} features of {} by their principal components", field.width, field.from.node),
      .why = what_decides(context, field) +
             " Components that keep 95 % of the variance are about a quarter as many, as far as that can be "
             "said before they are learnt.",
      .edit = std::move(*edit),
      .predicted_ratio = ratio_of_narrower(context, std::move(after), field, kPartKept),
      .changes_results = true,
      .in_fits = fits_decide(field)};
}

/// The quarter that tells most of the label, for nothing but leaving the others out.
std::optional<Fix> by_selection(const FixContext& context, const WideField& field) {
  const Link* label = nullptr;
  for (const std::string& name : context.facts.labels)
    if (label == nullptr) label = context.document.link_into({context.facts.batch_node, name});
  const auto keep = static_cast<std::int64_t>(std::ceil(kPartKept * static_cast<double>(field.width)));
  const std::string id = context.document.free_id("select_k_best");
  auto edit =
      insert_behind(context.document, context.registry, field.from, "select_k_best", "features", {{"keep", keep}});
  auto* edits = edit ? std::get_if<Edit::List>(&edit->change) : nullptr;
  if (label == nullptr || edits == nullptr) return std::nullopt;
  edits->push_back({AddLink{.link = {.from = label->from, .to = {id, "label"}}}});
  return Fix{
      .id = "select:" + field.from.node,
      .title = fmt::format("Keep the {} features of {} that tell most, of {}", keep, field.from.node, field.width),
      .why = what_decides(context, field) + " They are chosen by the training records, each by itself.",
      .edit = std::move(*edit),
      .predicted_ratio = ratio_of_narrower(context, context.diagnosis.model, field, kPartKept),
      .changes_results = true,
      .in_fits = fits_decide(field)};
}

/// Fewer features, where their number is most of the work of a network or of an estimator. Where components are of no
/// use, or take each record longer than they save, some of the features themselves.
std::vector<Fix> fewer_features(const FixContext& context) {
  std::vector<Fix> fixes;
  for (const WideField& field : wide_fields(context)) {
    const NodeCost& cost = *context.diagnosis.profile.find(field.from.node);
    if (std::max(field.of_network, field.of_fit) < kDecides) continue;
    const std::string& type = context.document.find(field.from.node)->type;
    if (type == "pca" || type == "select_k_best" || type == "recursive_elimination") continue;
    std::optional<Fix> fix = trees_learn(context) ? std::nullopt : by_components(context, field, cost);
    if (!fix || fix->predicted_ratio < kWorthwhile) fix = by_selection(context, field);
    if (fix) fixes.push_back(std::move(*fix));
  }
  return fixes;
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(fewer_features)
