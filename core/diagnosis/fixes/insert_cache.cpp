// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fixes/insert_cache.h"

#include <algorithm>

namespace feedline {
namespace {

/// The port whose values are worth keeping: of a shuffle too, what it passes on of its sample.
const PortSpec* kept_port(const NodeSpec& spec) {
  const auto found = std::find_if(spec.outputs.begin(), spec.outputs.end(),
                                  [](const PortSpec& port) { return port.kind != Kind::Label; });
  return found == spec.outputs.end() ? nullptr : &*found;
}

}  // namespace

std::optional<Edit> insert_cache(const Document& document, const Registry& registry, const std::string& node,
                                 ParamMap params) {
  const Node* found = document.find(node);
  const NodeSpec* spec = found == nullptr ? nullptr : registry.find(found->type);
  const NodeSpec* cache = registry.find("cache");
  const PortSpec* port = spec == nullptr ? nullptr : kept_port(*spec);
  if (port == nullptr || cache == nullptr) return std::nullopt;

  const std::string id = document.free_id("cache");
  const PortRef from{node, port->name};
  Edit::List edits;
  Position place = found->position;
  std::size_t wires = 0;
  for (const Link& link : document.links()) {
    if (link.from != from) continue;
    const Node& reader = *document.find(link.to.node);
    place = {(found->position.x + reader.position.x) / 2, (found->position.y + reader.position.y) / 2 + 110};
    edits.push_back({RemoveLink{link.to}});
    ++wires;
  }
  if (wires == 0) return std::nullopt;
  edits.push_back({AddNode{
      .node = {.id = id, .type = "cache", .version = cache->version, .params = std::move(params), .position = place}}});
  edits.push_back({AddLink{.link = {.from = from, .to = {id, "sample"}}}});
  for (const Link& link : document.links())
    if (link.from == from) edits.push_back({AddLink{.link = {.from = {id, "sample"}, .to = link.to}}});
  return Edit{std::move(edits)};
}

}  // namespace feedline
