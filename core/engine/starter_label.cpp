// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/starter_label.h"

#include "base/lower_case.h"
#include "schema/row.h"
#include "schema/source_report.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace feedline::inline engine {
namespace {

constexpr std::uint64_t kRowsForLabel = 400;   // that are looked at, from all over the table
constexpr std::uint64_t kRecordsAClass = 3;    // on the average, or it is rather a name
constexpr std::uint64_t kRowsForNames = 50;    // of fewer, any column may have as many values
constexpr std::size_t kColumnsOfNames = 1000;  // of more, none is looked at for names of records
constexpr std::size_t kLookedBytes = 100;      // of a text
constexpr std::size_t kFewValues = 20;         // of a column that could be the label
constexpr std::size_t kColumnsForLabel = 256;  // the last ones
constexpr std::size_t kLikelyLabels = 3;       // that are tried

enum class LabelWorth { None, AsNumber, Fine };

/// The column that is called like a label; empty: none is.
std::string usual_label(const std::vector<Column>& columns) {
  const auto find = [&](const auto& is_usual) {
    const auto column =
        std::find_if(columns.begin(), columns.end(), [&](const Column& one) { return is_usual(lower_case(one.name)); });
    return column == columns.end() ? std::string() : column->name;
  };
  std::string name =
      find([](std::string_view called) { return called == "label" || called == "target" || called == "class"; });
  for (const Column* end : {&columns.back(), &columns.front()})  // elsewhere it is rather a place: x, y, z
    if (name.empty() && lower_case(end->name) == "y") name = end->name;
  if (!name.empty()) return name;
  return find([](std::string_view called) { return called.ends_with("label") || called.ends_with("_target"); });
}

/// Calls take(row) for rows that lie all over the table, and returns how many were asked for.
template <class Take>
std::uint64_t look_all_over(const Source& table, std::size_t output, const Take& take) {
  std::vector<Datum*> out(table.outputs().size(), nullptr);
  Datum value;
  out[output] = &value;
  const std::uint64_t looked = std::min(kRowsForLabel, table.size());
  for (std::uint64_t i = 0; i < looked; ++i)
    if (table.read(i * table.size() / looked, out)) take(value);
  return looked;
}

/// Is there something to learn in this label?
LabelWorth worth_of(const Source& table, const std::string& label) {
  std::uint64_t there = 0;
  const std::uint64_t looked = look_all_over(table, 1, [&](const Datum&) { ++there; });
  if (2 * there < looked) return LabelWorth::None;
  const TensorDesc& target = table.outputs()[1];
  if (target.dtype != DType::I64 || !target.classes.known()) return LabelWorth::Fine;
  const auto classes = static_cast<std::uint64_t>(target.classes.size());
  if (classes <= 2 || table.size() >= kRecordsAClass * classes) return LabelWorth::Fine;
  const SourceReport* report = report_of(table);
  if (report == nullptr) return LabelWorth::None;
  const std::vector<Column>& columns = report->columns;
  const auto column = std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == label; });
  return column != columns.end() && column->type == ColumnType::Number ? LabelWorth::AsNumber : LabelWorth::None;
}

/// Columns of few different texts, then columns of numbers, from the last one on.
std::vector<std::string> likely_labels(const Source& table) {
  const std::vector<Column>& columns = table.outputs()[0].columns;
  const std::size_t begin = columns.size() - std::min(columns.size(), kColumnsForLabel);
  std::vector<std::set<std::string>> values(columns.size() - begin);
  std::vector<std::uint64_t> there(values.size());
  const std::uint64_t looked = look_all_over(table, 0, [&](const Datum& datum) {
    const RowView row(datum, columns.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool number = columns[begin + i].type == ColumnType::Number;
      const auto text = number ? std::nullopt : row.text(begin + i);
      if (text && values[i].size() <= kFewValues) values[i].emplace(text->substr(0, kLookedBytes));
      there[i] += text || (number && !std::isnan(row.number(begin + i))) ? 1 : 0;
    }
  });
  std::vector<std::string> found;
  for (const ColumnType type : {ColumnType::Text, ColumnType::Number})
    for (std::size_t i = values.size(); i-- > 0 && found.size() < kLikelyLabels;) {
      const bool few = type == ColumnType::Number || (values[i].size() > 1 && values[i].size() <= kFewValues);
      if (columns[begin + i].type == type && few && 2 * there[i] >= looked) found.push_back(columns[begin + i].name);
    }
  return found;
}

class LabelChooser {
 public:
  LabelChooser(ParamMap& params, OpenedTable& opened, const OpenTable& open)
      : params_(params), opened_(opened), open_(open) {}

  void run(const Source& seen) {
    const SourceReport* report = report_of(seen);
    if (report == nullptr || report->columns.empty()) return;
    if (const auto given = params_.find("label"); given != params_.end() && !to_text(given->second).empty()) {
      (void)settle(params_, opened_, true);
      return;
    }
    if (take(usual_label(report->columns), true) || settle(params_, opened_, false)) return;
    const std::string first = report->columns.front().name;
    if (take(first, false)) return;
    for (const std::string& label : likely_labels(seen))
      if (take(label, false)) return;
    if (!opened_) (void)take(first, true);  // better than nothing
  }

 private:
  bool take(const std::string& label, bool anyhow) {
    if (label.empty()) return false;
    ParamMap params = params_;
    params["label"] = label;
    OpenedTable table = open_(params);
    return settle(std::move(params), table, anyhow);
  }

  /// Keeps a table whose label is worth it.
  bool settle(ParamMap params, OpenedTable& table, bool anyhow) {
    if (!table) return false;
    const LabelWorth worth = worth_of(**table, label_of(**table, params));
    if (worth == LabelWorth::None && !anyhow) return false;
    if (worth == LabelWorth::AsNumber) {
      ParamMap numbers = params;
      numbers["label_kind"] = std::string("number");
      if (OpenedTable again = open_(numbers)) {
        params = std::move(numbers);
        table = std::move(again);
      }
    }
    params_ = std::move(params);
    if (&table != &opened_) opened_ = std::move(table);
    return true;
  }

  ParamMap& params_;
  OpenedTable& opened_;
  const OpenTable& open_;
};

}  // namespace

void choose_label(ParamMap& params, OpenedTable& opened, const Source& seen, const OpenTable& open) {
  LabelChooser(params, opened, open).run(seen);
}

std::string label_of(const Source& table, const ParamMap& params) {
  if (const auto given = params.find("label"); given != params.end() && !to_text(given->second).empty())
    return to_text(given->second);
  const SourceReport* report = report_of(table);
  return report == nullptr || report->columns.empty() ? std::string() : report->columns.back().name;
}

std::vector<std::string> useless_columns(const Source& table) {
  const std::vector<Column>& columns = table.outputs()[0].columns;
  std::vector<std::set<std::string>> values(columns.size());
  std::vector<std::uint64_t> there(columns.size());
  const bool named = columns.size() <= kColumnsOfNames && table.size() >= kRowsForNames;
  std::uint64_t rows = 0;
  (void)look_all_over(table, 0, [&](const Datum& datum) {
    const RowView row(datum, columns.size());
    ++rows;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const bool number = columns[i].type == ColumnType::Number;
      if (number ? std::isnan(row.number(i)) : !row.text(i)) continue;
      ++there[i];
      if (!number && named && values[i].size() + 1 == there[i])  // no two were alike so far
        values[i].emplace(row.text(i)->substr(0, kLookedBytes));
    }
  });
  std::vector<std::string> found;
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (there[i] == 0 || (named && there[i] == rows && values[i].size() == rows)) found.push_back(columns[i].name);
  if (found.size() == columns.size()) found.clear();  // or nothing is left
  return found;
}

}  // namespace feedline::inline engine
