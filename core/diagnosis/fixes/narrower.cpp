// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fixes/width.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

namespace feedline::inline diagnosis {
namespace {

/// A node that makes a vector as wide as one of its parameters says.
struct WidthKnob {
  std::string_view type;
  std::string_view param;
  std::string_view units;
  bool multiplied;  ///< each number that it gives costs a product with all that it takes; else it is written only
  std::string_view why;
};
constexpr std::array<WidthKnob, 3> kWidthKnobs = {
    {{"pca", "components", "components", true,
      "Each component is a product with all features of a record, and the last ones carry the least variance."},
     {"tf_idf", "size", "terms", false,
      "Each term is a number that all nodes behind it work on, and the rarest tell the least."},
     {"hash_columns", "buckets", "columns", false,
      "Each bucket is a column that all nodes behind it work on; with fewer, more texts share one."}}};

/// What a core reads and writes of such vectors a second.
constexpr double kBytesASecond = 4e9;

/// A node's cost where it writes so many bytes a record fewer: never less than half of it, since what else it does is
/// not known.
void write_less(NodeCost& cost, double bytes) {
  cost.cpu -= std::min(cost.visits * bytes / kBytesASecond, cost.cpu / 2);
  cost.bytes = std::max(cost.bytes - bytes, 0.0);
}

/// Half of what a node makes: less for itself, for those behind it and for whoever learns.
std::optional<Fix> half_as_wide(const FixContext& context, const DataNode& node, const WidthKnob& knob) {
  const Profile& profile = context.diagnosis.profile;
  const NodeCost* cost = profile.find(node.id);
  const Value set = context.setting(node.id, knob.param);
  if (cost == nullptr || !std::holds_alternative<std::int64_t>(set)) return std::nullopt;
  std::int64_t now = std::get<std::int64_t>(set);
  // The data may have fewer; components may follow from a share of the variance (0).
  const auto given = static_cast<std::int64_t>(std::llround(cost->bytes / sizeof(float)));
  if (knob.type != "hash_columns") now = now == 0 ? given : std::min(now, given);
  if (now < kWide) return std::nullopt;
  const std::int64_t keep = (now + 1) / 2;
  const double removed = static_cast<double>(now - keep);

  CostModel after = context.diagnosis.model;
  for (NodeCost& behind : after.costs.nodes) {
    const DataNode* fact = context.facts.find(behind.node);
    if (behind.node == node.id && knob.multiplied) behind.cpu /= 2;
    const bool narrower =
        behind.node == node.id || behind.node == context.facts.batch_node ||
        (fact != nullptr && std::find(fact->upstream.begin(), fact->upstream.end(), node.id) != fact->upstream.end());
    if (narrower) write_less(behind, removed * sizeof(float));
  }
  double ratio = 0;
  bool in_fits = false;
  for (const WideField& field : wide_fields(context)) {
    const NodeCost* last = profile.find(field.from.node);
    const bool from_here = std::find(node.fields.begin(), node.fields.end(), field.name) != node.fields.end();
    // Behind another node that decides how many there are, as many come as before.
    const bool all_pass = last != nullptr && (last->node == node.id || last->type == "features" ||
                                              last->type == "join_features" || last->type == "cache");
    if (!from_here || !all_pass) continue;
    const double kept = std::clamp(1 - removed / static_cast<double>(field.width), 0.0, 1.0);
    ratio = std::max(ratio, ratio_of_narrower(context, after, field, kept));
    in_fits = fits_decide(field);
  }
  if (ratio == 0) ratio = context.ratio(after);
  return Fix{.id = "narrower:" + node.id,
             .title = fmt::format("Let {} make {} {} in place of {}", node.id, keep, knob.units, now),
             .why = std::string(knob.why),
             .edit = context.set(node.id, std::string(knob.param), keep),
             .predicted_ratio = ratio,
             .changes_results = true,
             .in_fits = in_fits};
}

/// Half as many features, where preparing them, or learning from them, is bound by their number.
std::vector<Fix> narrower(const FixContext& context) {
  std::vector<Fix> fixes;
  for (const DataNode& node : context.facts.nodes)
    for (const WidthKnob& knob : kWidthKnobs)
      if (node.type == knob.type)
        if (auto fix = half_as_wide(context, node, knob)) fixes.push_back(std::move(*fix));
  return fixes;
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(narrower)
