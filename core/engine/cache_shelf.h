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

/// The caches of one run, or of several one after the other, one a cache node. Training and validation share them, and so the plan stays unchanged.
class CacheShelf {
 public:
  /// For the cache nodes of these plans (null entries are skipped). Nodes that may take "half of what is free" share
  /// that half; what is free is asked now. `folder` empty: default_cache_folder().
  CacheShelf(std::span<const DataPlan* const> plans, std::filesystem::path folder);

  /// Null: no such cache node.
  [[nodiscard]] CacheStore* find(std::string_view node) const;
  /// Is there one for each cache node of these plans (null entries are skipped)?
  [[nodiscard]] bool serves(std::span<const DataPlan* const> plans) const;
  /// What went wrong with them, at most one entry a cache.
  [[nodiscard]] std::vector<RecordError> notices() const;

 private:
  std::vector<std::unique_ptr<CacheStore>> stores_{};
};

}  // namespace feedline::inline engine
