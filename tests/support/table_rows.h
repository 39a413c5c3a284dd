// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/behaviour.h"

#include <cstdint>
#include <string>

namespace feedline::test {

/// The columns of a table's rows: "age:number job:text?", a question mark where values are missing; then " -> " and its
/// classes ("low,high"), or "number".
[[nodiscard]] std::string table_columns(const Source& source);

/// A row as it streams: "39|clerk|~ -> low", "~" for a missing value; "! " and the error's line for a bad record.
[[nodiscard]] std::string table_row(const Source& source, std::uint64_t index);

/// All rows, one a line.
[[nodiscard]] std::string table_rows(const Source& source);

}  // namespace feedline::test
