// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"

#include <string>
#include <vector>

namespace feedline::inline diagnosis {

/// The nodes of the present document that an edit speaks of, by their paths: those whose parameters it sets, and those
/// between which it puts something. Nodes that are only moved are not among them.
[[nodiscard]] std::vector<std::string> nodes_of_edit(const Document& document, const Edit& edit);

}  // namespace feedline::inline diagnosis
