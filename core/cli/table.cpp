// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/table.h"

#include "base/plain_text.h"
#include "cli/format.h"

#include <algorithm>
#include <numeric>

namespace feedline::cli {
namespace {

constexpr std::size_t kColumnGap = 2;
constexpr std::size_t kNarrowest = 8;
/// How far a note below its row is indented.
constexpr std::size_t kIndent = 4;

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(at, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::size_t longest_word(const std::string& text) {
  std::size_t longest = 0;
  for (const std::string& word : split(text, ' ')) longest = std::max(longest, columns(word));
  return longest;
}

std::size_t total(const std::vector<std::size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) + kColumnGap * (widths.size() - 1);
}

/// Makes the widest columns narrower until all fit, none below its least width.
bool shrink(std::vector<std::size_t>& widths, const std::vector<std::size_t>& least, std::size_t width) {
  while (total(widths) > width) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i)
      if (widths[i] > least[i] && (widest == widths.size() || widths[i] > widths[widest])) widest = i;
    if (widest == widths.size()) return false;
    --widths[widest];
  }
  return true;
}

}  // namespace

Table::Table(std::vector<std::string> head, std::size_t left) : left_(left) { rows_.push_back({std::move(head), {}}); }

void Table::row(std::vector<std::string> cells, std::string note) {
  cells.resize(rows_.front().cells.size());
  for (std::string& cell : cells) cell = plain_line(cell);
  rows_.push_back({std::move(cells), plain_line(note)});
}

/// Numbers are never broken.
std::size_t Table::least_width(std::size_t column, Break breaks) const {
  const std::size_t head = longest_word(rows_.front().cells[column]);
  if (breaks == Break::Names && column < left_) return std::max(kNarrowest, head);
  std::size_t least = head;
  for (std::size_t r = 1; r < rows_.size(); ++r) {
    const std::string& cell = rows_[r].cells[column];
    least = std::max(least, breaks == Break::Heads || column >= left_ ? columns(cell) : longest_word(cell));
  }
  return least;
}

bool Table::fit_into(Layout& layout, std::size_t width, Break breaks) const {
  std::vector<std::size_t> least;
  layout.widths.clear();
  for (const std::size_t column : layout.columns) {
    std::size_t longest = 0;
    for (const Row& row : rows_) longest = std::max(longest, columns(row.cells[column]));
    layout.widths.push_back(longest);
    least.push_back(least_width(column, breaks));
  }
  return shrink(layout.widths, least, width);
}

Table::Layout Table::layout(std::size_t width) const {
  Layout layout{.columns = std::vector<std::size_t>(rows_.front().cells.size()), .widths = {}};
  std::iota(layout.columns.begin(), layout.columns.end(), std::size_t{0});
  if (fit_into(layout, width, Break::Heads)) return layout;
  for (const std::size_t spare : spare_) {
    layout.columns.erase(std::find(layout.columns.begin(), layout.columns.end(), spare));
    if (fit_into(layout, width, Break::Heads)) return layout;
  }
  if (!fit_into(layout, width, Break::Words)) fit_into(layout, width, Break::Names);
  return layout;
}

std::vector<std::string> Table::pieces_of(const Row& row, std::size_t column, std::size_t width) const {
  const bool head = &row == &rows_.front();
  if (!head && column >= left_) return {row.cells[column]};
  return split(wrap(row.cells[column], width), '\n');
}

std::vector<std::string> Table::lines_of(const Row& row, const Layout& layout, std::size_t width) const {
  std::vector<std::string> lines(1);
  std::size_t top = 0;  // the line in which the next cell begins
  std::size_t start = 0;
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    const std::vector<std::string> pieces = pieces_of(row, layout.columns[i], layout.widths[i]);
    const bool right = layout.columns[i] >= left_;
    const auto place = [&](const std::string& piece) {
      const std::size_t end = right ? start + layout.widths[i] : width;
      const std::size_t last = end > columns(piece) ? end - columns(piece) : 0;
      return right ? last : std::min(start, last);
    };
    const auto taken = [&](std::size_t p) {  // by a long name to the left
      return top + p < lines.size() && !lines[top + p].empty() && !pieces[p].empty() &&
             columns(lines[top + p]) + kColumnGap > place(pieces[p]);
    };
    for (std::size_t p = 0; p < pieces.size(); ++p)
      if (taken(p)) top = lines.size();
    lines.resize(std::max(lines.size(), top + pieces.size()));
    for (std::size_t p = 0; p < pieces.size(); ++p)
      if (!pieces[p].empty())
        lines[top + p] += std::string(place(pieces[p]) - columns(lines[top + p]), ' ') + pieces[p];
    start += layout.widths[i] + kColumnGap;
  }
  return lines;
}

std::string Table::text(std::size_t width) const {
  const Layout shown = layout(width);
  std::string out;
  for (const Row& row : rows_) {
    std::vector<std::string> lines = lines_of(row, shown, width);
    if (!row.note.empty()) {
      const bool beside = columns(lines.back()) + kColumnGap + columns(row.note) <= width;
      if (beside)
        lines.back() += std::string(kColumnGap, ' ') + row.note;
      else
        lines.push_back(std::string(kIndent, ' ') + wrap(row.note, width, kIndent, kIndent));
    }
    for (const std::string& line : lines) out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return out;
}

}  // namespace feedline::cli
