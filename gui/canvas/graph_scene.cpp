// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/graph_scene.h"

#include "graph/path.h"
#include "gui/base/theme.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/cost_text.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/wire_item.h"
#include "gui/models/text.h"

#include <QPainter>
#include <QSignalBlocker>
#include <QStyleOptionGraphicsItem>

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

namespace feedline::gui::inline canvas {
namespace {

constexpr qreal kDotSpacing = 2 * Theme::kUnit;
constexpr qreal kLane = Theme::kUnit;  // between wires that go back side by side
constexpr qreal kIndexed = 4'000;      // half of what the index of items covers at least

/// Deletes the items of a map whose keys are gone.
template <class Map, class Keys>
void drop_missing(Map& items, const Keys& alive) {
  for (auto it = items.begin(); it != items.end();) {
    if (alive.contains(it->first)) {
      ++it;
      continue;
    }
    delete it->second;
    it = items.erase(it);
  }
}

template <class Map>
std::vector<std::string> selected_of(const Map& items) {
  std::vector<std::string> ids;
  for (const auto& [id, item] : items)
    if (item->isSelected()) ids.push_back(id);
  return ids;
}

}  // namespace

GraphScene::GraphScene(QObject* parent) : QGraphicsScene(parent) {
  setSceneRect(-kIndexed, -kIndexed, 2 * kIndexed, 2 * kIndexed);
}

GraphScene::~GraphScene() { blockSignals(true); }  // items that die with the scene are no change of selection

void GraphScene::sync(const Diagram& diagram, const Analysis& analysis, const std::string& scope, const Diagram* root) {
  const std::vector<std::string> selected_before = selected_nodes();
  const bool other_selected = selectedItems().size() != static_cast<qsizetype>(selected_before.size());
  const bool elsewhere = scope != scope_;
  {
    const QSignalBlocker quiet(this);  // one selectionChanged at the end, when all items are there
    FaceMaker faces(diagram, analysis, scope);
    if (root != nullptr) faces.freeze_by(*root);
    scope_ = scope;
    if (elsewhere) {
      clear_items();
    } else {
      adopt_renamed(diagram);
    }
    sync_frames(diagram);
    sync_nodes(diagram, faces);
    sync_wires(diagram, faces);
    sync_points(diagram);
    sync_comments(diagram);
  }
  content_changed();
  if (elsewhere || selected_before != selected_nodes() || other_selected) Q_EMIT selectionChanged();
}

bool GraphScene::shows_nodes_of(const Diagram& diagram) const {
  const auto shows_node = [](const Node& node, const NodeItem* item) {
    const QString& comment = item->face().comment;
    return item->id() == node.id && (comment.isEmpty() ? node.comment.empty() : comment == to_qstring(node.comment));
  };
  return std::equal(diagram.nodes().begin(), diagram.nodes().end(), nodes_in_order_.begin(), nodes_in_order_.end(),
                    shows_node) &&
         std::equal(diagram.links().begin(), diagram.links().end(), wires_in_order_.begin(), wires_in_order_.end(),
                    [](const Link& link, const OrderedWire& wire) { return wire.item->link().to == link.to; });
}

void GraphScene::sync_places(const Diagram& diagram) {
  std::vector<bool> moved(nodes_in_order_.size());
  for (std::size_t i = 0; i < moved.size(); ++i) {
    const QPointF place(diagram.nodes()[i].position.x, diagram.nodes()[i].position.y);
    moved[i] = nodes_in_order_[i]->pos() != place;
    if (moved[i]) nodes_in_order_[i]->setPos(place);
  }
  for (std::size_t i = 0; i < wires_in_order_.size(); ++i) {
    const Link& link = diagram.links()[i];
    const OrderedWire& wire = wires_in_order_[i];
    if (moved[wire.from] || moved[wire.to] || !link.via.empty() || !wire.item->via().empty())
      place_wire(*wire.item, link, *nodes_in_order_[wire.from], *nodes_in_order_[wire.to]);
  }
}

void GraphScene::sync_looks(const Diagram& diagram, const Analysis& analysis, const std::string& scope) {
  if (scope != scope_ || !shows_nodes_of(diagram)) return sync(diagram, analysis, scope);
  const std::size_t selected = static_cast<std::size_t>(selectedItems().size());
  {
    const QSignalBlocker quiet(this);
    sync_frames(diagram);
    sync_places(diagram);
    sync_points(diagram);
    sync_comments(diagram);
  }
  content_changed();
  if (selected != static_cast<std::size_t>(selectedItems().size())) Q_EMIT selectionChanged();
}

void GraphScene::clear_items() {
  const auto drop = [](auto& items) {
    for (const auto& [key, item] : items) delete item;
    items.clear();
  };
  drop(points_);
  drop(wires_);
  drop(nodes_);
  drop(comments_);
  drop(frames_);
  nodes_in_order_.clear();
  wires_in_order_.clear();
}

void GraphScene::adopt_renamed(const Diagram& diagram) {
  std::set<std::string_view> alive;
  for (const Node& node : diagram.nodes()) alive.insert(node.id);
  std::map<std::pair<double, double>, std::string> gone;
  for (const auto& [id, item] : nodes_)
    if (!alive.contains(id)) gone[{item->x(), item->y()}] = id;
  if (gone.empty()) return;
  for (const Node& node : diagram.nodes()) {
    if (nodes_.contains(node.id)) continue;
    const auto old = gone.find({node.position.x, node.position.y});
    if (old == gone.end() || nodes_[old->second]->face().type != to_qstring(node.type)) continue;
    auto entry = nodes_.extract(old->second);
    entry.key() = node.id;
    nodes_.insert(std::move(entry));
    gone.erase(old);
  }
}

void GraphScene::show_source_size(const Node& node, const FaceMaker& faces, NodeFace& face) const {
  const auto facts = source_facts_.find(join_path(scope_, node.id));
  if (facts == source_facts_.end()) return;
  const NodeSpec* type = Registry::instance().find(node.type);
  const PortSpec* label = type == nullptr ? nullptr : type->output_of(Kind::Label);
  face.cost = source_text(facts->second, label == nullptr ? nullptr : faces.desc({node.id, label->name}));
  face.cost_tip = face.cost;
}

void GraphScene::sync_nodes(const Diagram& diagram, const FaceMaker& faces) {
  std::set<std::string_view> alive;
  for (const Node& node : diagram.nodes()) alive.insert(node.id);
  drop_missing(nodes_, alive);
  nodes_in_order_.clear();
  for (const Node& node : diagram.nodes()) {
    NodeItem*& item = nodes_[node.id];
    NodeFace face = faces.face(node);
    show_source_size(node, faces, face);
    if (item == nullptr) {
      item = new NodeItem(face, &pictures_);
      addItem(item);
    } else {
      item->set_face(face);
    }
    item->setPos(node.position.x, node.position.y);
    nodes_in_order_.push_back(item);
  }
}

void GraphScene::sync_wires(const Diagram& diagram, const FaceMaker& faces) {
  std::set<PortRef> alive;
  for (const Link& link : diagram.links()) alive.insert(link.to);
  drop_missing(wires_, alive);
  std::unordered_map<std::string_view, std::size_t> places;
  for (const Node& node : diagram.nodes()) places.emplace(node.id, places.size());
  wires_in_order_.clear();
  for (const Link& link : diagram.links()) {
    const std::size_t from = places.at(link.from.node);
    const std::size_t to = places.at(link.to.node);
    const TensorDesc* desc = faces.desc(link.from);
    const FaceMaker::ShapeTexts texts = desc == nullptr ? FaceMaker::ShapeTexts() : faces.shape_texts(*desc);
    WireFace face{.link = Link{.from = link.from, .to = link.to},
                  .kind = faces.kind_of(link.from, desc),
                  .label = texts.whole,
                  .short_label = texts.brief,
                  .faulty = faces.faulty(link.to)};
    WireItem*& item = wires_[link.to];
    if (item == nullptr) {
      item = new WireItem(std::move(face), &pictures_);
      addItem(item);
    } else {
      item->set_face(std::move(face));
    }
    place_wire(*item, link, *nodes_in_order_[from], *nodes_in_order_[to]);
    wires_in_order_.push_back({item, from, to});
  }
}

void GraphScene::place_wire(WireItem& wire, const Link& link, const NodeItem& from, const NodeItem& to) {
  const auto start = from.socket(Side::Output, link.from.port);
  const auto end = to.socket(Side::Input, link.to.port);
  if (start && end) wire.set_ends(*start, *end, route(link, from, to));
}

void GraphScene::sync_points(const Diagram& diagram) {
  std::set<WirePoint> alive;
  for (const Link& link : diagram.links())
    for (std::size_t i = 0; i < link.via.size(); ++i) alive.insert({link.to, i});
  drop_missing(points_, alive);
  for (const Link& link : diagram.links())
    for (std::size_t i = 0; i < link.via.size(); ++i) {
      WirePointItem*& item = points_[{link.to, i}];
      if (item == nullptr) {
        item = new WirePointItem({link.to, i});
        addItem(item);
      }
      item->setPos(link.via[i].x, link.via[i].y);
      if (const WireItem* of = wire(link.to)) item->set_color(Theme::instance().kind_color(of->face().kind));
    }
}

void GraphScene::sync_frames(const Diagram& diagram) {
  std::set<std::string_view> alive;
  for (const Frame& frame : diagram.frames()) alive.insert(frame.id);
  drop_missing(frames_, alive);
  for (const Frame& frame : diagram.frames()) {
    FrameItem*& item = frames_[frame.id];
    if (item == nullptr) {
      const auto on_title = [this](const std::string& id, const QString& title) {
        if (on_frame_title) on_frame_title(id, title);
      };
      item = new FrameItem(frame, on_title, &pictures_);
      addItem(item);
    } else {
      item->set_frame(frame);
    }
  }
}

void GraphScene::sync_comments(const Diagram& diagram) {
  std::set<std::string_view> alive;
  for (const Comment& comment : diagram.comments()) alive.insert(comment.id);
  drop_missing(comments_, alive);
  for (const Comment& comment : diagram.comments()) {
    CommentItem*& item = comments_[comment.id];
    if (item == nullptr) {
      const auto on_text = [this](const std::string& id, const QString& text) {
        if (on_comment_text) on_comment_text(id, text);
      };
      item = new CommentItem(comment, on_text, &pictures_);
      addItem(item);
    } else {
      item->set_comment(comment);
    }
  }
}

void GraphScene::restyle() {
  for (const auto& [id, item] : nodes_) item->restyle();
  for (const auto& [id, item] : comments_) item->restyle();
  for (const auto& [id, item] : frames_) item->restyle();
  for (const auto& [point, item] : points_)
    if (const WireItem* of = wire(point.to)) item->set_color(Theme::instance().kind_color(of->face().kind));
  for (const auto& [to, item] : wires_) {
    item->restyle();
    Link link = item->link();
    for (const QPointF& point : item->via()) link.via.push_back({point.x(), point.y()});
    place_wire(*item, link, *node(link.from.node), *node(to.node));
  }
  content_changed();
  update();
}

WireRoute GraphScene::route(const Link& link, const NodeItem& from, const NodeItem& to) {
  const auto row = [](const std::vector<PortFace>& ports, const std::string& name) {
    const auto found =
        std::find_if(ports.begin(), ports.end(), [&](const PortFace& port) { return port.name == name; });
    return static_cast<qreal>(found - ports.begin());
  };
  const qreal out_row = row(from.face().outputs, link.from.port);
  const qreal in_row = row(to.face().inputs, link.to.port);
  WireRoute route{
      .out = kLane * (2.5 + out_row), .in = kLane * (2.5 + in_row), .gap = to.y() - kLane * (2 + 1.5 * in_row)};
  for (const Position& point : link.via) route.via.emplace_back(point.x, point.y);
  return route;
}

NodeItem* GraphScene::node(std::string_view id) const {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : found->second;
}

CommentItem* GraphScene::comment(std::string_view id) const {
  const auto found = comments_.find(id);
  return found == comments_.end() ? nullptr : found->second;
}

FrameItem* GraphScene::frame(std::string_view id) const {
  const auto found = frames_.find(id);
  return found == frames_.end() ? nullptr : found->second;
}

WirePointItem* GraphScene::wire_point(const WirePoint& point) const {
  const auto found = points_.find(point);
  return found == points_.end() ? nullptr : found->second;
}

WireItem* GraphScene::wire(const PortRef& to) const {
  const auto found = wires_.find(to);
  return found == wires_.end() ? nullptr : found->second;
}

std::optional<QPointF> GraphScene::socket(const PortId& port) const {
  const NodeItem* item = node(port.ref.node);
  return item == nullptr ? std::nullopt : item->socket(port);
}

std::optional<PortId> GraphScene::port_at(QPointF pos, qreal reach) const {
  std::optional<PortId> nearest;
  qreal best = reach;
  for (QGraphicsItem* hit :
       items(QRectF(pos - QPointF(reach, reach), QSizeF(2 * reach, 2 * reach)), Qt::IntersectsItemBoundingRect)) {
    const auto* item = qgraphicsitem_cast<NodeItem*>(hit);
    if (item == nullptr) continue;
    for (PortId& port : item->ports()) {
      const QPointF away = *item->socket(port) - pos;
      const qreal distance = std::hypot(away.x(), away.y());
      if (distance > best) continue;
      best = distance;
      nearest = std::move(port);
    }
  }
  return nearest;
}

NodeItem* GraphScene::node_at(QPointF pos) const {
  for (QGraphicsItem* hit : items(pos))
    if (auto* item = qgraphicsitem_cast<NodeItem*>(hit)) return item;
  return nullptr;
}

std::vector<std::string> GraphScene::selected_nodes() const { return selected_of(nodes_); }
std::vector<std::string> GraphScene::selected_comments() const { return selected_of(comments_); }
std::vector<std::string> GraphScene::selected_frames() const { return selected_of(frames_); }

std::vector<std::string> GraphScene::selected_ids() const {
  std::vector<std::string> ids = selected_nodes();
  for (std::string& id : selected_comments()) ids.push_back(std::move(id));
  for (std::string& id : selected_frames()) ids.push_back(std::move(id));
  return ids;
}

std::vector<WirePoint> GraphScene::selected_points() const {
  std::vector<WirePoint> points;
  for (const auto& [point, item] : points_)
    if (item->isSelected()) points.push_back(point);
  return points;
}

std::vector<Link> GraphScene::selected_wires() const {
  std::vector<Link> links;
  for (const auto& [to, item] : wires_)
    if (item->isSelected()) links.push_back(item->link());
  return links;
}

Selection GraphScene::selection() const {
  return {selected_nodes(), selected_comments(), selected_frames(), selected_wires(), selected_points()};
}

void GraphScene::select(const std::vector<std::string>& ids) {
  {
    const QSignalBlocker quiet(this);
    clearSelection();
    for (const std::string& id : ids) {
      if (NodeItem* item = node(id)) item->setSelected(true);
      if (CommentItem* item = comment(id)) item->setSelected(true);
      if (FrameItem* item = frame(id)) item->setSelected(true);
    }
  }
  Q_EMIT selectionChanged();
}

void GraphScene::sizes_changed() {
  content_.reset();
  for (const OrderedWire& wire : wires_in_order_) wire.item->nodes_moved();
}

/// The index of items divides the scene's rectangle, so that follows the graph: how far one may look is up to the view.
void GraphScene::content_changed() {
  sizes_changed();
  const QRectF all = content();
  if (!sceneRect().contains(all))
    setSceneRect((sceneRect() | all).adjusted(-all.width() / 8, -all.height() / 8, all.width() / 8, all.height() / 8));
}

QRectF GraphScene::content() const {
  if (content_) return *content_;
  QRectF all;
  for (const auto& [id, item] : nodes_) all |= item->mapRectToScene(item->boundingRect());
  for (const auto& [id, item] : comments_) all |= item->mapRectToScene(item->boundingRect());
  for (const auto& [id, item] : frames_) all |= item->mapRectToScene(item->boundingRect());
  return content_.emplace(all);
}

QRectF GraphScene::selected_content() const {
  QRectF all;
  for (const QGraphicsItem* item : selectedItems()) all |= item->mapRectToScene(item->boundingRect());
  return all;
}

void GraphScene::drawBackground(QPainter* painter, const QRectF& rect) {
  const Theme::Colors& c = Theme::instance().colors();
  painter->fillRect(rect, c.canvas);
  const qreal zoom = QStyleOptionGraphicsItem::levelOfDetailFromTransform(painter->worldTransform());
  qreal spacing = kDotSpacing;
  while (spacing * zoom < 15) spacing *= 2;
  // Small squares, which at this size look like dots and are filled much faster.
  const qreal size = (zoom > 1.2 ? 3 : 2) / zoom;
  QList<QRectF> dots;
  for (qreal x = std::ceil(rect.left() / spacing) * spacing; x <= rect.right(); x += spacing)
    for (qreal y = std::ceil(rect.top() / spacing) * spacing; y <= rect.bottom(); y += spacing)
      dots.emplace_back(x - size / 2, y - size / 2, size, size);
  painter->setRenderHint(QPainter::Antialiasing, false);
  painter->setPen(Qt::NoPen);
  painter->setBrush(c.grid.darker(Theme::instance().dark() ? 75 : 110));
  painter->drawRects(dots.data(), static_cast<int>(dots.size()));
  painter->setRenderHint(QPainter::Antialiasing);
}

}  // namespace feedline::gui::inline canvas
