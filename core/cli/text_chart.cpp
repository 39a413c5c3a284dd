// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/text_chart.h"

#include "cli/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

namespace feedline::cli {
namespace {

constexpr std::size_t kChartRows = 11;  // odd: one of them is the middle
constexpr std::size_t kLeastChart = 16;
constexpr std::size_t kMostChart = 90;
constexpr std::string_view kLineLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr char kMeeting = '*';
constexpr char kMarked = '|';

using ChartPoints = std::vector<std::pair<double, double>>;

struct ChartRange {
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();
  void add(double value) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
  /// From 0 to 1; of a range without length its middle.
  [[nodiscard]] double share(double value) const { return most > least ? (value - least) / (most - least) : 0.5; }
  [[nodiscard]] double at(double share) const { return least + share * (most - least); }
};

char chart_letter(std::size_t line) { return line < kLineLetters.size() ? kLineLetters[line] : '#'; }

ChartPoints chart_points(const ChartLine& line, bool logarithmic) {
  ChartPoints points;
  for (auto [x, y] : line.points) {
    if (logarithmic) x = x > 0 ? std::log10(x) : std::numeric_limits<double>::quiet_NaN();
    if (std::isfinite(x) && std::isfinite(y)) points.emplace_back(x, y);
  }
  return points;
}

std::size_t chart_cell(double share, std::size_t cells) {
  return static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * static_cast<double>(cells - 1)));
}

/// Of a line, at an x between its ends.
double chart_height(const ChartPoints& points, double x) {
  const auto behind = std::find_if(points.begin(), points.end(), [x](const auto& point) { return point.first >= x; });
  if (behind == points.end()) return points.back().second;
  if (behind == points.begin() || behind->first == x) return behind->second;
  const auto before = behind - 1;
  return before->second + (behind->second - before->second) * (x - before->first) / (behind->first - before->first);
}

void draw_cell(std::string& row, std::size_t column, char letter) {
  char& cell = row[column];
  cell = cell == ' ' || cell == kMarked || cell == letter ? letter : kMeeting;
}

void draw_chart_line(std::vector<std::string>& rows, const ChartPoints& points, char letter, const ChartRange& x,
                     const ChartRange& y) {
  const std::size_t columns = rows.front().size();
  const std::size_t last = chart_cell(x.share(points.back().first), columns);
  std::optional<std::size_t> before;
  for (std::size_t column = chart_cell(x.share(points.front().first), columns); column <= last; ++column) {
    const double along = x.at(static_cast<double>(column) / static_cast<double>(columns - 1));
    const double height = chart_height(points, std::clamp(along, points.front().first, points.back().first));
    const std::size_t row = chart_cell(1 - y.share(height), rows.size());
    // A steep line is one without gaps.
    for (std::size_t between = before.value_or(row); between != row; between += between < row ? 1 : -1)
      if (between != *before) draw_cell(rows[between], column, letter);
    draw_cell(rows[row], column, letter);
    before = row;
  }
}

/// The texts of the ends and, where there is room, of the middle.
std::string chart_scale(const ChartForm& form, const ChartRange& x, std::size_t columns) {
  const auto text_at = [&](double share) {
    return form.x_text(form.logarithmic ? std::pow(10, x.at(share)) : x.at(share));
  };
  std::string text = text_at(0);
  const auto reach = [&](const std::string& more, std::size_t start) {
    const std::size_t used = feedline::cli::columns(text);
    if (start < used + 2) return;
    text += std::string(start - used, ' ') + more;
  };
  const std::string middle = text_at(0.5);
  const std::string end = text_at(1);
  const std::size_t of_end = feedline::cli::columns(end);
  const std::size_t of_middle = feedline::cli::columns(middle);
  const std::size_t start_of_end = columns - std::min(columns, of_end);
  const std::size_t start_of_middle = columns / 2 - std::min(columns / 2, of_middle / 2);
  if (start_of_middle + of_middle + 2 <= start_of_end) reach(middle, start_of_middle);
  reach(end, start_of_end);
  return text;
}

}  // namespace

std::string chart_text(const std::vector<ChartLine>& lines, const ChartForm& form) {
  std::vector<ChartPoints> placed_lines;
  ChartRange x;
  ChartRange y;
  std::size_t longest = 0;
  for (const ChartLine& line : lines) {
    placed_lines.push_back(chart_points(line, form.logarithmic));
    longest = std::max(longest, placed_lines.back().size());
    for (const auto& [along, height] : placed_lines.back()) {
      x.add(along);
      y.add(height);
    }
  }
  if (longest < 2 || x.most <= x.least) return {};

  const std::string scales[] = {form.y_text(y.most), form.y_text(y.at(0.5)), form.y_text(y.least)};
  std::size_t beside = 0;
  for (const std::string& scale : scales) beside = std::max(beside, columns(scale));
  const std::size_t room = form.width > beside + 3 ? form.width - beside - 3 : 0;
  const std::size_t wide = std::clamp(room, kLeastChart, kMostChart);
  std::vector<std::string> rows(kChartRows, std::string(wide, ' '));
  if (form.mark && (!form.logarithmic || *form.mark > 0)) {
    const double share = x.share(form.logarithmic ? std::log10(*form.mark) : *form.mark);
    if (share >= 0 && share <= 1)
      for (std::string& row : rows) row[chart_cell(share, wide)] = kMarked;
  }
  for (std::size_t i = 0; i < placed_lines.size(); ++i)
    if (!placed_lines[i].empty()) draw_chart_line(rows, placed_lines[i], chart_letter(i), x, y);

  std::string text = form.title + '\n';
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool ends = i == 0 || i + 1 == rows.size();
    const bool scaled = i == rows.size() / 2 || (ends && y.most > y.least);  // of a level line its height, once
    const std::string scale = !scaled ? std::string() : scales[i == 0 ? 0 : i + 1 == rows.size() ? 2 : 1];
    std::string row = std::string(beside - columns(scale), ' ') + scale + " |" + rows[i];
    row.erase(row.find_last_not_of(' ') + 1);
    text += row + '\n';
  }
  const std::string indent(beside + 2, ' ');
  text += std::string(beside, ' ') + " +" + std::string(wide, '-') + '\n' + indent + chart_scale(form, x, wide) + '\n';
  std::string names;
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (!placed_lines[i].empty() && !lines[i].name.empty())
      names += fmt::format("{}{} {}", names.empty() ? "" : ", ", chart_letter(i), lines[i].name);
  if (!names.empty()) text += indent + wrap(names, form.width, indent.size(), indent.size()) + '\n';
  return text;
}

}  // namespace feedline::cli
