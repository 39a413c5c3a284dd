// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tuning/live_run.h"

#include <string>
#include <vector>

namespace feedline::inline tuning {

/// What doing everything up to a node once, before training, costs and brings.
struct Split {
  std::string node{};        ///< empty: nothing is done ahead
  double offline_s = 0;      ///< for all records, once
  double bytes = 0;          ///< that they take
  double samples_per_s = 0;  ///< of training from then on
};

/// The Presto curve (SIGMOD 2022), measured: for each place where records may be kept, a run on so many records as fill
/// in a moment; time and bytes are scaled to all of them. Errors: of a run; Cancelled.
[[nodiscard]] Result<std::vector<Split>> split_curve(const Examination& examination, const MeasureOptions& options);

}  // namespace feedline::inline tuning
