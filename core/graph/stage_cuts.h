// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "graph/edit.h"

#include <string>
#include <vector>

namespace feedline::inline graph {

/// Has a stage of the trainer's network begin at this node of the document, a layer or a sub-graph of layers, or no
/// longer. Where it begins a stage, it stands among the cuts where the wires put it. Errors: there is no trainer of a
/// network, the node is no part of it, or no stage can begin there.
[[nodiscard]] Result<Edit> toggle_stage(const Document& document, const std::string& node,
                                        const Registry& registry = Registry::instance());
/// The same of several nodes, those of a frame: at the one layer, or sub-graph of layers, among them that no other one
/// of them leads to. Errors: those above; there is none, or more than one.
[[nodiscard]] Result<Edit> toggle_stage_of(const Document& document, const std::vector<std::string>& nodes,
                                           const Registry& registry = Registry::instance());

}  // namespace feedline::inline graph
