// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace feedline::inline schema {

/// The keys of all metrics, sorted: "accuracy", "macro_f1". CMake makes the list from the names of the files in
/// training/metrics, so that parameters can be checked without LibTorch; a test compares it with the rules.
[[nodiscard]] const std::vector<std::string>& metric_keys();

}  // namespace feedline::inline schema
