// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/source_page.h"

#include "cli/format.h"
#include "cli/json_values.h"
#include "cli/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace feedline::cli {
namespace {

constexpr std::size_t kShownColumns = 8;  // of the records; a terminal is no wider
constexpr std::size_t kCellWidth = 24;
constexpr std::size_t kPageClasses = 12;

/// "▁▂▇█▂": a bar a bin.
std::string bars(const std::vector<std::uint64_t>& bins) {
  constexpr std::array<const char*, 8> kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::uint64_t most = bins.empty() ? 0 : *std::max_element(bins.begin(), bins.end());
  std::string text;
  for (const std::uint64_t bin : bins)
    text += bin == 0 ? " " : kBars[std::min<std::size_t>(7, static_cast<std::size_t>(bin * 8 / (most + 1)))];
  return text;
}

std::string top_text(const ColumnFacts& facts) {
  std::string text = fmt::format("{}{} different", facts.many ? "over " : "", count(facts.distinct));
  // Where all differ, as names do, which is met first says nothing.
  if (facts.top.empty() || facts.top.front().second < 2) return text;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, facts.top.size()); ++i)
    text += fmt::format("{} {} {}", i == 0 ? ":" : ",", fit(facts.top[i].first, kCellWidth),
                        percent(static_cast<double>(facts.top[i].second) / static_cast<double>(facts.values)));
  return text;
}

std::string facts_text(const RecordColumn& column, const ColumnFacts& facts) {
  if (facts.values == 0) return "no value";
  if (!column.number) return top_text(facts);
  return fmt::format("{:.5g} to {:.5g}, mean {:.5g} ± {:.5g}  {}", facts.least, facts.greatest, facts.mean,
                     facts.stddev, bars(facts.bins));
}

std::string classes_text(const SourceDescription& description, std::size_t width) {
  if (description.classes.empty()) return {};
  const std::uint64_t all = description.labelled();
  std::string text =
      fmt::format("{} {}{}: ", count(description.classes.size()), description.classes.size() == 1 ? "class" : "classes",
                  description.counted ? "" : " in the sample");
  for (std::size_t i = 0; i < std::min(kPageClasses, description.classes.size()); ++i)
    text += fmt::format("{}{} {} ({})", i == 0 ? "" : ", ", description.classes[i].first,
                        count(description.classes[i].second),
                        percent(static_cast<double>(description.classes[i].second) /
                                static_cast<double>(std::max<std::uint64_t>(1, all))));
  if (description.classes.size() > kPageClasses)
    text += fmt::format(" and {} more", count(description.classes.size() - kPageClasses));
  return wrap(text, width, 2) + "\n";
}

Json column_json(const RecordColumn& column, const ColumnFacts& facts) {
  Json json = {{"name", column.name},
               {"type", column.type},
               {"label", column.label},
               {"values", facts.values},
               {"missing", facts.missing}};
  if (column.number) {
    json["least"] = number(facts.least);
    json["greatest"] = number(facts.greatest);
    json["mean"] = number(facts.mean);
    json["stddev"] = number(facts.stddev);
    json["bins"] = facts.bins;
    return json;
  }
  json["distinct"] = facts.distinct;
  json["more_values"] = facts.many;
  json["top"] = Json::array();
  for (const auto& [value, records] : facts.top) json["top"].push_back({{"value", value}, {"records", records}});
  return json;
}

}  // namespace

std::string source_page(const SourceDescription& description, const FirstRows& rows, std::size_t width) {
  std::string text = fmt::format("{}; {}\n", plural(description.records, "record"),
                                 description.sampled == description.records
                                     ? "facts are of all of them"
                                     : fmt::format("facts are of a sample of {}", count(description.sampled)));
  if (description.bad > 0)
    text += fmt::format("{} of them cannot be read, first {}\n", count(description.bad), description.first_bad->line());
  text += classes_text(description, width) + "\n";
  Table facts({"column", "type", "missing", "values"}, 4);
  for (std::size_t i = 0; i < description.columns.size(); ++i) {
    const RecordColumn& column = description.columns[i];
    facts.row({fit(column.name, 2 * kCellWidth), column.type,
               description.facts[i].missing == 0 ? "-" : percent(description.facts[i].missing_share(), 1),
               facts_text(column, description.facts[i])});
  }
  text += facts.text(width);
  if (description.left_out > 0) text += fmt::format("and {} more columns\n", count(description.left_out));
  if (rows.cells.empty()) return text;
  const std::size_t shown = std::min(kShownColumns, description.columns.size());
  std::vector<std::string> head = {"record"};
  for (std::size_t i = 0; i < shown; ++i) head.push_back(fit(description.columns[i].name, kCellWidth));
  Table first(head, shown + 1);
  for (std::size_t row = 0; row < rows.cells.size(); ++row) {
    std::vector<std::string> cells = {std::to_string(row)};
    for (std::size_t i = 0; i < shown; ++i) {
      const bool there = i < rows.cells[row].size() && !rows.cells[row][i].missing();
      cells.push_back(there ? fit(rows.cells[row][i].text, shown == 1 ? width : kCellWidth) : "-");
    }
    first.row(std::move(cells), rows.faults[row]);
  }
  text += "\n" + first.text(width);
  if (shown < description.columns.size())
    text += fmt::format("and {} more columns: --json prints all\n", count(description.columns.size() - shown));
  return text;
}

std::string source_json(const SourceDescription& description, const FirstRows& rows) {
  Json json = {{"records", description.records},
               {"sampled", description.sampled},
               {"bad", description.bad},
               {"columns_left_out", description.left_out},
               {"classes_of_all_records", description.counted},
               {"several_labels", description.several_labels}};
  json["classes"] = Json::array();
  for (const auto& [name, records] : description.classes)
    json["classes"].push_back({{"name", name}, {"records", records}});
  json["columns"] = Json::array();
  for (std::size_t i = 0; i < description.columns.size(); ++i)
    json["columns"].push_back(column_json(description.columns[i], description.facts[i]));
  json["rows"] = Json::array();
  for (const std::vector<RecordCell>& cells : rows.cells) {
    Json row = cells.empty() ? Json(nullptr) : Json::array();
    for (const RecordCell& cell : cells)
      row.push_back(cell.number ? number(*cell.number) : cell.missing() ? Json(nullptr) : Json(cell.text));
    json["rows"].push_back(std::move(row));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace feedline::cli
