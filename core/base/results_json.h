// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/results.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace feedline::inline base {

/// JSON knows no infinity and no NaN: null.
[[nodiscard]] nlohmann::ordered_json number_or_null(double value);
/// Null where it does not apply: empty.
[[nodiscard]] nlohmann::ordered_json text_or_null(const std::string& text);
/// Metrics and phases as every JSON of Feedline has them.
[[nodiscard]] nlohmann::ordered_json metrics_json(const Metrics& metrics);
[[nodiscard]] nlohmann::ordered_json phases_json(const std::vector<PhaseTime>& phases);

}  // namespace feedline::inline base
