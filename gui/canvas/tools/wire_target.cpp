// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/tools/wire_target.h"

#include "graph/rewire.h"
#include "gui/base/theme.h"
#include "gui/canvas/canvas_parts.h"
#include "gui/canvas/graph_scene.h"
#include "gui/canvas/shown_diagram.h"
#include "gui/canvas/wire_item.h"

namespace feedline::gui::inline canvas {

void WireTarget::set(const std::optional<PortRef>& wire) {
  if (wire == wire_) return;
  if (WireItem* old = wire_ ? parts_.scene.wire(*wire_) : nullptr) old->set_targeted(false);
  wire_ = wire;
  if (WireItem* item = wire_ ? parts_.scene.wire(*wire_) : nullptr) item->set_targeted(true);
}

std::optional<PortRef> WireTarget::take() {
  std::optional<PortRef> wire = wire_;
  set(std::nullopt);
  return wire;
}

std::optional<PortRef> WireTarget::under(const QRectF& body, const std::string& node) const {
  // About its middle only, so that a node can be put beside a wire.
  const QRectF core(body.center() - QPointF(body.width() / 4, 2.5 * Theme::kUnit),
                    QSizeF(body.width() / 2, 5 * Theme::kUnit));
  const Diagram& diagram = parts_.shown.diagram();
  for (const auto& [to, item] : parts_.scene.wires()) {
    if (!item->passes(core)) continue;
    const Link* link = diagram.link_into(to);
    if (link != nullptr && splice(diagram, node, *link)) return to;
  }
  return std::nullopt;
}

}  // namespace feedline::gui::inline canvas
