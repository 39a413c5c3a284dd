// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/cache_store.h"
#include "plan/plan.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace feedline::inline engine {

/// The caches of one run, one a cache node. Training and validation share them, and so the plan stays unchanged.
class CacheShelf {
 public:
  /// For the cache nodes of these plans (null entries are skipped). Nodes that may take "half of what is free" share
  /// that half; what is free is asked now. `folder` empty: default_cache_folder(). `kept`: of an earlier run's caches,
  /// which go on with what they hold.
  CacheShelf(std::span<const DataPlan* const> plans, std::filesystem::path folder,
             std::vector<std::shared_ptr<CacheStore>> kept = {});

  /// Null: no such cache node.
  [[nodiscard]] CacheStore* find(std::string_view node) const;
  [[nodiscard]] const std::vector<std::shared_ptr<CacheStore>>& stores() const { return stores_; }
  /// What went wrong with them, at most one entry a cache.
  [[nodiscard]] std::vector<RecordError> notices() const;

 private:
  std::vector<std::shared_ptr<CacheStore>> stores_{};
};

}  // namespace feedline::inline engine
