// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tuning/live_run.h"

namespace feedline::inline tuning {

/// What probe_ranks() takes, about, with a measurement of so many seconds.
[[nodiscard]] double rank_probe_seconds(double seconds);

/// What a prediction for other numbers of ranks needs beside the measurement of one run: the same graph with a quarter
/// of the batch and as many threads for `seconds`, which tells what of a step does not shrink with its rows; and sums
/// over two ranks of this machine. Either is left out where it cannot be had (a batch too small, a build without
/// Gloo). Error: cancelled.
[[nodiscard]] Result<RankCalibration> probe_ranks(const Examination& examined, const MeasureOptions& options,
                                                  double seconds);

}  // namespace feedline::inline tuning
