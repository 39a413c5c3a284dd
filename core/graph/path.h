// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace feedline::inline graph {

// Paths name nodes through sub-graphs: "block/conv" is `conv` in `block`. The path of a sub-graph is also the scope of
// what is in it; the scope of the document's own nodes is empty. Where a graph runs, every instance of a repeated
// sub-graph has nodes of its own: "block/2/conv" is the second one's.

/// Sub-graphs may be nested so deep.
inline constexpr std::size_t kMaxNesting = 16;

/// The scope that a node stands in: "a/b" of "a/b/c", "" of "c".
[[nodiscard]] std::string_view scope_of(std::string_view path);
/// Its id there: "c" of "a/b/c".
[[nodiscard]] std::string_view leaf_of(std::string_view path);
/// "a/b" and "c" give "a/b/c"; an empty scope gives the id.
[[nodiscard]] std::string join_path(std::string_view scope, std::string_view id);
/// How many sub-graphs deep: 0 for "c", 2 for "a/b/c".
[[nodiscard]] std::size_t depth_of(std::string_view path);
/// Does the path lead into this scope, at whatever depth? Everything is within the empty scope.
[[nodiscard]] bool is_within(std::string_view path, std::string_view scope);
/// The node that was drawn for one that runs: "block/conv" of "block/2/conv".
[[nodiscard]] std::string drawn_path(std::string_view path);
/// Which instance of a repeated sub-graph it belongs to; 1 outside of any. With nested repeats, the innermost above 1.
[[nodiscard]] std::size_t instance_of(std::string_view path);

}  // namespace feedline::inline graph
