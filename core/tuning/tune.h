// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/fix.h"
#include "tuning/live_run.h"
#include "tuning/ratio.h"

#include <string>
#include <vector>

namespace feedline::inline tuning {

struct TuneOptions {
  MeasureOptions measure{};
  double budget_seconds = 15;
  bool allow_result_changes = false;
};

/// Something that was tried.
struct TuneStep {
  std::string fix{};  ///< its id
  std::string title{};
  std::string why{};
  Edit edit{};           ///< of the best graph so far
  double predicted = 1;  ///< beside its rate
  double measured = 1;
  bool kept = false;
};

struct TuneResult {
  Document document{};  ///< the tuned graph; the one given where nothing helped
  std::vector<TuneStep> steps{};
  Diagnosis first{};     ///< of the graph as it was
  Diagnosis last{};      ///< of the tuned one
  RatioEstimate gain{};  ///< measured side by side at the end; 1 where nothing was changed
  bool improved = false;

  /// All that was kept, as one edit of the graph that was given.
  [[nodiscard]] Edit edit() const;
};

/// Finds the settings of a graph by measuring and solving: measures, solves the closed form, tries what it predicts to
/// bring most, keeps what is measured to be faster, and begins again, until nothing is predicted to help or most of the
/// budget is spent. In the end the original and the tuned graph take turns; unless the tuned one is the faster of the
/// two, the original is given back, so it never ends slower than it began.
[[nodiscard]] Result<TuneResult> tune(const Document& document, const TuneOptions& options);

}  // namespace feedline::inline tuning
