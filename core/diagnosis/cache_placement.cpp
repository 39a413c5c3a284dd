// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/cache_placement.h"

#include <algorithm>

namespace feedline::inline diagnosis {
namespace {

/// A decode that reads only what the next node looks at reads whole pictures once a cache stands behind it; about so
/// much more.
constexpr double kWholePicture = 3;

bool is_subset(const std::vector<std::string>& some, const std::vector<std::string>& all) {
  return std::all_of(some.begin(), some.end(),
                     [&](const std::string& one) { return std::find(all.begin(), all.end(), one) != all.end(); });
}

/// Does everything that the node gives pass through `cached`? A source's label needs no file.
bool only_leads_to(const RunFacts& facts, const DataNode& node, const DataNode& cached) {
  if (node.id == cached.id) return true;
  if (std::find(cached.upstream.begin(), cached.upstream.end(), node.id) == cached.upstream.end()) return false;
  if (node.role != Role::Source) return is_subset(node.fields, cached.fields);
  return std::all_of(node.fields.begin(), node.fields.end(), [&](const std::string& field) {
    return facts.is_label(field) || is_subset({field}, cached.fields);
  });
}

/// Is it a cache, or is what it gives kept further down?
bool is_kept(const RunFacts& facts, const DataNode& place) {
  return std::any_of(facts.nodes.begin(), facts.nodes.end(), [&](const DataNode& other) {
    if (!other.cache) return false;
    return other.id == place.id ||
           std::find(other.upstream.begin(), other.upstream.end(), place.id) != other.upstream.end();
  });
}

}  // namespace

std::vector<CachePlace> cache_places(const RunFacts& facts, const CostModel& model, double memory) {
  std::vector<CachePlace> places;
  for (auto node = facts.nodes.rbegin(); node != facts.nodes.rend(); ++node) {
    if (node->random || (node->role != Role::Source && node->role != Role::Sample) || is_kept(facts, *node)) continue;
    if (std::all_of(node->fields.begin(), node->fields.end(), [&](const auto& f) { return facts.is_label(f); }))
      continue;
    const NodeCost* cost = model.costs.find(node->id);
    if (cost == nullptr || cost->bytes <= 0) continue;
    CachePlace place{.node = node->id, .after = model};
    place.bytes = cost->bytes * static_cast<double>(facts.records) * (node->type == "decode" ? kWholePicture : 1);
    place.fits = place.bytes <= kCacheShare * memory;
    for (NodeCost& other : place.after.costs.nodes) {
      const DataNode* fact = facts.find(other.node);
      if (fact != nullptr && only_leads_to(facts, *fact, *node)) other.cpu = other.wait = 0;
    }
    if (only_leads_to(facts, facts.nodes.front(), *node)) place.after.costs.disk_bytes = 0;
    places.push_back(std::move(place));
  }
  return places;
}

const CachePlace* best_in_memory(const std::vector<CachePlace>& places) {
  const auto found = std::find_if(places.begin(), places.end(), [](const CachePlace& place) { return place.fits; });
  return found == places.end() ? nullptr : &*found;
}

const CachePlace* best_place(const std::vector<CachePlace>& places) {
  const CachePlace* inside = best_in_memory(places);
  return inside != nullptr || places.empty() ? inside : &places.front();
}

}  // namespace feedline::inline diagnosis
