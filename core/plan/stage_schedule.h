// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace feedline::inline plan {

/// One piece of a stage's work in a step.
struct StageTask {
  bool backward = false;
  std::size_t micro = 0;  ///< micro-batch, from 0
  [[nodiscard]] bool operator==(const StageTask&) const = default;
};

/// What a stage does in a step, in this order. Gradients are added up in the order of the micro-batches whatever the
/// schedule, so that all give the same bytes.
///
/// "gpipe": all micro-batches forward, then all backward (Huang et al., 2019, arXiv:1811.06965). "1f1b": as many
/// forward as there are stages behind it, then one backward and one forward in turn: no more micro-batches are kept
/// than there are stages (Narayanan et al., 2019, PipeDream; 2021, arXiv:2104.04473).
[[nodiscard]] std::vector<StageTask> stage_schedule(std::string_view schedule, std::size_t stage, std::size_t stages,
                                                    std::size_t micros);

/// The share of a step in which a stage of equal ones must be idle, whatever the schedule: (S - 1) / (M + S - 1).
[[nodiscard]] double bubble_share(std::size_t stages, std::size_t micros);

}  // namespace feedline::inline plan
