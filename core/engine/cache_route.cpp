// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/cache_route.h"

#include <algorithm>

namespace feedline::inline engine {

CacheRouter::CacheRouter(const DataPlan& plan, const CacheShelf* shelf)
    : plan_(plan), cache_of_(plan.steps.size(), kNone), spares_(plan.fields.size(), kNone) {
  for (std::size_t step = 0; shelf != nullptr && step < plan.steps.size() && stores_.size() < kMost; ++step) {
    CacheStore* store = plan.steps[step].cache ? shelf->find(plan.steps[step].node) : nullptr;
    if (store == nullptr) continue;
    cache_of_[step] = stores_.size();
    stores_.push_back(store);
  }
  if (shelf != nullptr) add_spared_fields(*shelf);
}

void CacheRouter::add_spared_fields(const CacheShelf& shelf) {
  for (std::size_t field = 0; field < plan_.fields.size() && stores_.size() < kMost; ++field) {
    CacheStore* store = shelf.spares(plan_.training, plan_.fields[field].name);
    if (store == nullptr) continue;
    spares_[field] = stores_.size();
    stores_.push_back(store);
  }
}

void CacheRouter::look_up(std::uint64_t record, std::span<const CacheEntry*> entries) const {
  for (std::size_t cache = 0; cache < stores_.size(); ++cache) entries[cache] = stores_[cache]->find(record);
}

const CacheRoute& CacheRouter::route(std::span<const CacheEntry* const> entries) {
  std::uint64_t hits = 0;
  for (std::size_t cache = 0; cache < entries.size(); ++cache)
    if (entries[cache] != nullptr) hits |= std::uint64_t{1} << cache;
  const auto known = std::find_if(routes_.begin(), routes_.end(), [&](const CacheRoute& r) { return r.hits == hits; });
  if (known != routes_.end()) return *known;
  return routes_.emplace_back(find(hits));
}

CacheRoute CacheRouter::find(std::uint64_t hits) const {
  CacheRoute route{.hits = hits, .read = false};
  std::vector<bool> wanted(plan_.slots, false);
  for (std::size_t field = 0; field < plan_.fields.size(); ++field) {
    const bool spared = spares_[field] != kNone && (hits >> spares_[field] & 1U) != 0;
    route.fields.push_back(spared ? 0 : 1);
    if (!spared) wanted[plan_.fields[field].slot] = true;
  }
  route.steps.assign(plan_.steps.size(), 0);
  for (std::size_t i = plan_.steps.size(); i-- > 0;) {
    const PlanStep& step = plan_.steps[i];
    // A node without readers is not in a plan; one whose readers are all spared is spared too.
    if (std::none_of(step.outputs.begin(), step.outputs.end(), [&](SlotIndex slot) { return wanted[slot]; })) continue;
    route.steps[i] = 1;
    if (cache_of_[i] != kNone && (hits >> cache_of_[i] & 1U) != 0) continue;
    for (const auto& slot : step.inputs)
      if (slot) wanted[*slot] = true;
  }
  for (const auto& slot : plan_.source_outputs) {
    route.ports.push_back(slot && wanted[*slot] ? 1 : 0);
    route.read = route.read || route.ports.back() != 0;
  }
  return route;
}

}  // namespace feedline::inline engine
