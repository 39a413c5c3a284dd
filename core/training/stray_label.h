// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "engine/batch.h"
#include "plan/plan.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace feedline::inline training {

/// A label that is none of the classes.
struct StrayLabel {
  std::int64_t label = 0;
  std::string file{};  ///< of its record; empty where it is not known
};

/// The first row of a batch whose label, in a field of i64, is not in [0, classes).
[[nodiscard]] std::optional<StrayLabel> stray_label(const DataPlan& data, const Batch& batch, std::size_t field,
                                                    std::int64_t classes);

}  // namespace feedline::inline training
