// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/source/table/table_layout.h"

#include "base/numbers.h"
#include "base/plain_text.h"
#include "nodes/source/table/cell_value.h"
#include "nodes/source/table/column_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr std::uint64_t kTextsInNumbers = 100;  // one cell in so many may be no number
constexpr std::size_t kShownText = 40;          // bytes

enum class ColumnUse : std::uint8_t { Auto, Number, Text, Ignored };

bool is_number_column(const CellCounts& counts) {
  return counts.numbers > 0 && counts.texts * kTextsInNumbers <= counts.numbers + counts.texts;
}

Result<std::vector<ColumnUse>> uses_of(const std::vector<std::string>& names, const TableChoices& choices,
                                       std::size_t label) {
  std::vector<ColumnUse> uses(names.size(), ColumnUse::Auto);
  const auto mark = [&](const std::vector<std::string>& wanted, const char* parameter, ColumnUse use) -> Status {
    for (const std::string& name : wanted) {
      const auto column = find_column(names, name, parameter);
      if (!column) return fail(column.error());
      if (use == ColumnUse::Ignored && *column == label)
        return fail(Error{.reason = fmt::format("'{}' is the label, so it cannot be ignored", names[label]),
                          .remedy = "Take it out of the list, or choose another label",
                          .parameter = parameter});
      if (use == ColumnUse::Text && uses[*column] == ColumnUse::Number)
        return fail(Error{.reason = fmt::format("'{}' is in numbers too", names[*column]),
                          .remedy = "Take it out of one of the two lists",
                          .parameter = parameter});
      uses[*column] = use;
    }
    return {};
  };
  if (Status done = mark(choices.numbers, "numbers", ColumnUse::Number); !done) return fail(std::move(done.error()));
  if (Status done = mark(choices.texts, "texts", ColumnUse::Text); !done) return fail(std::move(done.error()));
  if (Status done = mark(choices.ignore, "ignore", ColumnUse::Ignored); !done) return fail(std::move(done.error()));
  return uses;
}

bool label_is_number(const TableSurvey& survey, const CellCounts& counts, const TableChoices& choices, ColumnUse use) {
  if (choices.label_kind != "auto") return choices.label_kind == "number";
  if (use == ColumnUse::Text || (use == ColumnUse::Auto && !is_number_column(counts))) return false;
  return counts.fractions > 0 || survey.many_labels || survey.labels.size() > kMostNumberClasses;
}

/// Why this label can teach nothing.
std::optional<Error> refused_label(const TableSurvey& survey, const CellCounts& counts, const std::string& name,
                                   bool number, bool several) {
  const auto refusal = [&](std::string reason, std::string remedy, const char* parameter = "label") {
    return Error{.reason = std::move(reason), .remedy = std::move(remedy), .parameter = parameter};
  };
  if (number && counts.numbers == 0)
    return refusal(fmt::format("'{}' holds no numbers, but texts such as '{}'", name, counts.first_text),
                   "Set label_kind to class, or choose another column as label", "label_kind");
  std::uint64_t counted = 0;
  for (const auto& [label, count] : survey.labels) counted += count;
  if (!number && !survey.many_labels && 2 * counted < counts.numbers + counts.texts)
    return refusal(fmt::format("'{}' holds texts of more than {} bytes, which are no classes", name,
                               numbers::count(kLongestTableClass)),
                   "Choose another column as label");
  if (!survey.many_labels && survey.labels.empty())
    return refusal(fmt::format("'{}' is empty in every row, so there is nothing to learn", name),
                   "Choose another column as label");
  const std::uint64_t rows = counts.numbers + counts.texts + counts.missing;
  if (!survey.many_labels && survey.labels.size() == 1 && (!several || survey.labels.begin()->second == rows))
    return refusal(fmt::format("'{}' is '{}' in every row, so there is nothing to learn", name,
                               plain_line(survey.labels.begin()->first)),
                   "Choose another column as label");
  if (number || !survey.many_labels) return std::nullopt;
  if (several)
    return refusal(fmt::format("'{}' has more than {} different labels", name, numbers::count(kMostTableClasses)),
                   "Set label_separator to what stands between them, or choose another column as label",
                   "label_separator");
  return refusal(fmt::format("'{}' has more than {} different values, which is too many for classes", name,
                             numbers::count(kMostTableClasses)),
                 is_number_column(counts) ? "Set label_kind to number, or choose another column as label"
                                          : "Choose another column as label");
}

void add_classes(TableLayout& layout, const TableSurvey& survey) {
  std::vector<std::string> names;
  names.reserve(survey.labels.size());
  for (const auto& [name, count] : survey.labels) names.push_back(name);
  std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return natural_less(a, b); });
  SourceReport& report = layout.report;
  for (std::size_t i = 0; i < names.size(); ++i) {
    layout.classes.emplace(names[i], static_cast<std::int64_t>(i));
    (layout.separator ? report.label_names : report.class_names).push_back(escape_name(names[i]));
    (layout.separator ? report.label_counts : report.class_counts).push_back(survey.labels.at(names[i]));
  }
  report.label_runs = survey.label_runs;
}

TensorDesc row_output() { return {.kind = Kind::Row, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}}; }

std::vector<TensorDesc> table_outputs(bool number, Dim classes) {
  return {row_output(),
          {.kind = Kind::Label, .dtype = number ? DType::F32 : DType::I64, .classes = std::move(classes)}};
}

std::vector<TensorDesc> outputs_of_labels(Dim labels) {
  return {row_output(), {.kind = Kind::Label, .dtype = DType::F32, .shape = {std::move(labels)}}};
}

}  // namespace

void TableSurvey::add_text(std::size_t column, std::string_view text, std::uint64_t row) {
  CellCounts& counts = columns[column];
  ++counts.texts;
  if (row >= counts.first_text_row) return;
  counts.first_text_row = row;
  counts.first_text = plain_line(text.substr(0, kShownText));
}

void TableSurvey::add_malformed(std::uint64_t row, std::string_view reason) {
  ++malformed;
  if (row >= first_malformed) return;
  first_malformed = row;
  fault = reason;
}

bool TableSurvey::add_label(std::string_view label) {
  if (many_labels || label.size() > kLongestTableClass) return false;
  thread_local std::string key;  // kept, so that a label that is known already costs no memory
  key.assign(label);
  ++labels[key];
  if (labels.size() <= kMostTableClasses) return true;
  many_labels = true;
  labels.clear();
  return false;
}

void TableSurvey::add_labels(std::string_view cell, std::string_view separator) {
  thread_local std::vector<std::string_view> named;  // kept, as in add_label()
  named.clear();
  each_label(cell, separator, [](std::string_view label) { named.push_back(label); });
  std::sort(named.begin(), named.end());
  named.erase(std::unique(named.begin(), named.end()), named.end());
  for (const std::string_view label : named) (void)add_label(label);
}

void TableSurvey::merge(const TableSurvey& other) {
  rows += other.rows;
  malformed += other.malformed;
  if (other.first_malformed < first_malformed) {
    first_malformed = other.first_malformed;
    fault = other.fault;
  }
  if (columns.size() < other.columns.size()) columns.resize(other.columns.size());
  for (std::size_t i = 0; i < other.columns.size(); ++i) {
    const CellCounts& theirs = other.columns[i];
    CellCounts& ours = columns[i];
    ours.missing += theirs.missing;
    ours.numbers += theirs.numbers;
    ours.fractions += theirs.fractions;
    ours.texts += theirs.texts;
    if (theirs.first_text_row >= ours.first_text_row) continue;
    ours.first_text_row = theirs.first_text_row;
    ours.first_text = theirs.first_text;
  }
  many_labels |= other.many_labels;
  if (!many_labels)
    for (const auto& [label, count] : other.labels) labels[label] += count;
  many_labels |= labels.size() > kMostTableClasses;
  if (many_labels) labels.clear();
}

std::optional<std::string> separator_of(const TableChoices& choices) {
  return choices.label_kind == "labels" ? std::optional(choices.label_separator) : std::nullopt;
}

std::optional<std::string_view> put_labels(const TableLayout& layout, std::string_view cell, Datum& out) {
  const std::size_t classes = layout.classes.size();
  auto* to = reinterpret_cast<float*>(out.allocate(DType::F32, {static_cast<std::int64_t>(classes)}));
  std::fill_n(to, classes, 0.0F);
  std::optional<std::string_view> unknown;
  thread_local std::string key;
  each_label(cell, *layout.separator, [&](std::string_view label) {
    key.assign(label);
    const auto known = layout.classes.find(key);
    if (known == layout.classes.end()) {
      unknown = label;
    } else {
      to[known->second] = 1;
    }
  });
  return unknown;
}

Result<std::size_t> label_column(const std::vector<std::string>& names, const TableChoices& choices) {
  if (names.size() < 2)
    return fail(Error{.reason = fmt::format("the table has one column only, '{}'", names.empty() ? "" : names.front()),
                      .remedy = "A record needs a label and something to tell it by: choose another table, or name its "
                                "separator"});
  if (choices.label.empty()) return names.size() - 1;
  return find_column(names, choices.label, "label");
}

Result<TableLayout> lay_out(const std::vector<std::string>& names, const TableSurvey& survey,
                            const TableChoices& choices) {
  const auto label = label_column(names, choices);
  if (!label) return fail(label.error());
  const auto uses = uses_of(names, choices, *label);
  if (!uses) return fail(uses.error());
  TableLayout layout;
  layout.label = *label;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const ColumnUse use = (*uses)[i];
    const CellCounts& counts = survey.columns[i];
    const bool number = (use == ColumnUse::Number) || (use != ColumnUse::Text && is_number_column(counts));
    Column column{.name = names[i],
                  .dtype = number ? DType::F64 : DType::U8,
                  .missing = counts.missing > 0,
                  .type = number ? ColumnType::Number : ColumnType::Text};
    layout.report.columns.push_back(column);
    if (i == *label || use == ColumnUse::Ignored) continue;
    layout.columns.push_back(std::move(column));
    layout.from.push_back(i);
  }
  if (layout.columns.empty())
    return fail(Error{
        .reason = "no column is left besides the label", .remedy = "Ignore fewer columns", .parameter = "ignore"});
  const CellCounts& counts = survey.columns[*label];
  layout.separator = separator_of(choices);
  layout.label_number = label_is_number(survey, counts, choices, (*uses)[*label]);
  layout.report.refusal =
      refused_label(survey, counts, names[*label], layout.label_number, layout.separator.has_value());
  if (!layout.label_number) add_classes(layout, survey);
  const auto classes = static_cast<std::int64_t>(layout.classes.size());
  layout.outputs = layout.separator ? outputs_of_labels(classes) : table_outputs(layout.label_number, Dim(classes));
  layout.outputs[0].columns = layout.columns;
  layout.outputs[1].class_names = layout.separator ? layout.report.label_names : layout.report.class_names;
  return layout;
}

Result<TableLayout> lay_out_like(const std::vector<std::string>& names, std::span<const Column> like) {
  TableLayout layout{.columns = {like.begin(), like.end()}, .label = kNoLabel, .label_number = true};
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < names.size(); ++i) places.emplace(names[i], i);
  for (const Column& column : like) {
    if (const auto exact = places.find(column.name); exact != places.end()) {
      layout.from.push_back(exact->second);
      continue;
    }
    const auto near = find_column(names, column.name, "file");
    if (!near)
      return fail(Error{
          .reason = fmt::format("it has no column '{}', which the model was trained on", escape_name(column.name)),
          .remedy = "Give it the columns of the training data; the label may be missing",
          .parameter = "file"});
    layout.from.push_back(*near);
  }
  layout.outputs = table_outputs(true, 0);
  layout.outputs[0].columns = layout.columns;
  return layout;
}

std::vector<TensorDesc> unknown_table(const TableChoices& choices) {
  const bool number = choices.label_kind == "number";
  if (separator_of(choices)) return outputs_of_labels(Dim::symbol("labels"));
  return table_outputs(number, number ? Dim(0) : Dim::symbol("classes"));
}

}  // namespace feedline::inline nodes
