// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <vector>

namespace feedline::inline base {

/// Cores as this process may use them.
struct CoreBudget {
  std::size_t machine = 1;   ///< in the machine
  std::size_t affinity = 1;  ///< that this process may run on (taskset, cpusets)
  double quota = 0;          ///< CPU time a second that its control group grants (containers); 0: no limit
  [[nodiscard]] std::size_t usable() const;
};

[[nodiscard]] CoreBudget core_budget();

/// The numbers of the cores that this process may run on, ascending; empty: not known.
[[nodiscard]] std::vector<int> allowed_cores();

/// At least 1: the smaller of affinity and quota, the quota rounded up. Worker and intra-op thread counts start from
/// it.
[[nodiscard]] std::size_t usable_cores();

/// Of `cores`, those that one of so many processes has to itself: neighbours together. Empty: there are fewer cores
/// than processes. A thread that moves from core to core behind those of another rank holds up both, since they wait
/// for each other in each step.
[[nodiscard]] std::vector<int> cores_of_part(const std::vector<int>& cores, int part, int parts);

/// Keeps this thread, and those that it starts, to these cores from now on; empty: leaves it as it is. As with
/// limit_cores(), before anything asks for usable_cores().
void keep_to_cores(const std::vector<int>& cores);

/// Keeps this process to so many of its cores from now on, as if the machine had no others. Call it before anything
/// asks for usable_cores() or starts a thread.
void limit_cores(std::size_t cores);

}  // namespace feedline::inline base
