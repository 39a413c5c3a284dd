// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace feedline::inline telemetry {

/// One pass of the training records, before a run, through what is upstream of nodes that learn.
struct FitPassFigures {
  std::vector<std::string> nodes{};  ///< that learnt in it
  std::uint64_t records = 0;         ///< that were used
  double seconds = 0;                ///< from its start until the nodes had learnt
  double merging_s = 0;              ///< of these, what putting together took on the calling thread
  /// What each node upstream, and each that learns, cost the workers, in the order of the data.
  struct Cost {
    std::string node{};
    std::uint64_t records = 0;
    double busy_s = 0;  ///< of all workers together
  };
  std::vector<Cost> costs{};
  std::string not_kept{};  ///< why the next run will not find what they learnt in the cache; empty: it will

  [[nodiscard]] double records_per_s() const { return seconds > 0 ? static_cast<double>(records) / seconds : 0; }
};

}  // namespace feedline::inline telemetry
