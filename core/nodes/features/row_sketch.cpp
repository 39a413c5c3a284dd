// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/features/row_sketch.h"

#include "base/random.h"
#include "nodes/features/panel_product.h"
#include "nodes/features/share_work.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

namespace feedline::inline nodes {
namespace {

constexpr std::uint64_t kSketchSeed = 20'170'612;
constexpr int kMostShifts = 8;

std::size_t in_panels(std::size_t count) { return (count + kPanel - 1) / kPanel * kPanel; }

/// The upper triangle R of a symmetric matrix, R^T R = matrix, in place; false: it is not positive.
bool sketch_cholesky(std::vector<double>& matrix, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    double* row = matrix.data() + i * n;
    if (!(row[i] > 0)) return false;
    const double root = std::sqrt(row[i]);
    for (std::size_t j = i; j < n; ++j) row[j] /= root;
    for (std::size_t k = i + 1; k < n; ++k)
      for (std::size_t j = k; j < n; ++j) matrix[k * n + j] -= row[k] * row[j];
  }
  return true;
}

}  // namespace

RowSketch::RowSketch(std::size_t columns, std::size_t width)
    : columns_(columns),
      width_(std::min(width, columns)),
      mean_(columns, 0.0),
      random_(sketch_panels() * kPanel * columns, 0.0),
      tiles_(column_panels() * sketch_panels() * kTile, 0.0) {
  block_.reserve(kBlockRows * columns_);
  for (std::size_t i = 0; i < columns_; ++i) {
    Rng rng(kSketchSeed, 1, i, 1);
    for (std::size_t j = 0; j < width_; ++j) random_[(j / kPanel * columns_ + i) * kPanel + j % kPanel] = rng.normal();
  }
}

Status RowSketch::add(std::span<const float> row) {
  block_.insert(block_.end(), row.begin(), row.end());
  return block_.size() < kBlockRows * columns_ ? Status() : flush();
}

/// Both ways, with zeros in rows and columns that fill up a panel; `rows` counts the row more that moves the mean.
void RowSketch::pack(std::size_t rows) {
  const std::size_t count = block_.size() / columns_;
  const auto before = static_cast<double>(rows_);
  const auto now = static_cast<double>(count);
  const double weight = std::sqrt(before * now / (before + now));
  std::vector<double> mean(columns_, 0.0);
  for (std::size_t r = 0; r < count; ++r)
    for (std::size_t i = 0; i < columns_; ++i) mean[i] += static_cast<double>(block_[r * columns_ + i]);
  by_column_.assign(column_panels() * kPanel * rows, 0.0);
  by_row_.assign(rows * columns_, 0.0);
  for (std::size_t i = 0; i < columns_; ++i) {
    const double centre = mean[i] / now;
    const double apart = centre - mean_[i];
    mean_[i] += apart * now / (before + now);
    for (std::size_t r = 0; r <= count; ++r) {
      const double value = r < count ? static_cast<double>(block_[r * columns_ + i]) - centre : weight * apart;
      by_column_[(i / kPanel * rows + r) * kPanel + i % kPanel] = value;
      by_row_[(r / kPanel * columns_ + i) * kPanel + r % kPanel] = value;
      spread_ += value * value;
    }
  }
}

Status RowSketch::flush() {
  const std::size_t count = block_.size() / columns_;
  if (count == 0) return {};
  const std::size_t rows = in_panels(count + 1);
  pack(rows);
  sketched_.assign(rows * sketch_panels() * kPanel, 0.0);
  std::atomic<bool> stopped{false};
  const auto each = [&](std::size_t pieces, const auto& work) {
    share_work(help_.threads, pieces, [&](std::size_t piece) {
      if (help_.stop.stop_requested()) stopped = true;
      if (!stopped) work(piece);
    });
  };
  each(rows / kPanel, [&](std::size_t i) {
    for (std::size_t j = 0; j < sketch_panels(); ++j)
      add_panel_product(by_row_.data() + i * columns_ * kPanel, random_.data() + j * columns_ * kPanel, columns_,
                        sketched_.data() + (j * rows + i * kPanel) * kPanel);
  });
  each(column_panels(), [&](std::size_t i) {
    for (std::size_t j = 0; j < sketch_panels(); ++j)
      add_panel_product(by_column_.data() + i * rows * kPanel, sketched_.data() + j * rows * kPanel, rows,
                        tiles_.data() + (i * sketch_panels() + j) * kTile);
  });
  rows_ += count;
  block_.clear();
  if (stopped) return fail_cancelled();
  return {};
}

Result<SymmetricEigen> RowSketch::axes(const std::function<std::size_t(std::span<const double> values)>& wanted) const {
  // Row by row, columns × width; the same of O.
  std::vector<double> y(columns_ * width_);
  std::vector<double> random(columns_ * width_);
  double squares = 0;
  for (std::size_t i = 0; i < columns_; ++i)
    for (std::size_t j = 0; j < width_; ++j) {
      const double value =
          tiles_[(i / kPanel * sketch_panels() + j / kPanel) * kTile + i % kPanel * kPanel + j % kPanel];
      y[i * width_ + j] = value;
      random[i * width_ + j] = random_[(j / kPanel * columns_ + i) * kPanel + j % kPanel];
      squares += value * value;
    }
  // O^T (Y + shift O), whose root must exist in spite of rounding.
  std::vector<double> root;
  double shift = std::sqrt(static_cast<double>(columns_) * squares) * std::numeric_limits<double>::epsilon();
  bool found = false;
  for (int i = 0; i < kMostShifts && !found; ++i, shift *= 10) {
    root.assign(width_ * width_, 0.0);
    for (std::size_t c = 0; c < columns_; ++c) {
      if (help_.stop.stop_requested()) return fail_cancelled();
      for (std::size_t a = 0; a < width_; ++a) {
        const double left = random[c * width_ + a];
        for (std::size_t b = 0; b < width_; ++b)
          root[a * width_ + b] += left * (y[c * width_ + b] + shift * random[c * width_ + b]);
      }
    }
    for (std::size_t a = 0; a < width_; ++a)
      for (std::size_t b = a; b < width_; ++b)
        root[a * width_ + b] = root[b * width_ + a] = (root[a * width_ + b] + root[b * width_ + a]) / 2;
    found = sketch_cholesky(root, width_);
    if (found) break;
  }
  if (!found) return fail("its features hold no variance, or numbers that are too large", "Put standardise in front");
  // E = (Y + shift O) R^-1, so that E E^T is the covariance; its Gram matrix has the same values.
  std::vector<double> gram(width_ * width_, 0.0);
  for (std::size_t c = 0; c < columns_; ++c) {
    if (help_.stop.stop_requested()) return fail_cancelled();
    double* row = y.data() + c * width_;
    for (std::size_t j = 0; j < width_; ++j) row[j] += shift * random[c * width_ + j];
    for (std::size_t j = 0; j < width_; ++j) {
      row[j] /= root[j * width_ + j];
      for (std::size_t k = j + 1; k < width_; ++k) row[k] -= row[j] * root[j * width_ + k];
    }
    for (std::size_t a = 0; a < width_; ++a)
      for (std::size_t b = 0; b < width_; ++b) gram[a * width_ + b] += row[a] * row[b];
  }
  const auto shifted = [&](std::span<const double> values) {
    std::vector<double> without(values.begin(), values.end());
    for (double& value : without) value = std::max(0.0, value - shift);
    return wanted(without);
  };
  auto eigen = symmetric_eigen(std::move(gram), width_, shifted, help_);
  if (!eigen) return fail(std::move(eigen.error()));
  SymmetricEigen found_axes{.values = std::move(eigen->values), .count = eigen->count};
  found_axes.vectors.assign(found_axes.count * columns_, 0.0);
  for (std::size_t i = 0; i < found_axes.count; ++i) {
    if (help_.stop.stop_requested()) return fail_cancelled();
    const double length = std::sqrt(std::max(found_axes.values[i], std::numeric_limits<double>::min()));
    for (std::size_t c = 0; c < columns_; ++c) {
      double sum = 0;
      for (std::size_t j = 0; j < width_; ++j) sum += y[c * width_ + j] * eigen->vectors[i * width_ + j];
      found_axes.vectors[i * columns_ + c] = sum / length;
    }
  }
  for (double& value : found_axes.values) value = std::max(0.0, value - shift);
  return found_axes;
}

}  // namespace feedline::inline nodes
