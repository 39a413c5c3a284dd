// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/behaviour.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

/// Which table is made. The same recipe gives the same bytes on every machine: all of it is arithmetic of whole
/// numbers.
struct TableRecipe {
  std::string kind = "two_moons";  ///< two_moons, spirals, blobs, regression, fraud
  std::uint64_t rows = 2000;
  std::int64_t noise = 1000;  ///< in ten-thousandths
  std::int64_t classes = 3;   ///< of spirals and blobs
  std::uint32_t seed = 1;
};

/// The kinds that there are.
[[nodiscard]] const std::vector<std::string>& table_kinds();
/// What is to be predicted in this kind: the last column.
[[nodiscard]] std::string_view table_header(const TableRecipe& recipe);
/// Appends row number `index`, with a line feed, to `text`.
void write_table_row(const TableRecipe& recipe, std::uint64_t index, std::string& text);

/// The table as a CSV file in the cache folder, written when it is first asked for; it appears under its name only when
/// it is complete. Errors: it cannot be written; stopped.
[[nodiscard]] Result<std::filesystem::path> generated_table(const TableRecipe& recipe, const SourceContext& context);

}  // namespace feedline::inline nodes
