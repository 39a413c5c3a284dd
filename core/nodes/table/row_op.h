// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/table/table_columns.h"
#include "schema/behaviour.h"
#include "schema/in_blocks.h"
#include "schema/row.h"

#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

namespace feedline::inline nodes {

/// The whole row, to be changed in place: cells, then texts.
inline std::byte* copy_row(const Datum& from, Datum& to) {
  std::byte* cells = to.allocate(DType::U8, {static_cast<std::int64_t>(from.bytes())});
  if (from.bytes() != 0) std::memcpy(cells, from.data(), from.bytes());
  return cells;
}

inline void write_cell(std::byte* cells, std::size_t column, double value) {
  std::memcpy(cells + column * kCellBytes, &value, kCellBytes);
}
inline double read_cell(const std::byte* cells, std::size_t column) {
  double value = 0;
  std::memcpy(&value, cells + column * kCellBytes, kCellBytes);
  return value;
}

/// Nothing: the row is done. A Status would be 200 bytes that are cleared for every row.
using RowRefusal = std::optional<Error>;

/// A node that makes another value of a row, whatever its record: Op has `RowRefusal apply(const Datum& in, Datum& out)
/// const`. Rows then come in blocks. It may have `RowRefusal change(Datum& in, Datum& out) const` too, for rows that
/// nobody else reads: most of what the nodes of a table cost is to copy rows that only they will look at.
template <class Op>
class RowOp : public SampleOp, public InBlocks {
 public:
  Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext&) const final {
    if (RowRefusal refusal = self().apply(*in[0], *out[0])) return fail(std::move(*refusal));
    return {};
  }
  std::size_t run_block(std::span<const Datum* const> in, std::span<Datum* const> out) const final {
    for (std::size_t i = 0; i < in.size(); ++i)
      if (self().apply(*in[i], *out[i])) return i;
    return in.size();
  }
  std::size_t change_block(std::span<Datum* const> in, std::span<Datum* const> out) const final {
    if constexpr (requires(const Op& op, Datum& row) { op.change(row, row); }) {
      for (std::size_t i = 0; i < in.size(); ++i)
        if (self().change(*in[i], *out[i])) return i;
      return in.size();
    } else {
      return run_block({in.data(), in.size()}, out);
    }
  }

 private:
  [[nodiscard]] const Op& self() const { return static_cast<const Op&>(*this); }
};

/// Changes numbers of some columns, one by one: `change(place, index, value)` gives the new one or an error, where
/// `index` counts the columns that are changed.
template <class Change>
class NumbersOp final : public RowOp<NumbersOp<Change>> {
 public:
  NumbersOp(std::size_t columns, std::vector<std::size_t> places, Change change)
      : columns_(columns), places_(std::move(places)), change_(std::move(change)) {}

  RowRefusal apply(const Datum& in, Datum& out) const {
    if (!RowView::fits(in, columns_)) return short_row();
    if (places_.empty()) {
      out.view(in);
      return std::nullopt;
    }
    write(copy_row(in, out));
    return std::nullopt;
  }
  RowRefusal change(Datum& in, Datum& out) const {
    std::byte* const cells = in.changeable();
    if (cells == nullptr || !RowView::fits(in, columns_)) return apply(in, out);
    write(cells);
    out.hand_on(in, in.bytes());
    return std::nullopt;
  }

 private:
  void write(std::byte* cells) const {
    for (std::size_t i = 0; i < places_.size(); ++i)
      write_cell(cells, places_[i], change_(i, read_cell(cells, places_[i])));
  }

  std::size_t columns_;
  std::vector<std::size_t> places_;
  Change change_;
};

/// `change(i, value)`: the new number of the i-th of the columns at `places`.
template <class Change>
std::unique_ptr<SampleOp> numbers_op(std::size_t columns, std::vector<std::size_t> places, Change change) {
  return std::make_unique<NumbersOp<Change>>(columns, std::move(places), std::move(change));
}

}  // namespace feedline::inline nodes
