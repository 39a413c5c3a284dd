// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/table_rows.h"

#include "schema/row.h"

#include <fmt/format.h>

#include <cmath>

namespace feedline::test {

std::string table_columns(const Source& source) {
  std::string text;
  for (const Column& column : source.outputs()[0].columns)
    text += fmt::format("{}{}:{}{}", text.empty() ? "" : " ", column.name,
                        column.type == ColumnType::Number ? "number" : "text", column.missing ? "?" : "");
  const TensorDesc& label = source.outputs()[1];
  if (label.dtype == DType::F32) return text + " -> number";
  std::string names;
  for (const std::string& name : label.class_names) names += (names.empty() ? "" : ",") + name;
  return text + " -> " + names;
}

std::string table_row(const Source& source, std::uint64_t index) {
  Datum row;
  Datum label;
  const std::vector<Datum*> out = {&row, &label};
  if (const Status read = source.read(index, out); !read) return "! " + read.error().line();
  const std::vector<Column>& columns = source.outputs()[0].columns;
  if (!RowView::fits(row, columns.size())) return "! too short";
  const RowView view(row, columns.size());
  std::string text;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) text += '|';
    if (columns[i].type == ColumnType::Number) {
      text += std::isnan(view.number(i)) ? "~" : fmt::format("{}", view.number(i));
    } else {
      text += view.text(i) ? std::string(*view.text(i)) : "~";
    }
  }
  const TensorDesc& desc = source.outputs()[1];
  if (desc.dtype == DType::F32) return text + fmt::format(" -> {}", *label.as<float>());
  return text + " -> " + desc.class_names.at(static_cast<std::size_t>(label.label()));
}

std::string table_rows(const Source& source) {
  std::string text;
  for (std::uint64_t i = 0; i < source.size(); ++i) text += table_row(source, i) + '\n';
  return text;
}

}  // namespace feedline::test
