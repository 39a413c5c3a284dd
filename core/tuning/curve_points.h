// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/curves.h"
#include "graph/document.h"
#include "runs/run_record.h"
#include "training/run.h"

#include <vector>

namespace feedline::inline tuning {

/// What the curves of a run of this document say: judge_curves() of its whole epochs. One that was stopped before its
/// end is left out.
[[nodiscard]] std::vector<CurveFinding> judge_run(const Document& document, const std::vector<EpochResult>& epochs);

/// The same of a run that was recorded with this graph.
[[nodiscard]] std::vector<CurveFinding> judge_record(const Document& document, const RunRecord& run);

}  // namespace feedline::inline tuning
