// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/datum.h"
#include "schema/node_spec.h"
#include "schema/registry.h"
#include "schema/row.h"

#include <QString>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace feedline::test {

/// Rows of a table in memory, for tests of the nodes that work on them: without any source.
struct TableRows {
  TensorDesc desc{};
  std::vector<Datum> rows{};
  std::vector<Datum> labels{};  ///< one a row where the test has some
  TensorDesc label_desc{.kind = Kind::Label, .dtype = DType::I64, .classes = 2};
};

/// Cells as texts; one that is "?" is missing. A column is of numbers if all of its cells are, or missing.
[[nodiscard]] TableRows table_rows(const std::vector<std::string>& names,
                                   const std::vector<std::vector<std::string>>& cells);
/// Lines of a file with commas between cells and blanks around them; columns are called c0, c1 and so on. No line: the
/// file is not there. `keep_missing`: "?" is a text like others.
[[nodiscard]] TableRows read_table(const QString& path, int skipped_lines, int most, bool keep_missing = false);

/// A node of tables, bound to what it has learnt from rows.
struct TableNode {
  TensorDesc out{};
  NamedTensors state{};
  std::shared_ptr<const SampleOp> op{};
  Error error{};
};
/// `together`: as many rows are taken up by one fitter before it is merged.
[[nodiscard]] TableNode bind_table_node(const std::string& type, const ParamMap& params, const TableRows& table,
                                        std::size_t together = 1);
/// All rows through a node. Ends the program where one is refused.
[[nodiscard]] TableRows through(const TableNode& node, const TableRows& table, bool training = false);
/// One record; its error is told.
[[nodiscard]] Status run_table_node(const TableNode& node, const TableRows& table, std::size_t row, Datum& out,
                                    bool training = false);

/// The number of a cell; NaN where it is missing.
[[nodiscard]] double number_at(const TableRows& table, std::size_t row, std::size_t column);
/// The text of a cell; none where it is missing.
[[nodiscard]] std::optional<std::string> text_at(const TableRows& table, std::size_t row, std::size_t column);
/// "age, town, income=low"
[[nodiscard]] QString column_names(const TensorDesc& desc);

// What the tests of these nodes share.

/// A list parameter, and a parameter, of texts.
[[nodiscard]] ValueList text_list(std::initializer_list<const char*> items);
[[nodiscard]] inline Value text_value(const char* value) { return std::string(value); }
/// Four people, by age, town, income and job: numbers and texts, one of each missing.
[[nodiscard]] TableRows people_rows();
/// Two columns of numbers, x and level, and two of texts, town and job, a tenth of the cells missing; labels take
/// turns.
[[nodiscard]] TableRows mixed_rows(int count = 500);
/// Why a node of this type cannot be bound to the table; nothing: it can.
[[nodiscard]] Error table_refusal(const std::string& type, const ParamMap& params, const TableRows& table);
/// Why a node refuses one row; nothing: it does not.
[[nodiscard]] Error row_error(const TableNode& node, const TableRows& table, std::size_t row);
/// The cells of a row: "20 | Ulm | - | 1".
[[nodiscard]] QString row_cells(const TableRows& table, std::size_t row);

}  // namespace feedline::test
