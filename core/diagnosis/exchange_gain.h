// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/fix.h"
#include "diagnosis/scaling.h"

#include <optional>

namespace feedline::inline diagnosis {

/// The exchange of gradients as it is, for fixes that shorten it. None where a process trains alone, or its step waits
/// for the exchange less than a twentieth of the time.
[[nodiscard]] std::optional<ScalingModel> slow_exchange(const FixContext& context);

/// The rate with a changed exchange beside the rate with the exchange as it is.
[[nodiscard]] double ratio_of_exchange(const FixContext& context, const ScalingModel& now, const ScalingModel& then);

}  // namespace feedline::inline diagnosis
