// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/verdict.h"
#include "training/run.h"

#include <cstddef>
#include <string>

namespace feedline::cli {

/// What `profile` prints: throughput, the table of stages with what the verdict names marked, the verdict, and when
/// training the parts of a step. Measured between the result's first and last snapshot. `diagnosis`: null where there
/// is none; then nothing is marked.
[[nodiscard]] std::string profile_report(const RunResult& result, const Diagnosis* diagnosis, bool trained,
                                         std::size_t width);

}  // namespace feedline::cli
