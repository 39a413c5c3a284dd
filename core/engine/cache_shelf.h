// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/cache_store.h"
#include "plan/plan.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>
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
  /// Makes room for what the network's layer `node` gives of each record, which its trainer puts in: of training
  /// records or of validation's. `field`: of the batches, which a record need not bring that is kept there; empty: it
  /// must. Before any pipeline has the shelf. Each takes an eighth of what is free of the memory at most.
  [[nodiscard]] CacheStore& keep_outputs(std::string node, bool training, std::string field);
  /// Where what is made of that field alone is kept; null: nowhere.
  [[nodiscard]] CacheStore* spares(bool training, std::string_view field) const;
  [[nodiscard]] const std::vector<std::shared_ptr<CacheStore>>& stores() const { return stores_; }
  /// What went wrong with them, at most one entry a cache.
  [[nodiscard]] std::vector<RecordError> notices() const;

 private:
  struct Outputs {
    bool training = true;
    std::string field{};
    std::unique_ptr<CacheStore> store{};
  };
  std::filesystem::path folder_;
  std::vector<std::shared_ptr<CacheStore>> stores_{};
  std::vector<Outputs> outputs_{};
};

}  // namespace feedline::inline engine
