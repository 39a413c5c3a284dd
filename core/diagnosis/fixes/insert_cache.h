// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"

#include <optional>
#include <string>

namespace feedline::inline diagnosis {

/// The edit that puts a cache behind a node of the data side, on all wires out of its first output that is no label.
/// None: nothing is connected there, or there is no cache node.
[[nodiscard]] std::optional<Edit> insert_cache(const Document& document, const Registry& registry,
                                               const std::string& node, ParamMap params);

/// The edit that puts a node of this type, whose input and output are both called `port`, on all wires out of `from`.
/// None: nothing is connected there, or there is no such node or type.
[[nodiscard]] std::optional<Edit> insert_behind(const Document& document, const Registry& registry, const PortRef& from,
                                                const std::string& type, const std::string& port, ParamMap params);

}  // namespace feedline::inline diagnosis
