// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "checking/record_table.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace feedline::inline checking {

/// What the sampled values of a column are like.
struct ColumnFacts {
  std::uint64_t values = 0;  ///< that are there
  std::uint64_t missing = 0;
  // Of numbers, the infinite ones left out:
  double least = 0;
  double greatest = 0;
  double mean = 0;
  double stddev = 0;                  ///< of the sample (n - 1)
  std::vector<std::uint64_t> bins{};  ///< equal parts of [least, greatest]; one where all are equal
  // Of all others:
  std::vector<std::pair<std::string, std::uint64_t>> top{};  ///< the most frequent first, of equals by name
  std::uint64_t distinct = 0;
  bool many = false;  ///< there are more than kCountedValues: top counts only those met first

  [[nodiscard]] double missing_share() const {
    return missing == 0 ? 0 : static_cast<double>(missing) / static_cast<double>(values + missing);
  }
};

/// A source as a first look tells it.
struct SourceDescription {
  std::uint64_t records = 0;
  std::uint64_t sampled = 0;  ///< of them, drawn by key: the same each time
  std::uint64_t bad = 0;      ///< of the sample
  std::optional<Error> first_bad{};
  std::vector<RecordColumn> columns{};
  std::vector<ColumnFacts> facts{};  ///< one a column
  std::size_t left_out = 0;          ///< columns
  /// Records of each class, where the label is one: of the whole source where it knows (`counted`), else of the sample.
  std::vector<std::pair<std::string, std::uint64_t>> classes{};
  bool counted = false;
  bool several_labels = false;  ///< a record may have several classes, or none: their records are more than there are
  /// What all records are, of which `classes` are parts.
  [[nodiscard]] std::uint64_t labelled() const {
    std::uint64_t all = 0;
    for (const auto& [name, count] : classes) all += count;
    return several_labels ? records : all;
  }
};

struct DescribeOptions {
  std::uint64_t sample = 10'000;  ///< records at most; fewer of a table with hundreds of columns
  double seconds = 5;             ///< then it ends with what it has
  std::stop_token stop{};
};

inline constexpr std::size_t kCountedValues = 256;
inline constexpr std::size_t kTopValues = 8;
inline constexpr std::size_t kDescribedBins = 16;

/// Reads a sample of a source, which is bounded in records, memory (about 20 MB) and time, and describes its columns.
/// May take seconds: off the window's thread. Errors: stopped; no record of the first hundred can be read.
[[nodiscard]] Result<SourceDescription> describe_source(RecordTable& table, const DescribeOptions& options);

}  // namespace feedline::inline checking
