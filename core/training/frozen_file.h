// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "engine/cache_store.h"
#include "plan/plan.h"
#include "state/fitted_cache.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace feedline::inline training {

/// What a frozen part gives of each record, kept from run to run: in the folder `frozen` of the cache folder, under a
/// hash of all that it follows from. A file that is damaged, or too large to be kept, counts as none.
class FrozenFile {
 public:
  /// `shape`: of one record, in float32.
  FrozenFile(const std::filesystem::path& cache_folder, std::string hash, std::string node,
             std::vector<std::int64_t> shape)
      : files_(cache_folder, "frozen"), hash_(std::move(hash)), node_(std::move(node)), shape_(std::move(shape)) {}

  /// Puts what is kept into the store. Returns in which type the part gave it, as it was given to save(); none: nothing
  /// is kept.
  std::optional<int> load(CacheStore& store) const;
  /// Keeps what the store has of the sampler's records, in place of what was kept, unless that is over 256 MiB. What
  /// fails leaves things as they were.
  void save(const CacheStore& store, const SamplerPlan& sampler, int type, const std::stop_token& stop) const noexcept;

 private:
  [[nodiscard]] std::size_t record_bytes() const;

  FittedCache files_;
  std::string hash_;
  std::string node_;
  std::vector<std::int64_t> shape_;
};

}  // namespace feedline::inline training
