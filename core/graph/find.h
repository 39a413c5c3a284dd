// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline graph {

/// A place in a graph that a search has found.
struct Found {
  std::string path{};  ///< of a node, a note or a frame, into sub-graphs
  std::string why{};   ///< what fits, where its name does not: "size = 224", "type conv2d", the line of a note
};

/// Every node, note and frame, those in sub-graphs too, for which each word of the query fits something: the name, the
/// type or its title, a comment, text or title, a parameter's name or value (set or by default). Upper and lower case
/// are the same. A number fits values that are equal, so "16" finds neither 160 nor 0.16; "size=16" and "filters > 8"
/// ask one parameter (= < > <= >=). In the order in which they were drawn; a sub-graph stands before what is in it. An
/// empty query finds nothing.
[[nodiscard]] std::vector<Found> find_in(const Document& document, std::string_view query,
                                         const Registry& registry = Registry::instance());

}  // namespace feedline::inline graph
