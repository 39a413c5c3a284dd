// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace feedline::inline nodes {

/// Quantiles of a stream of numbers in bounded memory: exact for as many as one level holds, then within a known share
/// of the ranks.
///
/// A level that is full is sorted, and every other number of it moves to the next level, where it stands for two; which
/// of the two, first or second, takes turns. So with levels of k numbers and n numbers in all, a rank is wrong by at
/// most n / k for each of the log2(n / k) levels that were emptied: error_bound(). With k = 65,536 that is 0.02 % of
/// the ranks at 20 million numbers. The result depends on the order of the numbers alone.
/// Source: J. I. Munro, M. S. Paterson, "Selection and sorting with limited storage", Theoretical Computer Science 12,
/// 1980; G. S. Manku, S. Rajagopalan, B. G. Lindsay, "Approximate medians and other quantiles in one pass and with
/// limited memory", SIGMOD 1998.
class QuantileSketch {
 public:
  static constexpr std::size_t kMostKept = 65536;
  /// How many numbers a level may hold so that all columns together stay within some hundred megabytes; even.
  [[nodiscard]] static std::size_t level_size(std::size_t columns);

  explicit QuantileSketch(std::size_t level_size = kMostKept) : most_(level_size) {}

  /// Takes up a number that is not NaN.
  void add(double value);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// Is it still every number itself?
  [[nodiscard]] bool exact() const { return levels_.size() <= 1; }
  /// By what share of all numbers the rank of a quantile can be wrong; 0 while exact.
  [[nodiscard]] double error_bound() const;

  /// Quantiles at shares 0..1, ascending shares or not; between two numbers in proportion, as numpy.percentile does by
  /// default. Call only when count() > 0.
  [[nodiscard]] std::vector<double> quantiles(const std::vector<double>& shares) const;

 private:
  struct Level {
    std::vector<double> values{};
    bool second = false;  ///< which of each two stays the next time
  };
  void empty_level(std::size_t level);

  std::size_t most_;
  std::uint64_t count_ = 0;
  double least_ = 0;
  double greatest_ = 0;
  std::uint64_t moved_ = 0;  ///< sum of the weights of all levels that were emptied, one each time
  std::vector<Level> levels_{};
};

}  // namespace feedline::inline nodes
