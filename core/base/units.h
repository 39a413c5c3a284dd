// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string_view>

namespace feedline::inline base {

/// How many `to` one `from` is: 1024 MiB in a GiB, 0.001 s in a ms; 1 for the same word. Nothing where they are of
/// different kinds. Upper and lower case count ("ms" is no "Ms"); "k", "M" and the like without a unit are none.
[[nodiscard]] std::optional<long double> unit_factor(std::string_view from, std::string_view to);

}  // namespace feedline::inline base
