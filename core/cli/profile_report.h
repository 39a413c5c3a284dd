// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "training/run.h"

#include <cstddef>
#include <string>

namespace feedline::cli {

/// What `profile` prints: throughput, the table of stages with the busiest marked, and when training the parts of a
/// step. Measured between the result's first and last snapshot.
[[nodiscard]] std::string profile_report(const RunResult& result, bool trained, std::size_t width);

}  // namespace feedline::cli
