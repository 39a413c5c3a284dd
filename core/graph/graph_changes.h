// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <cstddef>
#include <string>
#include <vector>

namespace feedline::inline graph {

/// Of a node: what it says, and defaults for the rest.
[[nodiscard]] ParamMap complete_params(const Node& node);

/// What a second graph has that the first has not, and the other way round.
struct GraphChanges {
  struct Parameter {
    std::string name{};  ///< "batch.size"
    std::string before{};
    std::string after{};
    bool operator==(const Parameter&) const = default;
  };
  std::vector<Parameter> parameters{};  ///< of nodes that both have, defaults included
  std::vector<std::string> added{};     ///< nodes; one whose type changed is in both lists
  std::vector<std::string> removed{};
  bool wiring = false;  ///< wires between nodes that both have, or what is muted
  [[nodiscard]] bool none() const { return parameters.empty() && added.empty() && removed.empty() && !wiring; }
};
[[nodiscard]] GraphChanges compare_graphs(const Document& before, const Document& after);
/// In words: "batch.size went from 64 to 128; crop was added".
[[nodiscard]] std::string sentence_of(const GraphChanges& changes);

/// How many of these parameters or nodes a sentence names before it counts the rest.
inline constexpr std::size_t kNamedChanges = 3;

}  // namespace feedline::inline graph
