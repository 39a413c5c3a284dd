// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/validate.h"

#include <map>
#include <string>

namespace feedline::inline plan {

/// Of each node of a graph that learns, by its id in the flat document: upstream_hash(), and which records train. While
/// it stays, what the node has learnt holds, as far as the graph decides it. Of any graph, finished or not.
using LearningHashes = std::map<std::string, std::string, std::less<>>;
[[nodiscard]] LearningHashes learning_hashes(const Document& document, const Registry& registry = Registry::instance());

/// What nodes have learnt, with the graph's part in it at that time.
struct LearntBefore {
  LearningHashes hashes{};
  LearntStates states{};
};
/// That part of it which still holds.
[[nodiscard]] LearntStates still_learnt(const LearntBefore& before, const LearningHashes& now);

}  // namespace feedline::inline plan
