// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fixes/insert_cache.h"

#include "graph/rewire.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::inline diagnosis {
namespace {

/// The distance at which the examples place nodes in a row, and how far from its row a node may stand and be of it.
constexpr double kColumn = 260;
constexpr double kSameRow = 100;

/// Everything of a row from this place on, one column to the right, if the place is taken.
MoveNodes make_room(const Document& document, Position place) {
  MoveNodes moves;
  const auto stands_there = [&](const Node& node) {
    return std::abs(node.position.x - place.x) < kColumn && std::abs(node.position.y - place.y) < kSameRow &&
           node.position.x > place.x - kColumn / 2;
  };
  if (std::none_of(document.nodes().begin(), document.nodes().end(), stands_there)) return moves;
  for (const Node& node : document.nodes())
    if (node.position.x >= place.x - kColumn / 2 && std::abs(node.position.y - place.y) < kSameRow)
      moves.to.emplace_back(node.id, Position{node.position.x + kColumn, node.position.y});
  return moves;
}

/// The port whose values are worth keeping: of a shuffle too, what it passes on of its sample.
const PortSpec* kept_port(const NodeSpec& spec) {
  const auto found = std::find_if(spec.outputs.begin(), spec.outputs.end(),
                                  [](const PortSpec& port) { return port.kind != Kind::Label; });
  return found == spec.outputs.end() ? nullptr : &*found;
}

}  // namespace

std::optional<Edit> insert_behind(const Document& document, const Registry& registry, const PortRef& from,
                                  const std::string& type, const std::string& port, ParamMap params) {
  const Node* found = document.find(from.node);
  const NodeSpec* spec = registry.find(type);
  if (found == nullptr || spec == nullptr) return std::nullopt;

  const std::string id = document.free_id(type);
  Edit::List edits;
  const Position place{found->position.x + kColumn, found->position.y};
  std::size_t wires = 0;
  for (const Link& link : document.links()) {
    if (link.from != from) continue;
    edits.push_back({RemoveLink{link.to}});
    ++wires;
  }
  if (wires == 0) return std::nullopt;
  if (MoveNodes moves = make_room(document, place); !moves.to.empty()) edits.push_back({std::move(moves)});
  edits.push_back({AddNode{
      .node = {.id = id, .type = type, .version = spec->version, .params = std::move(params), .position = place}}});
  edits.push_back({AddLink{.link = {.from = from, .to = {id, port}}}});
  for (const Link& link : document.links())
    if (link.from == from) edits.push_back({AddLink{.link = {.from = {id, port}, .to = link.to}}});
  return Edit{std::move(edits)};
}

std::optional<Edit> insert_cache(const Document& document, const Registry& registry, const std::string& node,
                                 ParamMap params) {
  const Node* found = document.find(node);
  const auto spec = found == nullptr ? std::nullopt : spec_of(*found, registry);
  const PortSpec* port = spec ? kept_port(*spec) : nullptr;
  if (port == nullptr) return std::nullopt;
  return insert_behind(document, registry, {node, port->name}, "cache", "sample", std::move(params));
}

}  // namespace feedline::inline diagnosis
