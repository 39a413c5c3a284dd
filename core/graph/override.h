// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"

#include <string_view>

namespace feedline::inline graph {

/// Turns `node.param=text` of `--set` into an edit; `block/conv.param=text` reaches into a sub-graph,
/// `node.muted=true` leaves the node out. Errors: no such node or parameter (with the nearest name), text that is not
/// of the parameter's kind, out of range.
[[nodiscard]] Result<Edit> parse_override(const Document& document, std::string_view assignment,
                                          const Registry& registry = Registry::instance());

}  // namespace feedline::inline graph
