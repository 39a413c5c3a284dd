// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/results.h"

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace feedline::inline base {

/// Metrics and phases as every JSON of Feedline has them. JSON knows no NaN: null.
[[nodiscard]] nlohmann::ordered_json metrics_json(const Metrics& metrics);
[[nodiscard]] nlohmann::ordered_json phases_json(const std::vector<PhaseTime>& phases);

}  // namespace feedline::inline base
