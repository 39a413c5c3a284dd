// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <QString>

namespace feedline::gui::inline models {

/// What is wrong and what to do, for a place that says itself where: "8 is out of range. Give integer, 1 to 4".
[[nodiscard]] QString sentence(const Error& error);

}  // namespace feedline::gui::inline models
