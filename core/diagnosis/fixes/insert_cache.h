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

}  // namespace feedline::inline diagnosis
