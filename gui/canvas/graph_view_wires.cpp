// SPDX-License-Identifier: GPL-3.0-or-later
// Dragging wires: what fits lights up, what does not is refused with the reason beside the cursor.
#include "app/theme.h"
#include "canvas/graph_view.h"
#include "canvas/grid.h"
#include "canvas/node_item.h"
#include "canvas/wire_item.h"
#include "models/text.h"

#include <QApplication>
#include <QGraphicsPathItem>

#include <algorithm>
#include <cmath>
#include <limits>

namespace feedline::gui {
namespace {

constexpr qreal kDropReach = 3 * Theme::kUnit;

}  // namespace

void GraphView::begin_wire(const PortId& start, QPoint pos) {
  gesture_ = Gesture::Wire;
  wire_ = std::make_unique<WireDrag>(controller_.document(), start);
  wire_preview_ = scene_.addPath(QPainterPath());
  wire_preview_->setZValue(3);
  wire_preview_->setAcceptedMouseButtons(Qt::NoButton);
  for (const auto& [id, item] : scene_.nodes()) {
    item->set_moods([this](const PortId& port) {
      if (port == wire_->anchor()) return SocketMood::Fits;
      return wire_->refusal(port) ? SocketMood::Refuses : SocketMood::Fits;
    });
  }
  viewport()->setCursor(Qt::CrossCursor);
  if (wire_->lifted())
    if (WireItem* lifted = scene_.wire(wire_->lifted()->to)) lifted->set_lifted(true);
  drag_wire(pos);
}

std::optional<PortId> GraphView::wire_target(QPoint pos) const {
  const QPointF place = mapToScene(pos);
  if (auto port = scene_.port_at(place, std::max(kDropReach, 1.5 * Theme::kUnit / zoom()))) return port;
  const NodeItem* node = scene_.node_at(place);
  if (node == nullptr || node->id() == wire_->anchor().ref.node) return std::nullopt;
  const Side side = wire_->anchor().side == Side::Output ? Side::Input : Side::Output;
  std::optional<PortId> best;
  double best_distance = std::numeric_limits<double>::infinity();
  for (PortId& port : node->ports()) {
    if (port.side != side) continue;
    double distance = std::abs(node->socket(port)->y() - place.y());
    if (wire_->refusal(port)) distance += 1e6;  // anywhere on a node means the port that fits
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = std::move(port);
  }
  return best;
}

void GraphView::drag_wire(QPoint pos) {
  const Theme& theme = Theme::instance();
  const std::optional<PortId> target = wire_target(pos);
  const bool at_start = !target || *target == wire_->anchor();
  const bool refused = !at_start && wire_->refusal(*target);
  const QPointF anchor = scene_.socket(wire_->anchor()).value_or(mapToScene(pos));
  const QPointF end = !at_start && !refused ? *scene_.socket(*target) : mapToScene(pos);

  Kind kind = Kind::Any;
  if (const NodeItem* node = scene_.node(wire_->anchor().ref.node)) {
    for (const PortFace& port : wire_->anchor().side == Side::Output ? node->face().outputs : node->face().inputs)
      if (port.name == wire_->anchor().ref.port) kind = port.kind;
  }
  const QColor color = refused ? theme.colors().error : theme.kind_color(kind);
  wire_preview_->setPen(
      QPen(color, is_per_record(kind) ? 2.6 : 3.6, at_start || refused ? Qt::DashLine : Qt::SolidLine, Qt::RoundCap));
  wire_preview_->setPath(wire_->anchor().side == Side::Output ? wire_path(anchor, end) : wire_path(end, anchor));
  if (refused && dragged_) {
    bubble_.show_reason(*wire_->refusal(*target), pos, true);
  } else {
    bubble_.hide();
  }
}

void GraphView::drop_wire(QPoint pos) {
  const std::optional<PortId> target = wire_target(pos);
  const std::unique_ptr<WireDrag> wire = std::move(wire_);
  wire_ = std::make_unique<WireDrag>(*wire);
  end_wire();
  if (!dragged_) return;
  if (!target) {
    if (const auto edit = wire->drop_on_nothing()) {
      apply(*edit);
    } else {
      searched_wire_ = std::make_unique<WireDrag>(*wire);
      search_for_wire(pos);
    }
    return;
  }
  if (*target == wire->anchor()) return;
  if (const auto& refusal = wire->refusal(*target)) {
    bubble_.show_reason(*refusal, pos, false);
    Q_EMIT status_message(to_qstring(refusal->line()));
    return;
  }
  if (const auto edit = wire->drop_on(*target)) apply(*edit);
}

void GraphView::end_wire() {
  if (wire_ && wire_->lifted())
    if (WireItem* lifted = scene_.wire(wire_->lifted()->to)) lifted->set_lifted(false);
  for (const auto& [id, item] : scene_.nodes()) item->set_moods({});
  delete wire_preview_;
  wire_preview_ = nullptr;
  wire_.reset();
  bubble_.hide();
  if (gesture_ == Gesture::Wire) gesture_ = Gesture::None;
  viewport()->unsetCursor();
}

void GraphView::open_search() {
  searched_wire_.reset();
  search_for_wire(cursor_or_centre());
}

void GraphView::search_for_wire(QPoint pos) {
  search_pos_ = mapToScene(pos);
  bubble_.hide();
  const WireDrag* wire = searched_wire_.get();
  search_.open(
      pos, wire == nullptr ? std::function<bool(const NodeSpec&)>()
                           : [wire](const NodeSpec& spec) { return wire->port_that_fits(spec).has_value(); });
}

void GraphView::pick_from_search(const QString& type) {
  const std::unique_ptr<WireDrag> wire = std::move(searched_wire_);
  const NodeSpec* spec = Registry::instance().find(type.toStdString());
  if (wire == nullptr || spec == nullptr || scene_.node(wire->anchor().ref.node) == nullptr) {
    add_node_at(type, search_pos_);
    return;
  }
  // The socket that the wire ends at should come to lie about where it was dropped.
  const QPointF socket(wire->anchor().side == Side::Output ? 0 : 20 * Theme::kUnit, 7 * Theme::kUnit);
  const QPointF place = snapped(search_pos_ - socket);
  const std::string id = controller_.document().free_id(spec->type);
  fitted_ = false;
  if (apply(wire->drop_on_new(*spec, id, {place.x(), place.y()}))) scene_.select({id});
}

}  // namespace feedline::gui
