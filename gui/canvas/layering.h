// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <utility>
#include <vector>

namespace feedline::gui::inline canvas {

/// A graph of which only numbers are left: nodes from 0 to count - 1 and the wires between them.
struct PlainGraph {
  std::size_t count = 0;
  std::vector<std::pair<std::size_t, std::size_t>> wires{};  ///< from, to; no wire twice, none to itself
};

/// The nodes of a connected graph in layers. A wire that goes past layers has a bend in each of them, so that it is led
/// round nodes as if it were one: numbers from `graph.count` on are bends.
struct Layering {
  std::vector<std::vector<std::size_t>> layers{};            ///< from left to right, each from top to bottom
  std::vector<std::vector<std::size_t>> before{};            ///< of each node or bend: neighbours one layer back
  std::vector<std::vector<std::size_t>> after{};             ///< and one layer ahead
  std::vector<std::size_t> layer{};                          ///< of each node or bend
  std::vector<std::pair<std::size_t, std::size_t>> wires{};  ///< those of the graph, all going forward
};

/// Finds layers, and in each an order with few crossings; wires that run very far get no bends, so that the work stays
/// about linear.
/// Once stopped, what it gives is unfinished.
[[nodiscard]] Layering find_layers(const PlainGraph& graph, const std::stop_token& stop,
                                   const std::function<void(double done)>& progress);

}  // namespace feedline::gui::inline canvas
