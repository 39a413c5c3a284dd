// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/estimator/fit_pace.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace feedline::inline nodes {

/// Rows of floats that a fit multiplies by weights again and again. Where most of their numbers are 0, as behind
/// one_hot and counts of words, it keeps the others with their places and leaves the zeros out, as liblinear does.
class ProductRows {
 public:
  /// `dense`: rows × columns, which must outlive this object. None: a stop was asked for.
  [[nodiscard]] static std::optional<ProductRows> of(std::span<const float> dense, std::size_t columns, FitPace& pace);

  /// Sum of row[j] weights[j].
  [[nodiscard]] double weighted_sum(std::size_t row, const double* weights) const;
  /// to[j] += factor row[j].
  void add_scaled(double factor, std::size_t row, double* to) const;
  /// Sum of row[j]².
  [[nodiscard]] double squares(std::size_t row) const;
  /// Soon this row will be wanted: rows that are drawn at random lie in no cache.
  void fetch(std::size_t row) const {
    const char* at = sparse() ? reinterpret_cast<const char*>(numbers_.data() + begins_[row])
                              : reinterpret_cast<const char*>(dense_row(row));
    for (std::size_t line = 0; line < kFetchedLines; ++line) __builtin_prefetch(at + line * kLineBytes);
  }
  [[nodiscard]] std::size_t count() const { return columns_ == 0 ? 0 : dense_.size() / columns_; }
  [[nodiscard]] std::size_t columns() const { return columns_; }
  /// Multiplications that a row costs, on average.
  [[nodiscard]] double width() const;
  [[nodiscard]] bool sparse() const { return !begins_.empty(); }

  /// The most that it adds to what the dense rows take.
  [[nodiscard]] static double most_bytes(double rows, double columns);

 private:
  static constexpr std::size_t kLineBytes = 64;
  static constexpr std::size_t kFetchedLines = 2;  ///< the processor sees by itself that more follow

  struct Number {
    std::uint32_t column;
    float value;
  };
  ProductRows(std::span<const float> dense, std::size_t columns) : dense_(dense), columns_(columns) {}
  [[nodiscard]] std::span<const Number> numbers(std::size_t row) const {
    return {numbers_.data() + begins_[row], numbers_.data() + begins_[row + 1]};
  }
  [[nodiscard]] const float* dense_row(std::size_t row) const { return dense_.data() + row * columns_; }

  std::span<const float> dense_;
  std::size_t columns_;
  std::vector<std::size_t> begins_{};  ///< in numbers_, one a row and one past the end; empty: they stay dense
  std::vector<Number> numbers_{};
};

}  // namespace feedline::inline nodes
