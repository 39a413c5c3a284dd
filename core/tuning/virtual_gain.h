// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tuning/live_run.h"
#include "tuning/ratio.h"

#include <cstddef>
#include <functional>
#include <string>

namespace feedline::inline tuning {

struct VirtualGainOptions {
  MeasureOptions measure{};
  double seconds = 12;  ///< of measuring, warm-up not counted
  double slice = 0.6;   ///< of one measurement
  std::size_t least_pairs = 4;
  /// After each pair. May be empty.
  std::function<void(const RatioEstimate&)> on_pair{};
};

/// What a faster node would bring: measured on the run as it is, and by the closed form.
struct VirtualGain {
  std::string node{};
  double factor = 2;
  double measured = 0;          ///< samples/s as it is, median
  double with_faster_node = 0;  ///< the same with the node so much faster
  RatioEstimate ratio{};        ///< of the two
  double predicted = 1;         ///< the same ratio by the closed form, settings as they are
  /// The two say the same: the prediction lies in the interval, or within a tenth of the measured ratio.
  [[nodiscard]] bool agree() const;
};

/// Lets the graph run and makes the node (the trainer's: the training step) look `factor` times faster every other
/// moment; see engine/virtual_speedup.h. It sees what the closed form cannot: contention, caches, queues. Errors: of
/// the run; there is no such node on the way to the step; Cancelled.
[[nodiscard]] Result<VirtualGain> measure_virtual_gain(const Document& document, const std::string& node, double factor,
                                                       const VirtualGainOptions& options);

}  // namespace feedline::inline tuning
