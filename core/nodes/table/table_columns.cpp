// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/table/table_columns.h"

#include "base/plain_text.h"
#include "schema/registry.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace feedline::inline nodes {
namespace {

/// Above it nearest_word() would take long for a table of many thousand columns.
constexpr std::size_t kNamesToCompare = 2000;

using PlacesByName = std::unordered_map<std::string_view, std::size_t>;

PlacesByName places_by_name(std::span<const Column> columns) {
  PlacesByName places;
  places.reserve(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) places.try_emplace(columns[i].name, i);
  return places;
}

std::string column_remedy(std::span<const Column> columns, std::string_view name) {
  std::vector<std::string> names;
  for (const Column& column : columns.first(std::min(columns.size(), kNamesToCompare))) names.push_back(column.name);
  if (const std::string near = nearest_word(name, names); !near.empty())
    return "Did you mean '" + escape_name(near) + "'?";
  std::string all;
  constexpr std::size_t kShown = 8;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) all += (i == 0 ? "" : ", ") + escape_name(names[i]);
  return "Name some of its columns: " + all + (columns.size() > kShown ? ", ..." : "");
}

bool usable_type(ColumnType type, ColumnsOf use) {
  if (use == ColumnsOf::All) return true;
  if (use == ColumnsOf::Numbers) return type == ColumnType::Number;
  return type == ColumnType::Text || use == ColumnsOf::TextsOrNumbers;
}

std::string type_reason(std::string_view name, ColumnType type) {
  return column_text(name) + (type == ColumnType::Text ? " holds texts, not numbers" : " holds numbers, not texts");
}

std::string type_remedy(ColumnType type) {
  return type == ColumnType::Text ? "Leave it out of columns, or put one_hot or ordinal in front"
                                  : "Leave it out of columns";
}

}  // namespace

ListRules column_list() { return {.most = 4096, .longest = 1024, .unique = true, .item_text = "column"}; }

Status check_row(const TensorDesc& in, std::string_view port) {
  if (in.kind == Kind::Row) return {};
  return fail(Error{.reason = "it takes a table row, but " + in.text() + " arrives", .port = std::string(port)});
}

Result<std::vector<std::size_t>> chosen_columns(std::span<const Column> columns, const std::vector<std::string>& names,
                                                ColumnsOf use) {
  std::vector<std::size_t> places;
  if (names.empty()) {
    const ColumnType wanted = use == ColumnsOf::Numbers ? ColumnType::Number : ColumnType::Text;
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (use == ColumnsOf::All || columns[i].type == wanted) places.push_back(i);
    return places;
  }
  const PlacesByName by_name = places_by_name(columns);
  for (const std::string& name : names) {
    const auto found = by_name.find(name);
    if (found == by_name.end())
      return fail(Error{.reason = "there is no column '" + escape_name(name) + "'",
                        .remedy = column_remedy(columns, name),
                        .parameter = "columns"});
    if (const ColumnType type = columns[found->second].type; !usable_type(type, use))
      return fail(Error{.reason = type_reason(name, type), .remedy = type_remedy(type), .parameter = "columns"});
    places.push_back(found->second);
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

Result<std::vector<std::size_t>> columns_named(std::span<const Column> columns, const std::vector<std::string>& names,
                                               ColumnsOf use) {
  const PlacesByName by_name = places_by_name(columns);
  std::vector<std::size_t> places;
  for (const std::string& name : names) {
    const auto found = by_name.find(name);
    if (found == by_name.end())
      return fail("it was fitted to " + column_text(name) + ", which these data do not have",
                  "Give it data with the columns of those that it was trained on");
    if (const ColumnType type = columns[found->second].type; !usable_type(type, use))
      return fail(type_reason(name, type) + ", as it did when the node was fitted",
                  "Tell the source which columns are numbers and which are texts");
    places.push_back(found->second);
  }
  return places;
}

Result<std::vector<std::size_t>> fitted_columns(DescInputs in, const std::vector<std::string>& names, ColumnsOf use,
                                                const NamedTensors& state) {
  if (!columns_known(in)) return fail("the columns of its table are not known");
  auto chosen = chosen_columns(in[0]->columns, names, use);
  if (!chosen || (chosen->empty() && state.empty())) return chosen;
  auto learnt = kept_names(state, "columns");
  if (!learnt) return fail(std::move(learnt.error()));
  return columns_named(in[0]->columns, *learnt, use);
}

Result<TensorDesc> same_columns(const TensorDesc& in, const std::vector<std::string>& names, ColumnsOf use) {
  if (Status row = check_row(in); !row) return fail(std::move(row.error()));
  if (!in.columns.empty())
    if (auto chosen = chosen_columns(in.columns, names, use); !chosen) return fail(std::move(chosen.error()));
  return in;
}

TensorDesc row_of(std::vector<Column> columns) {
  return {.kind = Kind::Row, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}, .columns = std::move(columns)};
}

Column made_column(std::string name, bool missing) {
  return {.name = std::move(name), .dtype = DType::F64, .missing = missing, .type = ColumnType::Number};
}

void make_names_unique(std::vector<Column>& columns) {
  std::unordered_set<std::string> taken;
  taken.reserve(columns.size());
  for (Column& column : columns) {
    const std::string stem = column.name;
    for (int number = 2; !taken.insert(column.name).second; ++number) column.name = stem + "_" + std::to_string(number);
  }
}

std::vector<std::string> names_of(std::span<const Column> columns, std::span<const std::size_t> places) {
  std::vector<std::string> names;
  names.reserve(places.size());
  for (const std::size_t place : places) names.push_back(columns[place].name);
  return names;
}

std::string column_text(std::string_view name) { return "the column '" + escape_name(name) + "'"; }

Error wrong_state() {
  return {.reason = "what it has learnt does not fit its table",
          .remedy = "Delete the folder 'fitted' of the cache folder"};
}

Result<std::vector<double>> kept_numbers(const NamedTensors& state, std::string_view name, std::size_t count) {
  const auto found = state.find(name);
  auto numbers = found == state.end() ? std::nullopt : found->second.numbers<double>();
  if (!numbers || numbers->size() != count) return fail(wrong_state());
  return std::move(*numbers);
}

Result<std::vector<std::int64_t>> kept_counts(const NamedTensors& state, std::string_view name) {
  const auto found = state.find(name);
  auto counts = found == state.end() ? std::nullopt : found->second.numbers<std::int64_t>();
  if (!counts) return fail(wrong_state());
  return std::move(*counts);
}

Result<std::vector<std::string>> kept_names(const NamedTensors& state, std::string_view name) {
  auto names = find_texts(state, name);
  if (!names) return fail(wrong_state());
  return std::move(*names);
}

Error short_row() {
  return {.code = ErrorCode::BadRecord,
          .reason = "the row is shorter than its columns",
          .remedy = "See whether its file has changed"};
}

}  // namespace feedline::inline nodes
