// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the nodes of tables share: which columns of a row they work on, and what they say of their outputs.

#include "base/error.h"
#include "schema/named_tensors.h"
#include "schema/node_spec.h"
#include "schema/param_spec.h"
#include "schema/row.h"
#include "schema/tensor_desc.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

/// Which columns a node works on where its parameter `columns` names none, and which it can be told to work on.
enum class ColumnsOf {
  All,            ///< all columns
  Numbers,        ///< all columns of numbers; no other ones
  Texts,          ///< all columns of texts; no other ones
  TextsOrNumbers  ///< all columns of texts; those of numbers where they are named
};

/// Rules of a list parameter `columns` of exact names.
[[nodiscard]] ListRules column_list();

/// Are the columns of a row known? They are not before its source is open, or before a node in front has learnt.
[[nodiscard]] inline bool columns_known(DescInputs in) { return !in.empty() && in[0] && !in[0]->columns.empty(); }

/// Refuses what is no row of a table. Port: `port`.
[[nodiscard]] Status check_row(const TensorDesc& in, std::string_view port = "row");

/// The places of the columns that `names` asks for, ascending; without names those that `use` means, which may be none.
/// Errors name the parameter `columns`: no such column (with the nearest name), or one of the other type.
[[nodiscard]] Result<std::vector<std::size_t>> chosen_columns(std::span<const Column> columns,
                                                              const std::vector<std::string>& names, ColumnsOf use);

/// Where columns of these names are now. Errors: one is not there, or is of another type than `types` says; both are
/// what data in place of those that were learnt from can bring. Empty types: any.
[[nodiscard]] Result<std::vector<std::size_t>> columns_named(std::span<const Column> columns,
                                                             const std::vector<std::string>& names, ColumnsOf use);

/// Where the columns are that a fitted node works on: none where there are none to work on, with these parameters; else
/// those that `state` names as "columns". Errors: those of chosen_columns(), columns_named(), wrong_state().
[[nodiscard]] Result<std::vector<std::size_t>> fitted_columns(DescInputs in, const std::vector<std::string>& names,
                                                              ColumnsOf use, const NamedTensors& state);

/// Of infer() of a node that gives the columns that it takes: checks its row, and its parameter `columns` once the
/// columns are known.
[[nodiscard]] Result<TensorDesc> same_columns(const TensorDesc& in, const std::vector<std::string>& names,
                                              ColumnsOf use);

/// A row of these columns; without them: not known yet.
[[nodiscard]] TensorDesc row_of(std::vector<Column> columns);
/// A column that a node makes, of numbers.
[[nodiscard]] Column made_column(std::string name, bool missing = false);

/// Gives those that are called as one in front of them another name: "age", "age_2".
void make_names_unique(std::vector<Column>& columns);

/// The names of some columns, in their order.
[[nodiscard]] std::vector<std::string> names_of(std::span<const Column> columns, std::span<const std::size_t> places);

/// "the column 'age'": a name as it may be shown.
[[nodiscard]] std::string column_text(std::string_view name);

/// What was learnt, or kept, does not fit the node.
[[nodiscard]] Error wrong_state();
/// Numbers by name, as many as `count`. Errors: wrong_state().
[[nodiscard]] Result<std::vector<double>> kept_numbers(const NamedTensors& state, std::string_view name,
                                                       std::size_t count);
[[nodiscard]] Result<std::vector<std::int64_t>> kept_counts(const NamedTensors& state, std::string_view name);
/// Texts by name. Errors: wrong_state().
[[nodiscard]] Result<std::vector<std::string>> kept_names(const NamedTensors& state, std::string_view name);

/// Why a record cannot be worked on: it is shorter than its cells.
[[nodiscard]] Error short_row();

}  // namespace feedline::inline nodes
