// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/curves.h"

#include <string>
#include <vector>

namespace feedline::cli {

/// A JSON object with the key `curves` added at its end: a list of `kind`, `headline`, `evidence` and `remedy`, empty
/// where nothing was found. See resources/help/run-json.md.
[[nodiscard]] std::string json_with_curves(const std::string& json, const std::vector<CurveFinding>& curves);

}  // namespace feedline::cli
