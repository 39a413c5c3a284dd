// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/cache_sharing.h"
#include "engine/cache_store.h"
#include "plan/plan.h"

#include <cstdint>
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
  /// which go on with what they hold. `sharing`: the processes of this machine that have the caches in common, whose
  /// limits then hold for all of them together; it is asked here and by keep_outputs(). Throws what it throws.
  CacheShelf(std::span<const DataPlan* const> plans, std::filesystem::path folder,
             std::vector<std::shared_ptr<CacheStore>> kept = {}, std::shared_ptr<CacheSharing> sharing = {});

  /// Null: no such cache node.
  [[nodiscard]] CacheStore* find(std::string_view node) const;
  /// Makes room for what the network's layer `node` gives of each record, which its trainer puts in: of training
  /// records or of validation's. `field`: of the batches, which a record need not bring that is kept there; empty: it
  /// must. Before any pipeline has the shelf. Each takes an eighth of what is free of the memory at most. `together`:
  /// with the other processes of this machine, where there are any.
  [[nodiscard]] CacheStore& keep_outputs(std::string node, bool training, std::string field, bool together);
  /// Where what is made of that field alone is kept; null: nowhere.
  [[nodiscard]] CacheStore* spares(bool training, std::string_view field) const;
  [[nodiscard]] const std::vector<std::shared_ptr<CacheStore>>& stores() const { return stores_; }
  /// What went wrong with them, at most one entry a cache.
  [[nodiscard]] std::vector<RecordError> notices() const;

 private:
  struct Outputs {
    bool training = true;
    std::string field{};
    std::shared_ptr<CacheStore> store{};
  };
  [[nodiscard]] std::shared_ptr<CacheStore> make(std::string node, const CacheSettings& settings, std::uint64_t ram,
                                                 bool together) const;

  std::filesystem::path folder_;
  std::shared_ptr<CacheSharing> sharing_;  ///< null: this process keeps by itself
  std::uint64_t records_ = 0;              ///< numbers of records are below this
  std::vector<std::shared_ptr<CacheStore>> stores_{};
  std::vector<Outputs> outputs_{};
};

}  // namespace feedline::inline engine
