// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/profile.h"

#include <cstddef>
#include <optional>

namespace feedline::inline diagnosis {

/// Walks from the source towards the trainer along the queues: whoever waits for room stands before something slower,
/// whoever waits for input behind it. The bottleneck is where the one turns into the other. Waits are used rather than
/// momentary fills, because they are sums over the whole time. Source: SPDL (Meta, 2025), reading its queues.
///
/// Returns the segment that holds the others up; none: the trainer does, the whole loader waits for it.
[[nodiscard]] std::optional<std::size_t> walk_queues(const Profile& profile);

}  // namespace feedline::inline diagnosis
