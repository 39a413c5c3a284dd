// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Free of LibTorch.

#include "base/error.h"
#include "telemetry/rank_sample.h"

#include <cstdint>
#include <stop_token>

namespace feedline::inline training {

/// What two ranks of this machine need for a sum of few and of many bytes, up to `bytes` (gradients of a step;
/// bounded): real ones, on threads of this process, over the same sockets as processes. Takes well under a second where
/// cores are idle, so nothing else of this process should run. Errors: this build has no Gloo; no folder to meet in;
/// cancelled.
[[nodiscard]] Result<ExchangeProbe> probe_exchange(std::uint64_t bytes, std::stop_token stop);

}  // namespace feedline::inline training
