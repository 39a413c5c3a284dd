// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/table/row_layout.h"

#include <cstring>

namespace feedline::inline nodes {
namespace {

TextCell text_cell(const std::byte* cells, std::size_t column) {
  TextCell cell;
  std::memcpy(&cell, cells + column * kCellBytes, kCellBytes);
  return cell;
}

}  // namespace

RowLayout::RowLayout(std::span<const Column> columns) {
  for (const Column& column : columns) {
    texts_.push_back(column.type == ColumnType::Text);
    text_columns_ += texts_.back() ? 1 : 0;
  }
}

void RowLayout::keep(std::size_t column) {
  if (!runs_.empty() && runs_.back().from + runs_.back().count == column &&
      runs_.back().to + runs_.back().count == size_)
    ++runs_.back().count;
  else
    runs_.push_back({.from = column, .to = size_, .count = 1});
  if (texts_[column]) kept_.push_back({.from = column, .to = size_});
  ++size_;
}

std::size_t RowLayout::make(std::size_t count) {
  const std::size_t first = size_;
  size_ += count;
  return first;
}

std::vector<SparseRows::Kept> RowLayout::kept_numbers() const {
  std::vector<SparseRows::Kept> numbers;
  for (const Run& run : runs_)
    for (std::size_t i = 0; i < run.count; ++i)
      if (!texts_[run.from + i]) numbers.push_back({.cell = run.from + i, .column = run.to + i});
  return numbers;
}

std::byte* RowLayout::begin(const Datum& from, Datum& to) const {
  const std::byte* cells = from.data();
  const std::byte* texts = cells + columns() * kCellBytes;
  const bool whole = kept_.size() == text_columns_;
  std::size_t bytes = whole && text_columns_ != 0 ? from.bytes() - columns() * kCellBytes : 0;
  if (!whole)
    for (const KeptText& kept : kept_)
      if (const TextCell cell = text_cell(cells, kept.from); cell.length != kMissingText) bytes += cell.length;

  std::byte* made = to.allocate(DType::U8, {static_cast<std::int64_t>(size_ * kCellBytes + bytes)});
  for (const Run& run : runs_)
    std::memcpy(made + run.to * kCellBytes, cells + run.from * kCellBytes, run.count * kCellBytes);
  std::byte* to_texts = made + size_ * kCellBytes;
  if (whole) {
    if (bytes != 0) std::memcpy(to_texts, texts, bytes);
    return made;
  }
  std::uint32_t used = 0;
  for (const KeptText& kept : kept_) {
    TextCell cell = text_cell(cells, kept.from);
    if (cell.length == kMissingText) continue;
    if (cell.length != 0) std::memcpy(to_texts + used, texts + cell.begin, cell.length);
    cell.begin = used;
    used += cell.length;
    std::memcpy(made + kept.to * kCellBytes, &cell, kCellBytes);
  }
  return made;
}

}  // namespace feedline::inline nodes
