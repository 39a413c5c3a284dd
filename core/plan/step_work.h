// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plan/plan.h"

#include <cstddef>
#include <cstdint>

namespace feedline::inline plan {

/// Below so many multiply-adds of the forward pass a thread, threads cost more than they bring: they meet once or more
/// a step, for tens of microseconds, and a core does so much in about half a millisecond, backward included. Measured
/// on the network of example:adult (9,000 a record), where one thread is 1.4 times as fast as two with 64 records a
/// batch, level with 512 to 1,024, and 0.75 times with 2,048.
inline constexpr double kWorkOfThread = 4e6;

/// Of the forward pass over one record, the longest where they differ. What a layer does not say counts as one for each
/// number that it learns.
[[nodiscard]] double multiply_adds_of(const ModelPlan& network);

/// How many threads the step of a rank is worth, at least 1.
[[nodiscard]] std::int64_t threads_worth(const Plan& plan, std::size_t ranks);

}  // namespace feedline::inline plan
