// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/node_spec.h"

#include <optional>
#include <string>

namespace feedline::inline graph {

/// A muted node is left out of a run: each output gives what enters an input of the same kind, that of its own name if
/// there is one (of any kind, for a port that passes on whatever it is given), else the first. None where nothing of
/// that kind enters.
[[nodiscard]] std::optional<std::string> passes_on(const NodeSpec& spec, const std::string& output);

/// May the node be muted? Only if every output has something to pass on. The error says which has not.
[[nodiscard]] Status check_mute(const NodeSpec& spec);

}  // namespace feedline::inline graph
