// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/fitted.h"

#include <cstddef>
#include <span>
#include <vector>

namespace feedline::inline nodes {

/// Rows, the mean of their columns, and the sums of products of what their columns deviate from it: divided by the rows
/// less one, the covariance.
struct CentredProducts {
  std::size_t columns = 0;
  double rows = 0;
  std::vector<double> mean{};      ///< one a column
  std::vector<double> products{};  ///< columns × columns, symmetric

  [[nodiscard]] double at(std::size_t i, std::size_t j) const { return products[i * columns + j]; }
  /// Of these rows and `others`, which have as many columns. Source: T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating
  /// formulae and a pairwise algorithm for computing sample variances", 1979.
  void merge(const CentredProducts& others);
};

/// Sums up CentredProducts of rows of floats, in double precision: O(columns^2) a row, in blocks of 256 rows, each
/// centred at its own mean (so that a mean far from 0 costs no digits) and added to the sums so far by one symmetric
/// update of tiles. Threads share the tiles, not the rows: each number is summed up in the order of the rows, whatever
/// their number, so that the same bytes come out.
///
/// Memory: 4 columns^2 bytes for the upper triangle, and 3 KiB a column for the block.
class RowProducts {
 public:
  static constexpr std::size_t kBlockRows = 256;

  explicit RowProducts(std::size_t columns);
  void equip(const FitHelp& help) { help_ = help; }
  /// Errors: stopped.
  Status add(std::span<const float> row);
  [[nodiscard]] std::size_t rows() const { return rows_ + block_.size() / columns_; }
  /// Of all rows so far. Errors: stopped.
  [[nodiscard]] Result<CentredProducts> finish() const;

 private:
  Status flush();
  /// The block's rows less their mean, panel by panel, and one row more that moves what was summed up to the new mean.
  void pack();
  [[nodiscard]] std::size_t panels() const { return (columns_ + 7) / 8; }
  /// Of the tile of panels i <= j, in tiles.
  [[nodiscard]] std::size_t tile_of(std::size_t i, std::size_t j) const { return i * panels() - i * (i + 1) / 2 + j; }

  std::size_t columns_;
  FitHelp help_{};
  std::size_t rows_ = 0;  ///< in tiles_
  std::vector<double> mean_;
  std::vector<double> tiles_;     ///< 8 × 8 numbers each, of the upper triangle of panels
  std::vector<float> block_{};    ///< rows that wait
  std::vector<double> packed_{};  ///< panels × (rows + 1) × 8
};

}  // namespace feedline::inline nodes
