// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

/// Names that can be shown and chosen: trimmed, fit to be shown (escape_name()), "column_3" where there is none, and
/// "age_2" where one stands for the second time.
[[nodiscard]] std::vector<std::string> column_names(const std::vector<std::string>& written);

/// Which column is called so; as case is easily mistaken, a name that fits but for it counts if it is the only one.
/// Error, at `parameter`: there is none; the remedy names the most similar one, or some of them.
[[nodiscard]] Result<std::size_t> find_column(const std::vector<std::string>& names, std::string_view name,
                                              std::string_view parameter);

}  // namespace feedline::inline nodes
