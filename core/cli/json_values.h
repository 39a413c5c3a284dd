// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/results_json.h"

#include <nlohmann/json.hpp>

namespace feedline::cli {

// Keys in the order in which they are written.
using Json = nlohmann::ordered_json;

[[nodiscard]] inline Json number(double value) { return number_or_null(value); }

}  // namespace feedline::cli
