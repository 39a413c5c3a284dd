// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "checking/check_report.h"

namespace feedline::inline checking {

/// What the figures of a check mean for a run, and what to do: worst first. Pure.
[[nodiscard]] std::vector<DataFinding> data_findings(const CheckReport& report);

}  // namespace feedline::inline checking
