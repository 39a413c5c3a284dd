// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/cache_shelf.h"

#include "base/memory.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace feedline::inline engine {

CacheShelf::CacheShelf(std::span<const DataPlan* const> plans, std::filesystem::path folder,
                       std::vector<std::shared_ptr<CacheStore>> kept)
    : stores_(std::move(kept)) {
  std::map<std::string, CacheSettings> nodes;
  for (const DataPlan* plan : plans) {
    if (plan == nullptr) continue;
    for (const PlanStep& step : plan->steps)
      if (step.cache && find(step.node) == nullptr) nodes.emplace(step.node, *step.cache);
  }
  if (nodes.empty()) return;
  if (folder.empty()) folder = default_cache_folder();
  const auto automatic = static_cast<std::uint64_t>(
      std::count_if(nodes.begin(), nodes.end(), [](const auto& node) { return node.second.ram_megabytes == 0; }));
  const std::uint64_t share = automatic == 0 ? 0 : free_memory() / 2 / automatic;
  for (const auto& [node, settings] : nodes) {
    const std::uint64_t ram =
        settings.ram_megabytes == 0 ? share : static_cast<std::uint64_t>(settings.ram_megabytes) << 20U;
    stores_.push_back(std::make_shared<CacheStore>(node, settings, ram, folder));
  }
}

CacheStore* CacheShelf::find(std::string_view node) const {
  const auto found =
      std::find_if(stores_.begin(), stores_.end(), [&](const auto& store) { return store->node() == node; });
  return found == stores_.end() ? nullptr : found->get();
}

std::vector<RecordError> CacheShelf::notices() const {
  std::vector<RecordError> notices;
  for (const auto& store : stores_)
    if (auto notice = store->notice()) notices.push_back(std::move(*notice));
  return notices;
}

}  // namespace feedline::inline engine
