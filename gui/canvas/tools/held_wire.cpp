// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/tools/held_wire.h"

#include "graph/port_edits.h"
#include "gui/base/theme.h"
#include "gui/canvas/adapter_offer.h"
#include "gui/canvas/camera.h"
#include "gui/canvas/canvas_parts.h"
#include "gui/canvas/graph_scene.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/node_search.h"
#include "gui/canvas/reason_bubble.h"
#include "gui/canvas/shown_diagram.h"
#include "gui/canvas/wire_item.h"
#include "gui/models/text.h"

#include <QGraphicsPathItem>

#include <algorithm>
#include <cmath>
#include <limits>

namespace feedline::gui::inline canvas {
namespace {

constexpr qreal kDropReach = 3 * Theme::kUnit;
constexpr qreal kPreviewHeight = 3;  // above nodes and wires

}  // namespace

HeldWire::HeldWire(CanvasParts& parts, NodeSearch& search, AdapterOffer& adapters)
    : parts_(parts), search_(search), adapters_(adapters) {}

HeldWire::~HeldWire() = default;

void HeldWire::begin(const PortId& start, QPoint pos) {
  wire_ = std::make_unique<WireDrag>(parts_.shown.diagram(), start);
  preview_ = parts_.scene.addPath(QPainterPath());
  preview_->setZValue(kPreviewHeight);
  preview_->setAcceptedMouseButtons(Qt::NoButton);
  for (const auto& [id, item] : parts_.scene.nodes()) {
    item->set_moods([this](const PortId& port) {
      if (port == wire_->anchor()) return SocketMood::Fits;
      return wire_->refusal(port) ? SocketMood::Refuses : SocketMood::Fits;
    });
  }
  parts_.view.viewport()->setCursor(Qt::CrossCursor);
  if (wire_->lifted())
    if (WireItem* lifted = parts_.scene.wire(wire_->lifted()->to)) lifted->set_lifted(true);
  lead(pos, false);
}

std::optional<PortId> HeldWire::target_at(QPoint pos) const {
  const QPointF place = parts_.view.mapToScene(pos);
  if (auto port = parts_.scene.port_at(place, std::max(kDropReach, 1.5 * Theme::kUnit / parts_.camera.zoom())))
    return port;
  const NodeItem* node = parts_.scene.node_at(place);
  if (node == nullptr || node->id() == wire_->anchor().ref.node) return std::nullopt;
  const Side side = wire_->anchor().side == Side::Output ? Side::Input : Side::Output;
  std::optional<PortId> best;
  double best_distance = std::numeric_limits<double>::infinity();
  for (PortId& port : node->ports()) {
    if (port.side != side || port.ref.port == kFreePort) continue;  // that one has to be hit
    double distance = std::abs(node->socket(port)->y() - place.y());
    if (wire_->refusal(port)) distance += 1e6;  // anywhere on a node means the port that fits
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = std::move(port);
  }
  return best;
}

void HeldWire::lead(QPoint pos, bool tell) {
  const Theme& theme = Theme::instance();
  const std::optional<PortId> target = target_at(pos);
  const PortId& start = wire_->anchor();
  const bool at_start = !target || *target == start;
  const bool refused = !at_start && wire_->refusal(*target);
  const QPointF here = parts_.view.mapToScene(pos);
  const QPointF anchor = parts_.scene.socket(start).value_or(here);
  const QPointF end = !at_start && !refused ? *parts_.scene.socket(*target) : here;

  Kind kind = Kind::Any;
  if (const NodeItem* node = parts_.scene.node(start.ref.node)) {
    for (const PortFace& port : start.side == Side::Output ? node->face().outputs : node->face().inputs)
      if (port.name == start.ref.port) kind = port.kind;
  }
  const QColor color = refused ? theme.colors().error : theme.kind_color(kind);
  preview_->setPen(
      QPen(color, is_per_record(kind) ? 2.6 : 3.6, at_start || refused ? Qt::DashLine : Qt::SolidLine, Qt::RoundCap));
  preview_->setPath(start.side == Side::Output ? wire_path(anchor, end) : wire_path(end, anchor));
  if (refused && tell) {
    parts_.bubble.show_reason(*wire_->refusal(*target), pos, true);
  } else {
    parts_.bubble.hide();
  }
}

void HeldWire::drop(QPoint pos) {
  const std::optional<PortId> target = target_at(pos);
  const WireDrag wire = *wire_;
  end();
  if (target) {
    if (*target != wire.anchor()) drop_on(wire, *target, pos);
  } else if (const auto edit = wire.drop_on_nothing()) {
    parts_.shown.apply(*edit);
  } else {
    search_.open_for_wire(wire, pos);
  }
}

void HeldWire::drop_on(const WireDrag& wire, const PortId& target, QPoint pos) {
  const bool forward = wire.anchor().side == Side::Output;
  const PortRef from = forward ? wire.anchor().ref : target.ref;
  const PortRef to = forward ? target.ref : wire.anchor().ref;
  if (const auto& refusal = wire.refusal(target)) {
    if (target.side != wire.anchor().side) {
      adapters_.offer(*refusal, from, to, pos);
    } else {
      parts_.bubble.show_reason(*refusal, pos, false);
    }
    return parts_.shown.say(to_qstring(refusal->line()));
  }
  const PortRef end = wire.end_at(target);
  if (const auto edit = wire.drop_on(target); edit && parts_.shown.apply(*edit))
    adapters_.check(from, forward ? end : to, pos);
}

void HeldWire::drop_on_nothing() {
  const auto edit = wire_->drop_on_nothing();
  end();
  if (edit) parts_.shown.apply(*edit);
}

void HeldWire::search_here(QPoint pos) {
  const WireDrag wire = *wire_;
  end();
  search_.open_for_wire(wire, pos);
}

void HeldWire::end() {
  if (!wire_) return;
  if (wire_->lifted())
    if (WireItem* lifted = parts_.scene.wire(wire_->lifted()->to)) lifted->set_lifted(false);
  for (const auto& [id, item] : parts_.scene.nodes()) item->set_moods({});
  delete preview_;
  preview_ = nullptr;
  wire_.reset();
  parts_.bubble.hide();
  parts_.view.viewport()->unsetCursor();
}

}  // namespace feedline::gui::inline canvas
