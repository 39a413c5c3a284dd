// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// How a node hands rows of many columns, nearly all of them 0, to the only node that reads them. Hundreds of cells that
// one node writes and the next one reads cost more than all else that is done to a row, and say no more than which few
// of them are not 0. The engine brings the two together (engine/paired_steps.h); whoever looks at the value of a wire
// sees the row as ever.

#include "schema/behaviour.h"
#include "schema/row.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

namespace feedline::inline schema {

/// What stands for a row of `columns` numbers: a datum of `cells` cells, u8 with one dimension, as in schema/row.h.
/// Columns of which no cell tells are 0.
struct SparseRows {
  /// In a hot cell: no column.
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  struct Kept {
    std::size_t cell = 0;
    std::size_t column = 0;
  };

  std::size_t columns = 0;
  std::size_t cells = 0;
  std::vector<Kept> kept{};        ///< cells that hold the number of a column, in the order of the columns
  std::vector<std::size_t> hot{};  ///< cells that hold, as a std::uint64_t, which column is 1, or kNone
};

inline void write_hot_cell(std::byte* cells, std::size_t cell, std::uint64_t column) {
  std::memcpy(cells + cell * kCellBytes, &column, kCellBytes);
}
[[nodiscard]] inline std::uint64_t read_hot_cell(const std::byte* cells, std::size_t cell) {
  std::uint64_t column = 0;
  std::memcpy(&column, cells + cell * kCellBytes, kCellBytes);
  return column;
}

/// A SampleOp with one input and one output, a row, that can give it in this way.
class GivesSparseRows {
 public:
  virtual ~GivesSparseRows() = default;
  /// What it then gives; none: it would save nothing, or some column is no number.
  [[nodiscard]] virtual std::optional<SparseRows> sparse_rows() const = 0;
  /// Does so, and refuses the records that the node itself does. It must not outlive the node.
  [[nodiscard]] virtual std::unique_ptr<SampleOp> sparse_giver() const = 0;
};

/// A SampleOp whose one input is a row, and that can take it in this way.
class TakesSparseRows {
 public:
  virtual ~TakesSparseRows() = default;
  /// Gives the bytes that the node itself makes of whole rows, and the same errors. It must not outlive the node.
  [[nodiscard]] virtual std::unique_ptr<SampleOp> sparse_taker(SparseRows rows) const = 0;
};

}  // namespace feedline::inline schema
