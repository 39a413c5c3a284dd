// SPDX-License-Identifier: GPL-3.0-or-later
// Dragging wires: what fits lights up, what does not is refused with the reason beside the cursor.
#include "graph/port_edits.h"
#include "graph/rewire.h"
#include "gui/base/theme.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/grid.h"
#include "gui/canvas/new_node.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/wire_item.h"
#include "gui/models/text.h"
#include "schema/structure.h"

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
  wire_ = std::make_unique<WireDrag>(diagram(), start);
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
    if (port.side != side || port.ref.port == kFreePort) continue;  // that one has to be hit
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
    const bool forward = wire->anchor().side == Side::Output;
    if (target->side != wire->anchor().side) {
      offer_adapters(*refusal, forward ? wire->anchor().ref : target->ref, forward ? target->ref : wire->anchor().ref,
                     pos);
    } else {
      bubble_.show_reason(*refusal, pos, false);
    }
    Q_EMIT status_message(to_qstring(refusal->line()));
    return;
  }
  const bool forward = wire->anchor().side == Side::Output;
  const PortRef from = forward ? wire->anchor().ref : target->ref;
  const PortRef to = wire->end_at(*target);
  if (const auto edit = wire->drop_on(*target); edit && apply(*edit)) check_new_wire(from, to, pos);
}

void GraphView::offer_adapters(const Error& error, const PortRef& from, const PortRef& to, QPoint pos) {
  offer_ = {find_adapters(diagram(), controller_.analysis(), scope_, from, to), from, to};
  if (offer_.chains.empty()) {
    bubble_.show_reason(error, pos, false);
    return;
  }
  QStringList offers;
  for (const AdapterChain& chain : offer_.chains) {
    QStringList titles;
    for (const AdapterStep& step : chain) titles << to_qstring(step.spec->title);
    offers << tr("Insert %1").arg(titles.join(QStringLiteral(" → ")));
  }
  bubble_.show_offers(error, pos, offers);
}

/// A wire that kinds allow may still bring a shape that does not fit.
void GraphView::check_new_wire(const PortRef& from, const PortRef& to, QPoint pos) {
  for (const Problem& problem : controller_.analysis().problems) {
    const Error& error = problem.error;
    if (problem.severity != Problem::Severity::Error || error.node != path_of(to.node)) continue;
    if (!error.parameter.empty() || (!error.port.empty() && error.port != to.port)) continue;
    if (!find_adapters(diagram(), controller_.analysis(), scope_, from, to).empty())
      offer_adapters(error, from, to, pos);
    return;
  }
}

void GraphView::insert_adapter(int choice) {
  bubble_.hide();
  if (choice < 0 || choice >= static_cast<int>(offer_.chains.size())) return;
  const Offer offer = std::exchange(offer_, {});
  const NodeItem* from = scene_.node(offer.from.node);
  const NodeItem* to = scene_.node(offer.to.node);
  if (from == nullptr || to == nullptr) return;
  const QRectF left = from->mapRectToScene(from->body());
  const QRectF right = to->mapRectToScene(to->body());
  const QPointF place = snapped((left.topRight() + right.topLeft()) / 2 - QPointF(10 * Theme::kUnit, 0));
  const Insertion insertion = insert_adapters(diagram(), offer.chains[static_cast<std::size_t>(choice)], offer.from,
                                              offer.to, {place.x(), place.y()}, 28 * Theme::kUnit);
  if (apply(with_room(insertion.edit))) select_added(insertion.ids);
}

void GraphView::end_wire() {
  if (wire_ && wire_->lifted())
    if (WireItem* lifted = scene_.wire(wire_->lifted()->to)) lifted->set_lifted(false);
  for (const auto& [id, item] : scene_.nodes()) item->set_moods({});
  delete wire_preview_;
  wire_preview_ = nullptr;
  wire_.reset();
  bubble_.hide();
  wire_by_key_ = false;
  if (gesture_ == Gesture::Wire) gesture_ = Gesture::None;
  viewport()->unsetCursor();
}

void GraphView::open_search() {
  searched_wire_.reset();
  searched_splice_.reset();
  search_for_wire(cursor_or_centre());
}

void GraphView::search_for_wire(QPoint pos) {
  search_pos_ = mapToScene(pos);
  bubble_.hide();
  const WireDrag* wire = searched_wire_.get();
  const Link* splice_into = searched_splice_ ? diagram().link_into(*searched_splice_) : nullptr;
  search_.open(pos, [this, wire, splice_into](const NodeSpec& spec) {
    if (scope_.empty() && (spec.type == kSubgraphInputType || spec.type == kSubgraphOutputType)) return false;
    if (wire != nullptr) return wire->port_that_fits(spec).has_value();
    if (splice_into == nullptr) return true;
    Diagram trial = diagram();
    const std::string id = trial.free_id("trial");
    return trial.apply({AddNode{.node = new_node(spec, id, {})}}) && splice(trial, id, *splice_into).has_value();
  });
}

void GraphView::pick_from_search(const QString& type) {
  const std::unique_ptr<WireDrag> wire = std::move(searched_wire_);
  const std::optional<PortRef> into = std::exchange(searched_splice_, std::nullopt);
  const NodeSpec* spec = Registry::instance().find(type.toStdString());
  if (into && spec != nullptr) {
    const QPointF place = snapped(search_pos_ - QPointF(10 * Theme::kUnit, 5 * Theme::kUnit));
    add(new_node(*spec, diagram().free_id(default_id(*spec)), {place.x(), place.y()}), into);
    return;
  }
  if (wire == nullptr || spec == nullptr || scene_.node(wire->anchor().ref.node) == nullptr) {
    add_node_at(type, search_pos_);
    return;
  }
  // The socket that the wire ends at should come to lie about where it was dropped.
  const QPointF socket(wire->anchor().side == Side::Output ? 0 : 20 * Theme::kUnit, 7 * Theme::kUnit);
  const std::string id = diagram().free_id(default_id(*spec));
  const QPointF place = free_place(new_node(*spec, id, {}), search_pos_ - socket);
  if (apply(wire->drop_on_new(*spec, id, {place.x(), place.y()}))) select_added({id});
}

}  // namespace feedline::gui
