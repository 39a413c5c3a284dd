// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline base {

/// A field of CSV (RFC 4180), quoted where it must be.
[[nodiscard]] std::string csv_field(std::string_view text);
/// Fields as one line of CSV (RFC 4180), each quoted where it must be.
[[nodiscard]] std::string csv_line(const std::vector<std::string>& fields);

}  // namespace feedline::inline base
