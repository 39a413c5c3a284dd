// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <filesystem>

namespace feedline::inline base {

/// The file of the program that runs, by its whole path. Error: the system does not tell.
[[nodiscard]] Result<std::filesystem::path> own_program();

}  // namespace feedline::inline base
