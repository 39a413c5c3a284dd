// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/features/row_products.h"

#include "nodes/features/panel_product.h"
#include "nodes/features/share_work.h"

#include <atomic>
#include <cmath>

namespace feedline::inline nodes {
namespace {

/// Multiplications of a block from which on a second thread is worth its start.
constexpr std::size_t kSharedProducts = 4'000'000;

}  // namespace

void CentredProducts::merge(const CentredProducts& others) {
  if (others.rows == 0) return;
  if (rows == 0) {
    *this = others;
    return;
  }
  const double all = rows + others.rows;
  const double factor = rows * others.rows / all;
  std::vector<double> apart(columns);
  for (std::size_t i = 0; i < columns; ++i) apart[i] = others.mean[i] - mean[i];
  for (std::size_t i = 0; i < columns; ++i)
    for (std::size_t j = 0; j < columns; ++j)
      products[i * columns + j] += others.products[i * columns + j] + factor * apart[i] * apart[j];
  for (std::size_t i = 0; i < columns; ++i) mean[i] += apart[i] * others.rows / all;
  rows = all;
}

RowProducts::RowProducts(std::size_t columns)
    : columns_(columns), mean_(columns, 0.0), tiles_(panels() * (panels() + 1) / 2 * kTile, 0.0) {
  block_.reserve(kBlockRows * columns_);
}

Status RowProducts::add(std::span<const float> row) {
  block_.insert(block_.end(), row.begin(), row.end());
  return block_.size() < kBlockRows * columns_ ? Status() : flush();
}

void RowProducts::pack() {
  const std::size_t rows = block_.size() / columns_;
  std::vector<double> mean(columns_, 0.0);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t i = 0; i < columns_; ++i) mean[i] += static_cast<double>(block_[r * columns_ + i]);
  const auto before = static_cast<double>(rows_);
  const auto now = static_cast<double>(rows);
  const double weight = std::sqrt(before * now / (before + now));
  packed_.resize(panels() * (rows + 1) * kPanel);
  for (std::size_t panel = 0; panel < panels(); ++panel) {
    double* to = packed_.data() + panel * (rows + 1) * kPanel;
    for (std::size_t lane = 0; lane < kPanel; ++lane) {
      const std::size_t column = panel * kPanel + lane;
      if (column >= columns_) {
        for (std::size_t r = 0; r <= rows; ++r) to[r * kPanel + lane] = 0;
        continue;
      }
      const double centre = mean[column] / now;
      for (std::size_t r = 0; r < rows; ++r)
        to[r * kPanel + lane] = static_cast<double>(block_[r * columns_ + column]) - centre;
      const double apart = centre - mean_[column];
      to[rows * kPanel + lane] = weight * apart;
      mean_[column] += apart * now / (before + now);
    }
  }
}

Status RowProducts::flush() {
  const std::size_t rows = block_.size() / columns_;
  if (rows == 0) return {};
  pack();
  std::atomic<bool> stopped{false};
  const std::size_t threads = rows * columns_ * columns_ < kSharedProducts ? 1 : help_.threads;
  share_work(threads, panels(), [&](std::size_t i) {
    if (stopped || help_.stop.stop_requested()) {
      stopped = true;
      return;
    }
    const std::size_t panel = (rows + 1) * kPanel;
    for (std::size_t j = i; j < panels(); ++j)
      add_panel_product(packed_.data() + i * panel, packed_.data() + j * panel, rows + 1,
                        tiles_.data() + tile_of(i, j) * kTile);
  });
  rows_ += rows;
  block_.clear();
  if (stopped) return fail_cancelled();
  return {};
}

Result<CentredProducts> RowProducts::finish() const {
  RowProducts all = *this;
  if (Status flushed = all.flush(); !flushed) return fail(std::move(flushed.error()));
  CentredProducts sums{.columns = columns_, .rows = static_cast<double>(all.rows_), .mean = std::move(all.mean_)};
  sums.products.resize(columns_ * columns_);
  for (std::size_t i = 0; i < columns_; ++i)
    for (std::size_t j = i; j < columns_; ++j) {
      const std::size_t tile = tile_of(i / kPanel, j / kPanel) * kTile;
      const double sum = all.tiles_[tile + i % kPanel * kPanel + j % kPanel];
      sums.products[i * columns_ + j] = sum;
      sums.products[j * columns_ + i] = sum;
    }
  return sums;
}

}  // namespace feedline::inline nodes
