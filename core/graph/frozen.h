// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "schema/registry.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline graph {

/// How much of a layer does not learn.
enum class Frozen : std::uint8_t { Nothing, Partly, Wholly };

/// What the trainers of a diagram say of its layers (TrainerSettings::freeze).
[[nodiscard]] std::vector<std::string> freeze_patterns(const Diagram& diagram,
                                                       const Registry& registry = Registry::instance());

/// As the node's own parameters say and these patterns, of which one may match its path. Only a run knows of weights
/// that there are none to freeze.
[[nodiscard]] Frozen frozen_share(const Node& node, const NodeSpec& spec, std::string_view path,
                                  std::span<const std::string> patterns);

}  // namespace feedline::inline graph
