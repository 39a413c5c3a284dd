// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "telemetry/snapshot.h"

#include <cstddef>
#include <vector>

namespace feedline::gui::inline models {

/// Is this stage the last one of its segment? A queue stands behind it; behind the last of all, the finished batches.
[[nodiscard]] inline bool ends_segment(const std::vector<StageSample>& stages, std::size_t i) {
  return i + 1 == stages.size() || stages[i + 1].segment != stages[i].segment;
}

}  // namespace feedline::gui::inline models
