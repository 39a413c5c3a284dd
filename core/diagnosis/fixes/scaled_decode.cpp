// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix.h"

#include <algorithm>
#include <cmath>

namespace feedline::inline diagnosis {
namespace {

/// Of a JPEG's decoding, what cannot be saved by decoding at a smaller size: reading the bits.
constexpr double kBits = 0.45;

/// JPEG pictures can be decoded at a half, a quarter or an eighth of their size.
double scale_for(double wanted) {
  for (const double scale : {0.125, 0.25, 0.5})
    if (scale >= wanted) return scale;
  return 1;
}

const std::string* reader_of(const Document& document, const std::string& node) {
  const std::string* only = nullptr;
  for (const Link& link : document.links()) {
    if (link.from.node != node) continue;
    if (only != nullptr) return nullptr;
    only = &link.to.node;
  }
  return only;
}

/// A decode that reads every pixel, although the next node scales them down.
std::vector<Fix> scaled_decode(const FixContext& context) {
  std::vector<Fix> fixes;
  for (const DataNode& node : context.facts.nodes) {
    if (node.type != "decode" || context.setting(node.id, "exact") != Value(true)) continue;
    const std::string* next = reader_of(context.document, node.id);
    const NodeCost* cost = context.diagnosis.profile.find(node.id);
    const NodeCost* after_cost = next == nullptr ? nullptr : context.diagnosis.profile.find(*next);
    if (cost == nullptr || after_cost == nullptr || cost->bytes <= 0) continue;
    if (after_cost->type != "resize" && after_cost->type != "random_resized_crop") continue;
    const double wanted = std::sqrt(after_cost->bytes / cost->bytes);
    const double pixels = std::pow(scale_for(wanted), 2);
    if (pixels >= 1) continue;
    CostModel after = context.diagnosis.model;
    after.speed_up(node.id, 1 / (kBits + (1 - kBits) * pixels));
    after.speed_up(*next, 1 / std::max(pixels, 0.3));
    fixes.push_back({.id = "scaled-decode:" + node.id,
                     .title = "Let " + node.id + " read only what " + *next + " looks at",
                     .why = "Every pixel is decoded, and most are then scaled away. Pixels change slightly.",
                     .edit = context.set(node.id, "exact", false),
                     .predicted_ratio = context.ratio(after),
                     .changes_results = true});
  }
  return fixes;
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(scaled_decode)
