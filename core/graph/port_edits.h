// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"

#include <optional>
#include <string>
#include <vector>

namespace feedline::inline graph {

/// How the free input of a node that takes inputs as they are wired is called on the canvas (NodeSpec::add_port). No
/// port has this name.
inline constexpr std::string_view kFreePort = "+";

/// An input made for a wire: the edit makes it and draws the wire.
struct WiredPort {
  PortRef to{};
  Edit edit{};
};
/// Another input of `node` for the value of `from`, named after that output. Errors: the node takes no more inputs, the
/// value is none that it can take, or check_connect() refuses the wire.
[[nodiscard]] Result<WiredPort> wire_to_free_port(const Diagram& diagram, const PortRef& from, const std::string& node,
                                                  const Registry& registry = Registry::instance());

/// Sets a parameter of a node (a path, as in SetParam) with what its ports follow: where a port is renamed, its wires
/// stay at it; where one goes, its wires go. The plain SetParam where no port changes.
[[nodiscard]] Edit set_param(const Document& document, const SetParam& set,
                             const Registry& registry = Registry::instance());

}  // namespace feedline::inline graph
