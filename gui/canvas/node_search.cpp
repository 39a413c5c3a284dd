// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/node_search.h"

#include "gui/base/theme.h"
#include "gui/canvas/canvas_editor.h"
#include "gui/canvas/commands/insert.h"
#include "gui/canvas/commands/room.h"
#include "gui/canvas/graph_scene.h"
#include "gui/canvas/new_node.h"
#include "gui/canvas/node_files.h"
#include "gui/canvas/reason_bubble.h"
#include "gui/canvas/shown_diagram.h"
#include "schema/structure.h"

#include <utility>

namespace feedline::gui::inline canvas {

NodeSearch::NodeSearch(CanvasParts& parts, CanvasEditor& editor, NodeFiles& files)
    : parts_(parts), editor_(editor), files_(files), popup_(&parts.view) {
  connect(&popup_, &SearchPopup::picked, this, &NodeSearch::pick);
}

void NodeSearch::open(QPoint pos) {
  wire_.reset();
  into_.reset();
  show(pos);
}

void NodeSearch::open_for_wire(const WireDrag& wire, QPoint pos) {
  wire_.emplace(wire);
  into_.reset();
  show(pos);
}

void NodeSearch::open_into(const PortRef& wire, QPoint pos) {
  wire_.reset();
  into_ = wire;
  show(pos);
}

void NodeSearch::show(QPoint pos) {
  place_ = parts_.view.mapToScene(pos);
  parts_.bubble.hide();
  const Diagram& diagram = parts_.shown.diagram();
  const Link* into = into_ ? diagram.link_into(*into_) : nullptr;
  const bool outermost = parts_.shown.scope().empty();
  popup_.open(pos, [&](const NodeSpec& spec) {
    if (outermost && (spec.type == kSubgraphInputType || spec.type == kSubgraphOutputType)) return false;
    if (wire_) return wire_->port_that_fits(spec).has_value();
    return into == nullptr || fits_into(diagram, spec, *into);
  });
  // Which ports a file gives is known when it is read: they are no offer for a wire.
  if (!wire_ && into == nullptr) files_.list_own([this](const QStringList& files) { popup_.offer_files(files); });
}

void NodeSearch::pick(const QString& type) {
  const std::optional<WireDrag> wire = std::exchange(wire_, std::nullopt);
  const std::optional<PortRef> into = std::exchange(into_, std::nullopt);
  if (const QString file = SearchModel::file_of(type); !file.isEmpty()) return files_.insert(file, place_);
  const NodeSpec* spec = Registry::instance().find(type.toStdString());
  if (into && spec != nullptr) return editor_.add_node_into(*spec, place_, into);
  if (!wire || spec == nullptr || parts_.scene.node(wire->anchor().ref.node) == nullptr)
    return editor_.add_node_at(type, place_);
  // The socket that the wire ends at should come to lie about where it was dropped.
  const QPointF socket(wire->anchor().side == Side::Output ? 0 : 20 * Theme::kUnit, 7 * Theme::kUnit);
  const Diagram& diagram = parts_.shown.diagram();
  const std::string id = diagram.free_id(default_id(*spec));
  const QPointF place = free_place(diagram, parts_.geometry, new_node(*spec, id, {}), place_ - socket);
  editor_.apply_added(wire->drop_on_new(*spec, id, {place.x(), place.y()}), {id});
}

}  // namespace feedline::gui::inline canvas
