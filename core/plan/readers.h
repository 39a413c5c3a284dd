// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

namespace feedline::inline plan {

/// Threads that read records for so many workers that prepare them, where reading is a segment of its own: one for each
/// eight, and one. The engine starts them, and the cost model reckons with them.
[[nodiscard]] constexpr std::size_t readers_for(std::size_t workers) { return 1 + workers / 8; }

}  // namespace feedline::inline plan
