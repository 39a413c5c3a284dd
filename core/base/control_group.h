// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace feedline::inline base {

/// The folders of this process's control group and of every group above it, up to the root: what any of them limits
/// holds for this process. `controller`: empty for version 2, "memory" and the like for version 1. Empty where there is
/// none.
[[nodiscard]] std::vector<std::filesystem::path> control_groups(std::string_view controller = {});

}  // namespace feedline::inline base
