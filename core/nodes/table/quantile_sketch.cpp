// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/table/quantile_sketch.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::inline nodes {

std::size_t QuantileSketch::level_size(std::size_t columns) {
  constexpr std::size_t kNumbers = std::size_t{1} << 23U;  // of all columns' first levels: 64 MiB
  return std::clamp<std::size_t>(kNumbers / std::max<std::size_t>(columns, 1), 512, kMostKept) & ~std::size_t{1};
}

void QuantileSketch::add(double value) {
  least_ = count_ == 0 ? value : std::min(least_, value);
  greatest_ = count_ == 0 ? value : std::max(greatest_, value);
  ++count_;
  if (levels_.empty()) levels_.emplace_back();
  if (levels_.front().values.size() == most_) empty_level(0);
  levels_.front().values.push_back(value);
}

void QuantileSketch::empty_level(std::size_t level) {
  if (level + 1 == levels_.size()) levels_.emplace_back();
  if (levels_[level + 1].values.size() + most_ / 2 > most_) empty_level(level + 1);
  Level& from = levels_[level];
  std::sort(from.values.begin(), from.values.end());
  std::vector<double>& to = levels_[level + 1].values;
  for (std::size_t i = from.second ? 1 : 0; i < from.values.size(); i += 2) to.push_back(from.values[i]);
  from.second = !from.second;
  from.values.clear();
  moved_ += std::uint64_t{1} << level;
}

double QuantileSketch::error_bound() const {
  return count_ == 0 ? 0 : static_cast<double>(moved_) / static_cast<double>(count_);
}

std::vector<double> QuantileSketch::quantiles(const std::vector<double>& shares) const {
  std::vector<std::pair<double, std::uint64_t>> weighted;  // a number, and how many it stands for
  for (std::size_t level = 0; level < levels_.size(); ++level)
    for (const double value : levels_[level].values) weighted.emplace_back(value, std::uint64_t{1} << level);
  std::sort(weighted.begin(), weighted.end());
  std::uint64_t total = 0;
  for (auto& [value, weight] : weighted) weight = total += weight;  // how many there are up to here
  // The number at place `rank` of all of them, counted from 0.
  const auto at = [&](std::uint64_t rank) {
    if (rank == 0) return least_;
    if (rank + 1 >= total) return greatest_;
    const auto found = std::upper_bound(weighted.begin(), weighted.end(), rank,
                                        [](std::uint64_t r, const auto& item) { return r < item.second; });
    return found->first;
  };
  std::vector<double> found;
  found.reserve(shares.size());
  for (const double share : shares) {
    const double place = std::clamp(share, 0.0, 1.0) * static_cast<double>(total - 1);
    const double below = std::floor(place);
    const auto rank = static_cast<std::uint64_t>(below);
    const double low = at(rank);
    const double high = at(std::min(rank + 1, total - 1));
    const double part = place - below;
    // As numpy interpolates: from the nearer end, so that both ends are met exactly.
    found.push_back(part < 0.5 ? low + (high - low) * part : high - (high - low) * (1 - part));
  }
  return found;
}

}  // namespace feedline::inline nodes
