// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/cache_shelf.h"
#include "plan/plan.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace feedline::inline engine {

/// What has to run for a record, given which caches hold it.
struct CacheRoute {
  std::uint64_t hits = 0;             ///< bit i: the plan's i-th cache holds it
  bool read = true;                   ///< is any port of the source wanted?
  std::vector<std::uint8_t> ports{};  ///< by output port of the source: 1 where it is wanted
  std::vector<std::uint8_t> steps{};  ///< by step of the plan: 1 where it must run (a cache that holds it: be shown)
  /// By field of the batch: 1 where its row is filled. 0: the trainer has already what it makes of it alone.
  std::vector<std::uint8_t> fields{};
};

/// Finds the shortest way of each record through a plan with caches. What is upstream of a cache that holds the record
/// need not run, unless somebody else wants it too. Asked once a record, when it is about to be read; the answer (one
/// entry a cache) travels with the record's chunk, so that every segment takes the same way. Used by one thread.
class CacheRouter {
 public:
  /// At most so many caches of one plan are looked up; further ones just pass their values on.
  static constexpr std::size_t kMost = 64;

  /// `shelf` may be null; it outlives this.
  CacheRouter(const DataPlan& plan, const CacheShelf* shelf);

  /// How many entries a record has; 0: the plan has no caches, and every record takes the same way.
  [[nodiscard]] std::size_t caches() const { return stores_.size(); }
  /// Fills `entries`: what each cache holds of the record, null for nothing.
  void look_up(std::uint64_t record, std::span<const CacheEntry*> entries) const;
  /// The way of a record with these entries. It stays valid.
  [[nodiscard]] const CacheRoute& route(std::span<const CacheEntry* const> entries);

  /// Which cache a step is; kNone: it is none.
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  [[nodiscard]] std::size_t cache_of(std::size_t step) const { return cache_of_[step]; }
  [[nodiscard]] CacheStore& store(std::size_t cache) const { return *stores_[cache]; }

 private:
  [[nodiscard]] CacheRoute find(std::uint64_t hits) const;
  void add_spared_fields(const CacheShelf& shelf);

  const DataPlan& plan_;
  std::vector<CacheStore*> stores_{};
  std::vector<std::size_t> cache_of_{};
  std::vector<std::size_t> spares_{};  ///< by field: which of stores_ has what is made of it; kNone: none
  std::deque<CacheRoute> routes_{};
};

}  // namespace feedline::inline engine
