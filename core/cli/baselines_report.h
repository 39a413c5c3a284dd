// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tuning/baselines.h"

#include <cstddef>
#include <string>

namespace feedline::cli {

// Models that are held against each other, as text for people and as JSON; described in resources/help/baselines.md.

/// The table of models, the cheapest first, what follows from it in words, and why models are missing.
[[nodiscard]] std::string baselines_text(const Baselines& baselines, std::size_t width);
[[nodiscard]] std::string baselines_json(const Baselines& baselines);

}  // namespace feedline::cli
