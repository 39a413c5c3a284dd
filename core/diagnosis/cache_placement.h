// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/cost_model.h"

#include <string>
#include <vector>

namespace feedline::inline diagnosis {

/// A place for a cache: behind this node.
struct CachePlace {
  std::string node{};
  double bytes = 0;   ///< of all records, as they leave the node
  bool fits = false;  ///< into memory
  CostModel after{};  ///< costs once the cache is full: what only leads there costs nothing
};

/// Of the memory that there is, this much may hold a cache.
inline constexpr double kCacheShare = 0.9;

/// Every place where a cache is allowed, nearest to the trainer first: not behind a random node, not where what
/// passes is kept already. What is kept is never thrown out (MinIO). Source: Plumber (MLSys 2022), materialised size
/// n_i b_i.
[[nodiscard]] std::vector<CachePlace> cache_places(const RunFacts& facts, const CostModel& model, double memory);

/// The nearest to the trainer that fits, or null. It makes everything above it free, so it is the best.
[[nodiscard]] const CachePlace* best_in_memory(const std::vector<CachePlace>& places);

/// That one; else the nearest to the trainer, on the disk. Null: no place for a cache.
[[nodiscard]] const CachePlace* best_place(const std::vector<CachePlace>& places);

}  // namespace feedline::inline diagnosis
