// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "recording/markup.h"

namespace feedline::inline recording {

/// The graph as it was laid out: nodes with their title, id and what was set, wires, frames and notes. Sub-graphs stay
/// closed. Empty for an empty graph.
[[nodiscard]] markup::Picture graph_svg(const Document& document, const Registry& registry = Registry::instance());

}  // namespace feedline::inline recording
