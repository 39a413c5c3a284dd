// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/engine: which column of a table is to be predicted and which tell nothing, where nobody says.

#include "schema/behaviour.h"
#include "schema/value.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace feedline::inline engine {

using OpenedTable = Result<std::unique_ptr<Source>>;
using OpenTable = std::function<OpenedTable(const ParamMap&)>;

/// Sets `label` of a table's source, and `label_kind` where whole numbers are hardly met twice, as rows of few records
/// have them; opens it anew by them. It is the column that is called like a label, else the last one, the first one,
/// or one from the end on that has few different values: of these the first that most rows have, and that is a number
/// or has at least three records a class. Where `params` name one already, only its kind is set. `opened`: the table as
/// `params` open it, or why not; `seen`: the same, opened to be looked at. Opens it six times at most.
void choose_label(ParamMap& params, OpenedTable& opened, const Source& seen, const OpenTable& open);

/// The column that the source predicts; empty: it has no columns.
[[nodiscard]] std::string label_of(const Source& table, const ParamMap& params);

/// Columns that tell nothing, to judge by rows from all over the table: empty ones, which impute cannot fill, and names
/// of the records (texts of which no two are alike). Not all of the table's.
[[nodiscard]] std::vector<std::string> useless_columns(const Source& table);

}  // namespace feedline::inline engine
