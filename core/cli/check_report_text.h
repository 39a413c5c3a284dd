// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "checking/check_report.h"

#include <cstddef>
#include <string>

namespace feedline::cli {

/// What `check` prints: a paragraph a source, the bad records by name, then the findings with remedies.
[[nodiscard]] std::string check_text(const CheckReport& report, std::size_t width);

}  // namespace feedline::cli
