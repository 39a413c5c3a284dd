// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <vector>

namespace feedline::inline base {

/// Where weights may lie that come with Feedline (resources/weights): $FEEDLINE_WEIGHTS, beside the installed program
/// (../share/feedline/weights), and in the source tree from which it was built.
[[nodiscard]] std::vector<std::filesystem::path> example_weights_folders();

}  // namespace feedline::inline base
