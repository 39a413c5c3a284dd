// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/residual_tally.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::inline training {
namespace {

/// Numbers of bins from 0 on are whole numbers that a double holds exactly.
constexpr double kFarthestBin = 1099511627776.0;  // 2^40

/// Where a bin of `from` lies in `to`, both counted from their first one.
std::size_t moved_bin(const BinLine& from, const BinLine& to, std::size_t bin) {
  const int wider = std::min(to.exponent() - from.exponent(), 63);  // of more nothing is left either
  const std::int64_t whole = (from.low() + static_cast<std::int64_t>(bin)) >> wider;
  return static_cast<std::size_t>(whole - to.low());
}

void move_line(std::vector<std::uint64_t>& counts, const BinLine& from, const BinLine& to) {
  std::vector<std::uint64_t> moved(static_cast<std::size_t>(to.count()));
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0) moved[moved_bin(from, to, i)] += counts[i];
  counts = std::move(moved);
}

void move_square(std::vector<std::uint64_t>& counts, const BinLine& from, const BinLine& to) {
  const auto before = static_cast<std::size_t>(from.count());
  const auto side = static_cast<std::size_t>(to.count());
  std::vector<std::uint64_t> moved(side * side);
  for (std::size_t i = 0; i < before; ++i)
    for (std::size_t k = 0; k < before; ++k)
      if (const std::uint64_t count = counts[i * before + k]; count > 0)
        moved[moved_bin(from, to, i) * side + moved_bin(from, to, k)] += count;
  counts = std::move(moved);
}

}  // namespace

void BinLine::widen() {
  ++exponent_;
  per_unit_ /= 2;
  low_ >>= 1;
  high_ >>= 1;
}

void BinLine::include(double number) {
  const bool first = count() == 0;
  while (std::abs(number) * per_unit_ >= kFarthestBin) widen();
  const std::int64_t bin = bin_of(number);
  low_ = first ? bin : std::min(low_, bin);
  high_ = first ? bin : std::max(high_, bin);
  while (count() > most_) widen();
}

std::int64_t BinLine::bin_of(double number) const { return static_cast<std::int64_t>(std::floor(number * per_unit_)); }

bool BinLine::holds(double number) const {
  const double bin = std::floor(number * per_unit_);
  return bin >= static_cast<double>(low_) && bin <= static_cast<double>(high_);
}

void ResidualTally::add(double truth, double predicted) {
  const double residual = predicted - truth;
  if (!std::isfinite(truth) || !std::isfinite(residual)) {
    ++not_finite_;
    return;
  }
  if (!axis_.holds(truth) || !axis_.holds(predicted)) {
    const BinLine before = axis_;
    axis_.include(truth);
    axis_.include(predicted);
    move_square(counts_, before, axis_);
  }
  if (!residual_axis_.holds(residual)) {
    const BinLine before = residual_axis_;
    residual_axis_.include(residual);
    move_line(residuals_, before, residual_axis_);
  }
  const auto column = static_cast<std::size_t>(axis_.bin_of(truth) - axis_.low());
  const auto row = static_cast<std::size_t>(axis_.bin_of(predicted) - axis_.low());
  ++counts_[row * static_cast<std::size_t>(axis_.count()) + column];
  ++residuals_[static_cast<std::size_t>(residual_axis_.bin_of(residual) - residual_axis_.low())];
  ++count_;
  const double off = residual - mean_;
  mean_ += off / static_cast<double>(count_);
  squares_ += off * (residual - mean_);
}

ResidualPlot ResidualTally::take() {
  ResidualTally all = std::exchange(*this, {});
  ResidualPlot plot{.count = all.count_, .not_finite = all.not_finite_};
  if (all.count_ == 0) return plot;
  plot.mean = all.mean_;
  plot.deviation = std::sqrt(all.squares_ / static_cast<double>(all.count_));
  plot.first = all.axis_.first();
  plot.width = all.axis_.width();
  plot.bins = static_cast<std::size_t>(all.axis_.count());
  plot.counts = std::move(all.counts_);
  plot.residuals = {
      .first = all.residual_axis_.first(), .width = all.residual_axis_.width(), .counts = std::move(all.residuals_)};
  return plot;
}

}  // namespace feedline::inline training
