// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to the json_*.cpp files and their tests.

#include "base/error.h"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace feedline::inline graph::json {

/// Keeps the order of keys, so that unknown ones are saved as they were read.
using Tree = nlohmann::ordered_json;

inline constexpr int kMaxDepth = 64;

/// Strict JSON. Errors say line and column: syntax, bad UTF-8, numbers beyond a double, nesting deeper than kMaxDepth,
/// a key that stands twice in one object (one of the two would be lost).
[[nodiscard]] Result<Tree> parse(std::string_view text);
/// One line, ", " and ": " as separators; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string inline_text(const Tree& tree);

/// Lifts a whole file from the version that is its key to the next.
using Migration = std::function<Status(Tree&)>;
using Migrations = std::map<int, Migration>;
/// Every step that this program knows.
[[nodiscard]] const Migrations& migrations();
/// Applies steps until the file says `target`. Errors: no key "feedline", a newer version, a version without a step.
Status migrate(Tree& file, int target, const Migrations& steps = migrations());

}  // namespace feedline::inline graph::json
