// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace feedline::inline graph {

/// Longest id of a node or comment.
inline constexpr std::size_t kMaxIdLength = 64;

/// Ids are words: a letter or underscore, then letters, digits, `_` and `-`, at most 64 in all. No dots, because
/// `node.port` and `node.param` name ports and parameters.
[[nodiscard]] bool is_id(std::string_view text);
/// The nearest thing to `text` that is an id: "2nd picture" gives "_2nd_picture"; "node" if nothing is left.
[[nodiscard]] std::string to_id(std::string_view text);

}  // namespace feedline::inline graph
