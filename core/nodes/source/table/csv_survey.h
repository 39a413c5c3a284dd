// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/source/table/cell_value.h"
#include "nodes/source/table/csv_dialect.h"
#include "nodes/source/table/row_index.h"
#include "nodes/source/table/table_layout.h"

#include <optional>
#include <string>

namespace feedline::inline nodes {

/// What a row's fault is, in words, with its column.
[[nodiscard]] std::string row_fault(RowSplitter::Fault fault, std::size_t cells, const std::vector<std::string>& names);

struct SurveyRequest {
  const PlainFile& plain;
  const CsvHead& head;
  const RowIndex& index;
  const MissingTokens& missing;
  std::string missing_key{};  ///< tells sets of missing tokens apart
  std::size_t label = 0;
  std::optional<std::string> separator{};  ///< TableLayout::separator
  TextBytes text{};
  unsigned threads = 0;  ///< 0: as many as there are cores
};

/// Looks at every cell once, by all threads; the result does not depend on how many they are. That of a large file is
/// kept in the cache folder. Errors: unreadable; stopped.
[[nodiscard]] Result<TableSurvey> survey_csv(const SurveyRequest& request, const SourceContext& context);

}  // namespace feedline::inline nodes
