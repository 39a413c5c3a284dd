// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/estimator/fit_pace.h"
#include "nodes/estimator/row_products.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace feedline::inline nodes {

/// How alike two rows are.
struct KernelFunction {
  enum class Form : std::uint8_t {
    Rbf,         ///< exp(-gamma |a - b|²)
    Polynomial,  ///< (gamma a·b + offset)^degree
    Sigmoid,     ///< tanh(gamma a·b + offset)
    Linear       ///< a·b
  };
  Form form = Form::Rbf;
  double gamma = 1;
  double offset = 0;
  int degree = 3;

  /// What it is made of.
  [[nodiscard]] RowPair pair() const { return form == Form::Rbf ? RowPair::SquaredDistance : RowPair::Product; }
  /// From these to its values, in place.
  void apply(std::span<float> pairs) const;
};

/// Rows of the kernel's matrix over some points. Those that were asked for last are kept.
class KernelRows {
 public:
  /// `points`: rows of `columns` numbers, which must outlive it. `bytes`: for the rows that are kept; two are always.
  KernelRows(const KernelFunction& kernel, std::vector<const float*> points, std::size_t columns, double bytes);

  [[nodiscard]] std::size_t size() const { return points_.size(); }
  [[nodiscard]] double diagonal(std::size_t index) const { return diagonal_[index]; }
  /// size() numbers, which stay until the row after the next is asked for; null: a stop was asked for.
  [[nodiscard]] const float* row(std::size_t index, FitPace& pace);

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  /// A place for a row, in a ring from the newest to the oldest.
  struct Slot {
    std::unique_ptr<float[]> numbers{};
    std::size_t row = kNone;
    std::size_t newer = kNone;
    std::size_t older = kNone;
  };

  void make_newest(std::size_t slot);
  [[nodiscard]] bool fill(float* to, std::size_t index, FitPace& pace) const;

  const KernelFunction& kernel_;
  std::vector<const float*> points_;
  std::size_t columns_;
  std::vector<double> diagonal_;
  std::size_t most_slots_;
  std::vector<Slot> slots_{};
  std::vector<std::size_t> slot_of_;  ///< of a row; kNone: it is not kept
  std::size_t newest_ = kNone;
  std::size_t oldest_ = kNone;
};

}  // namespace feedline::inline nodes
