// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/commands/remove.h"

#include "graph/part.h"
#include "graph/rewire.h"
#include "gui/canvas/commands/one_edit.h"

#include <map>
#include <set>
#include <variant>

namespace feedline::gui::inline canvas {

std::optional<Edit> removal(const Diagram& diagram, const Selection& selection, bool heal) {
  const std::vector<std::string> ids = selection.ids();
  const std::set<std::string> gone(ids.begin(), ids.end());
  Edit::List steps;
  std::set<PortRef> unwired;
  for (const Link& link : selection.wires) {
    if (gone.contains(link.from.node) || gone.contains(link.to.node)) continue;
    steps.push_back({RemoveLink{link.to}});
    unwired.insert(link.to);
  }
  std::map<PortRef, std::set<std::size_t>> points;
  for (const WirePoint& point : selection.points) points[point.to].insert(point.index);
  for (const auto& [to, indices] : points) {
    const Link* link = diagram.link_into(to);
    if (link == nullptr || unwired.contains(to) || gone.contains(to.node) || gone.contains(link->from.node)) continue;
    SetWirePoints fewer{.to = to};
    for (std::size_t i = 0; i < link->via.size(); ++i)
      if (!indices.contains(i)) fewer.via.push_back(link->via[i]);
    steps.push_back({std::move(fewer)});
  }
  if (!ids.empty()) {
    Diagram rest = diagram;
    if (!rest.apply(Edit{steps})) return std::nullopt;
    Edit removed = heal ? remove_and_heal(rest, ids) : remove_nodes(ids);
    for (Edit& step : std::get<Edit::List>(removed.change)) steps.push_back(std::move(step));
  }
  return any_edit(std::move(steps));
}

}  // namespace feedline::gui::inline canvas
