// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/numbers.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::cli {

// Numbers as people read them.
using numbers::bytes;
using numbers::count;
using numbers::countdown;
using numbers::duration;
using numbers::loss;
using numbers::percent;
using numbers::plural;
using numbers::rate;

/// "a, b, c".
[[nodiscard]] std::string joined(const std::vector<std::string>& words);
/// Columns that UTF-8 text takes, every character counted as one.
[[nodiscard]] std::size_t columns(std::string_view text);
/// The text cut to so many columns, the cut marked by "...".
[[nodiscard]] std::string fit(std::string_view text, std::size_t width);
/// Breaks lines at spaces so that none is wider than `width`: the first begins at column `start`, all others are
/// indented. Line breaks in the text stay. A word that is longer than a line stays whole.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t width, std::size_t indent = 0, std::size_t start = 0);

}  // namespace feedline::cli
