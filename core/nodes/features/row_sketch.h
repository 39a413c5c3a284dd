// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/features/symmetric_eigen.h"
#include "schema/fitted.h"

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace feedline::inline nodes {

/// What one pass over rows tells of their covariance without holding it: its product with a few random vectors. Twice
/// columns × width multiplications a row, 8 columns × width bytes twice.
///
/// Source: J. A. Tropp, A. Yurtsever, M. Udell, V. Cevher, "Fixed-rank approximation of a positive-semidefinite matrix
/// from streaming data", NIPS 2017 (algorithm 3): from Y = C O of a random O, C is about Y (O^T Y)^-1 Y^T. It is exact
/// where the covariance has a rank of at most `width`; else what the axes beyond the first carry blurs them, the less
/// the faster the variances fall. Blocks, centring and threads are those of RowProducts: the same bytes for any number
/// of threads.
class RowSketch {
 public:
  static constexpr std::size_t kBlockRows = 256;

  RowSketch(std::size_t columns, std::size_t width);
  void equip(const FitHelp& help) { help_ = help; }
  /// Errors: stopped.
  Status add(std::span<const float> row);

  /// Takes up what still waits. Errors: stopped.
  Status flush();
  /// What was found of the rows, once flush() has taken up all of them.
  [[nodiscard]] const std::vector<double>& mean() const { return mean_; }
  /// The sum of squared deviations from the mean, over all columns: exact.
  [[nodiscard]] double spread() const { return spread_; }
  /// Values and vectors of the sums of products; as many values as the sketch is wide. `wanted`: see symmetric_eigen().
  /// Errors: stopped; there is no variance.
  [[nodiscard]] Result<SymmetricEigen> axes(
      const std::function<std::size_t(std::span<const double> values)>& wanted) const;

 private:
  void pack(std::size_t rows);
  [[nodiscard]] std::size_t column_panels() const { return (columns_ + 7) / 8; }
  [[nodiscard]] std::size_t sketch_panels() const { return (width_ + 7) / 8; }

  std::size_t columns_;
  std::size_t width_;
  FitHelp help_{};
  std::size_t rows_ = 0;
  double spread_ = 0;
  std::vector<double> mean_;
  std::vector<double> random_;       ///< O: sketch panels × columns × 8
  std::vector<double> tiles_;        ///< Y: column panels × sketch panels, 8 × 8 numbers each
  std::vector<float> block_{};       ///< rows that wait
  std::vector<double> by_column_{};  ///< of the block: column panels × rows × 8
  std::vector<double> by_row_{};     ///< ... row panels × columns × 8
  std::vector<double> sketched_{};   ///< ... times O: sketch panels × rows × 8
};

}  // namespace feedline::inline nodes
