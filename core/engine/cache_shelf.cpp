// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/cache_shelf.h"

#include "base/memory.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace feedline::inline engine {

CacheShelf::CacheShelf(std::span<const DataPlan* const> plans, std::filesystem::path folder,
                       std::vector<std::shared_ptr<CacheStore>> kept, std::shared_ptr<CacheSharing> sharing)
    : folder_(std::move(folder)), sharing_(std::move(sharing)), stores_(std::move(kept)) {
  std::map<std::string, CacheSettings> nodes;
  for (const DataPlan* plan : plans) {
    if (plan == nullptr) continue;
    records_ = std::max(records_, plan->source->size());
    for (const PlanStep& step : plan->steps)
      if (step.cache && find(step.node) == nullptr) nodes.emplace(step.node, *step.cache);
  }
  if (nodes.empty()) return;
  if (folder_.empty()) folder_ = default_cache_folder();
  const auto automatic = static_cast<std::uint64_t>(
      std::count_if(nodes.begin(), nodes.end(), [](const auto& node) { return node.second.ram_megabytes == 0; }));
  const std::uint64_t share = automatic == 0 ? 0 : free_memory() / 2 / automatic;
  for (const auto& [node, settings] : nodes) {
    const std::uint64_t ram =
        settings.ram_megabytes == 0 ? share : static_cast<std::uint64_t>(settings.ram_megabytes) << 20U;
    stores_.push_back(make(node, settings, ram, true));
  }
}

std::shared_ptr<CacheStore> CacheShelf::make(std::string node, const CacheSettings& settings, std::uint64_t ram,
                                             bool together) const {
  if (sharing_ && together) {
    const SharedLimits limits{.records = records_,
                              .ram_bytes = ram,
                              .disk = settings.disk,
                              .disk_bytes = static_cast<std::uint64_t>(settings.disk_megabytes) << 20U};
    if (auto shared = share_records(*sharing_, limits, folder_))
      return std::make_shared<CacheStore>(std::move(node), std::move(shared));
  }
  return std::make_shared<CacheStore>(std::move(node), settings, ram, folder_);
}

CacheStore* CacheShelf::find(std::string_view node) const {
  const auto found =
      std::find_if(stores_.begin(), stores_.end(), [&](const auto& store) { return store->node() == node; });
  return found == stores_.end() ? nullptr : found->get();
}

CacheStore& CacheShelf::keep_outputs(std::string node, bool training, std::string field, bool together) {
  if (folder_.empty()) folder_ = default_cache_folder();
  const std::uint64_t ram = free_memory() / 8;
  outputs_.push_back({.training = training,
                      .field = std::move(field),
                      .store = make(std::move(node), CacheSettings{}, ram, together)});
  return *outputs_.back().store;
}

CacheStore* CacheShelf::spares(bool training, std::string_view field) const {
  for (const Outputs& outputs : outputs_)
    if (outputs.training == training && !outputs.field.empty() && outputs.field == field) return outputs.store.get();
  return nullptr;
}

std::vector<RecordError> CacheShelf::notices() const {
  std::vector<RecordError> notices;
  for (const auto& store : stores_)
    if (auto notice = store->notice()) notices.push_back(std::move(*notice));
  for (const Outputs& outputs : outputs_)
    if (auto notice = outputs.store->notice()) notices.push_back(std::move(*notice));
  return notices;
}

}  // namespace feedline::inline engine
