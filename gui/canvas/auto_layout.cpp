// SPDX-License-Identifier: GPL-3.0-or-later
// The only file that knows graphviz.
#include "canvas/auto_layout.h"

#include "canvas/grid.h"

#include <algorithm>
#include <graphviz/cgraph.h>
#include <graphviz/gvc.h>
#include <limits>
#include <memory>
#include <set>

namespace feedline::gui {
namespace {

constexpr double kPointsPerInch = 72;
constexpr const char* kBetweenLayers = "1.1";  // inches, which graphviz takes for lengths
constexpr const char* kWithinLayer = "0.55";

/// Made once: it reads which plug-ins there are, and keeps the one for dot.
GVC_t* context() {
  static GVC_t* const shared = gvContext();
  return shared;
}

/// cgraph's functions take text that they do not change as char*.
char* text(const char* words) { return const_cast<char*>(words); }
char* text(const std::string& words) { return const_cast<char*>(words.c_str()); }

struct CloseGraph {
  void operator()(Agraph_t* graph) const {
    gvFreeLayout(context(), graph);
    agclose(graph);
  }
};

}  // namespace

std::map<std::string, Position> lay_out_in_layers(const std::vector<LayoutNode>& nodes,
                                                  const std::vector<Link>& links) {
  std::map<std::string, Position> places;
  if (nodes.empty() || context() == nullptr) return places;
  const std::unique_ptr<Agraph_t, CloseGraph> graph(agopen(text("g"), Agdirected, nullptr));
  const auto set = [&](int kind, const char* name, const char* value) {
    agattr(graph.get(), kind, text(name), text(value));
  };
  set(AGRAPH, "rankdir", "LR");
  set(AGRAPH, "ranksep", kBetweenLayers);
  set(AGRAPH, "nodesep", kWithinLayer);
  set(AGNODE, "shape", "box");
  set(AGNODE, "fixedsize", "true");
  set(AGNODE, "label", "");
  set(AGNODE, "width", "1");
  set(AGNODE, "height", "1");
  const auto inches = [](double points) { return std::to_string(points / kPointsPerInch); };

  std::map<std::string, Agnode_t*> drawn;
  for (const LayoutNode& node : nodes) {
    Agnode_t* added = agnode(graph.get(), text(node.id), 1);
    agset(added, text("width"), text(inches(node.size.width())));
    agset(added, text("height"), text(inches(node.size.height())));
    drawn[node.id] = added;
  }
  std::set<std::pair<std::string, std::string>> joined;  // two wires between the same nodes are one edge
  for (const Link& link : links) {
    const auto from = drawn.find(link.from.node);
    const auto to = drawn.find(link.to.node);
    if (from != drawn.end() && to != drawn.end() && joined.emplace(link.from.node, link.to.node).second)
      agedge(graph.get(), from->second, to->second, nullptr, 1);
  }
  if (gvLayout(context(), graph.get(), "dot") != 0) return places;

  // graphviz gives centres, with y upwards.
  double left = std::numeric_limits<double>::infinity();
  double top = left;
  for (const LayoutNode& node : nodes) {
    const pointf centre = ND_coord(drawn[node.id]);
    Position& place = places[node.id] = {centre.x - node.size.width() / 2, -centre.y - node.size.height() / 2};
    left = std::min(left, place.x);
    top = std::min(top, place.y);
  }
  for (auto& [id, place] : places) {
    const QPointF on_grid = snapped({place.x - left, place.y - top});
    place = {on_grid.x(), on_grid.y()};
  }
  return places;
}

}  // namespace feedline::gui
