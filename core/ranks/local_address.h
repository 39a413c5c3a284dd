// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "ranks/world.h"

#include <string>

namespace feedline::inline ranks {

/// The address of this machine on which a rank listens for the others, and on no other one: what
/// World::interface_address says (an address, or a network interface by its name), else the one from which rank 0 is
/// reached; 127.0.0.1 where all are on this machine. Errors: there is no such interface, rank 0's name is not known.
[[nodiscard]] Result<std::string> listening_address(const World& world);

}  // namespace feedline::inline ranks
