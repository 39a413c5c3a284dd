// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/source/table/cell_value.h"
#include "nodes/source/table/csv_dialect.h"
#include "nodes/source/table/plain_file.h"
#include "nodes/source/table/row_index.h"
#include "nodes/source/table/table_layout.h"
#include "schema/behaviour.h"

#include <cstdint>
#include <memory>
#include <string>

namespace feedline::inline nodes {

/// A table in a text file, and how it is to be read.
struct CsvRequest {
  std::string file{};
  std::string encoding = "auto";
  CsvSettings settings{};
  TableChoices choices{};
};

/// A table whose rows are found and whose columns are known.
[[nodiscard]] std::unique_ptr<Source> make_csv_source(PlainFile plain, CsvHead head, RowIndex index, TableLayout layout,
                                                      MissingTokens missing);
/// For TextBytes::id, and the next number too.
[[nodiscard]] std::uint64_t new_text_id();

/// Opens it: finds out how it is written, indexes its rows, looks at its columns. Errors name parameter and file.
[[nodiscard]] Result<std::unique_ptr<Source>> open_csv(const CsvRequest& request, const SourceContext& context);

}  // namespace feedline::inline nodes
