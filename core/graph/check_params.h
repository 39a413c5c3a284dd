// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/graph.

#include "graph/validate.h"

#include <functional>

namespace feedline::inline graph {

/// Reports unknown parameters (warnings), and those of wrong type or out of range. False if the shapes behind the node
/// cannot be inferred; a path that is not set yet leaves them as symbols. `path` is what --set calls the node.
bool check_params(const Node& node, const std::string& path, const NodeSpec& spec,
                  const std::function<void(Error, Problem::Severity)>& report);

}  // namespace feedline::inline graph
