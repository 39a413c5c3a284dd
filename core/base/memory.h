// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace feedline::inline base {

/// Bytes of memory that this process could still take without pressing on others: what the machine has available
/// (MemAvailable of /proc/meminfo), or less where a control group limits it. 0 if nothing is known.
[[nodiscard]] std::uint64_t free_memory();

}  // namespace feedline::inline base
