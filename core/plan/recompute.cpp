// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/recompute.h"

#include "base/numbers.h"
#include "schema/optimizer.h"

#include <algorithm>
#include <string_view>

namespace feedline::inline plan {
namespace {

/// The shortest part of a path, from its beginning to a slash or its end, that the pattern matches; empty: none.
std::string_view outermost_match(const std::string& pattern, std::string_view path) {
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1))
    if (matches_layer(pattern, path.substr(0, slash))) return path.substr(0, slash);
  return matches_layer(pattern, path) ? path : std::string_view();
}

void add_borders(RecomputeBlock& block, const ModelPlan& model) {
  const auto inside = [&](std::size_t layer) { return layer >= block.first && layer < block.end; };
  const auto note = [](std::vector<std::size_t>& layers, std::size_t layer) {
    if (std::find(layers.begin(), layers.end(), layer) == layers.end()) layers.push_back(layer);
  };
  const auto read = [&](const LayerPlan& reader, bool is_inside) {
    for (const LayerPlan::Input& from : reader.from) {
      if (from.layer < 0) continue;
      const auto layer = static_cast<std::size_t>(from.layer);
      if (is_inside && !inside(layer)) note(block.entering, layer);
      if (!is_inside && inside(layer)) note(block.leaving, layer);
    }
  };
  for (std::size_t i = block.first; i < model.layers.size(); ++i) read(model.layers[i], inside(i));
  read(model.loss, false);
  std::sort(block.leaving.begin(), block.leaving.end());
}

}  // namespace

Result<std::vector<RecomputeBlock>> recompute_blocks(const ModelPlan& model) {
  std::vector<std::string_view> block_of(model.layers.size());
  for (const std::string& pattern : model.memory.recompute) {
    bool matched = false;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < model.layers.size(); ++i) {
      const LayerPlan& layer = model.layers[i];
      if (layer.spec->role != Role::Layer || layer.spec->mixes_rows) continue;
      names.push_back(layer.node);
      const std::string_view found = outermost_match(pattern, layer.node);
      if (found.empty()) continue;
      matched = true;
      if (block_of[i].empty() || found.size() < block_of[i].size()) block_of[i] = found;
    }
    if (!matched)
      return fail(Error{.reason = "'" + pattern + "' is the name of no layer or sub-graph of the network",
                        .remedy = "Name one of " + numbers::listed(names, 10),
                        .parameter = "recompute"});
  }
  std::vector<RecomputeBlock> blocks;
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    if (block_of[i].empty()) continue;
    const bool goes_on = !blocks.empty() && blocks.back().end == i && blocks.back().path == block_of[i] &&
                         model.layers[i].stage == model.layers[i - 1].stage;
    if (!goes_on) blocks.push_back({.path = std::string(block_of[i]), .first = i});
    blocks.back().end = i + 1;
  }
  for (RecomputeBlock& block : blocks) add_borders(block, model);
  return blocks;
}

}  // namespace feedline::inline plan
