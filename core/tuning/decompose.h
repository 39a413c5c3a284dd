// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tuning/live_run.h"

namespace feedline::inline tuning {

/// Three rates, and what lies between them. Source: DS-Analyzer (VLDB 2021): the same batches again and again give the
/// step alone; real data from the file cache add the preparation stall; a cold file cache adds the fetch stall.
struct Stalls {
  double step_alone = 0;  ///< samples/s
  double cached = 0;
  double cold = 0;
  /// Share of the time with cached data that is not the step's.
  [[nodiscard]] double preparation_stall() const;
  /// Share of the time with a cold cache that cached data would save.
  [[nodiscard]] double fetch_stall() const;
  /// What no loader work can exceed: the step alone beside the run as it is (SPDL).
  [[nodiscard]] double headspace() const { return cached > 0 ? step_alone / cached : 1; }
};

/// Three short runs. For the cold one the files of the source are dropped from the system's memory first, which needs
/// no rights; what another process has mapped may stay. Errors: of a run; Cancelled.
[[nodiscard]] Result<Stalls> decompose(const Document& document, const MeasureOptions& options, double seconds = 2);

/// Drops the source's files from the system's file cache. Errors: the source cannot be opened.
[[nodiscard]] Status drop_file_cache(const Document& document, const MeasureOptions& options);

}  // namespace feedline::inline tuning
