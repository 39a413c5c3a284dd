// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/table.h"

#include "base/plain_text.h"
#include "cli/format.h"

#include <algorithm>
#include <numeric>

namespace feedline::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 8;

}  // namespace

Table::Table(std::vector<std::string> head, std::size_t left) : left_(left) { rows_.push_back({std::move(head), {}}); }

void Table::row(std::vector<std::string> cells, std::string note) {
  cells.resize(rows_.front().cells.size());
  for (std::string& cell : cells) cell = plain_line(cell);
  rows_.push_back({std::move(cells), std::move(note)});
}

std::string Table::text(std::size_t width) const {
  std::vector<std::size_t> widths(rows_.front().cells.size());
  std::size_t note = 0;
  for (const Row& row : rows_) {
    for (std::size_t c = 0; c < widths.size(); ++c) widths[c] = std::max(widths[c], columns(row.cells[c]));
    note = std::max(note, row.note.empty() ? 0 : columns(row.note) + kGap);
  }
  const auto total = [&] {
    return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) + kGap * (widths.size() - 1) + note;
  };
  while (left_ > 0 && total() > width) {
    const auto widest = std::max_element(widths.begin(), widths.begin() + static_cast<std::ptrdiff_t>(left_));
    if (*widest <= kNarrowest) break;
    --*widest;
  }

  std::string out;
  for (const Row& row : rows_) {
    std::string line;
    for (std::size_t c = 0; c < widths.size(); ++c) {
      const std::string cell = fit(row.cells[c], widths[c]);
      const std::string fill(widths[c] - std::min(widths[c], columns(cell)), ' ');
      line += (c == 0 ? "" : std::string(kGap, ' ')) + (c < left_ ? cell + fill : fill + cell);
    }
    if (!row.note.empty()) line += std::string(kGap, ' ') + row.note;
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

}  // namespace feedline::cli
