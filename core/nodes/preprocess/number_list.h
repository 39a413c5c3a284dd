// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

/// Numbers from a text such as "0.485, 0.456, 0.406" (commas, blanks or semicolons between). Empty for an empty text.
/// Errors name `parameter`: something that is no finite number.
[[nodiscard]] Result<std::vector<double>> parse_numbers(std::string_view text, std::string parameter);

}  // namespace feedline::inline nodes
