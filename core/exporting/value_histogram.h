// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "exporting/protobuf.h"

#include <span>
#include <vector>

namespace feedline::inline exporting {

/// The limits of TensorBoard's buckets: 0, what lies between 1e-12 and 1e20 in steps of a tenth, the same of negative
/// numbers, and the largest double at both ends. A number belongs to the bucket of the first limit above it. Source:
/// tensorflow/core/lib/histogram/histogram.cc.
[[nodiscard]] std::span<const double> histogram_limits();

/// How numbers are distributed, as HistogramProto (summary.proto) has it.
class ValueHistogram {
 public:
  /// About 2 ns a number. What is not finite is left out.
  explicit ValueHistogram(std::span<const float> values);

  [[nodiscard]] double count() const { return count_; }
  /// Of each bucket of histogram_limits().
  [[nodiscard]] const std::vector<double>& buckets() const { return buckets_; }
  /// Runs of empty buckets are one, as TensorFlow writes them.
  [[nodiscard]] ProtobufMessage message() const;

 private:
  double least_ = 0;
  double greatest_ = 0;
  double count_ = 0;
  double sum_ = 0;
  double squares_ = 0;
  std::vector<double> buckets_;
};

}  // namespace feedline::inline exporting
