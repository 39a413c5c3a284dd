// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "training/ranks/process_group.h"

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

namespace feedline::inline training {

/// ProcessGroup::join() on the calling thread, which may be stuck for longer than the limit where the network swallows
/// what is sent. Only where Gloo's headers are (FEEDLINE_GLOO).
[[nodiscard]] Result<std::shared_ptr<ProcessGroup>> join_gloo(const World& world, const std::string& agreed,
                                                              std::chrono::seconds limit, const std::stop_token& stop);

}  // namespace feedline::inline training
