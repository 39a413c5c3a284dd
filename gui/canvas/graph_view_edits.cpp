// SPDX-License-Identifier: GPL-3.0-or-later
// The canvas's edits that are no drags: adding, removing, the clipboard.
#include "app/theme.h"
#include "canvas/clipboard.h"
#include "canvas/comment_item.h"
#include "canvas/graph_view.h"
#include "canvas/grid.h"
#include "canvas/node_item.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMimeData>

#include <cmath>
#include <set>

namespace feedline::gui {

QPointF GraphView::free_place(QPointF wanted) const {
  const QSizeF room(22 * Theme::kUnit, 16 * Theme::kUnit);
  const QPointF start = snapped(wanted);
  const auto taken = [&](QPointF place) {
    for (const auto& [id, item] : scene_.nodes())
      if (item->mapRectToScene(item->body()).adjusted(-kGrid, -kGrid, kGrid, kGrid).intersects({place, room}))
        return true;
    return false;
  };
  for (int ring = 0; ring < 24; ++ring)  // the nearest place about it, below and to the right first
    for (int down = ring; down >= -ring; --down)
      for (int right = ring; right >= -ring; --right) {
        if (std::max(std::abs(down), std::abs(right)) != ring) continue;
        const QPointF place = start + QPointF(right, down) * 2 * kGrid;
        if (!taken(place)) return place;
      }
  return start;
}

void GraphView::add_node(const QString& type) {
  const QPointF half_a_node(10 * Theme::kUnit, 6 * Theme::kUnit);
  add_node_at(type, free_place(mapToScene(viewport()->rect().center()) - half_a_node));
}

void GraphView::add_node_at(const QString& type, QPointF scene_pos, const ParamMap& params) {
  const NodeSpec* spec = Registry::instance().find(type.toStdString());
  if (spec == nullptr) {
    Q_EMIT status_message(tr("There is no node type called “%1”.").arg(type));
    return;
  }
  const QPointF place = snapped(scene_pos);
  const std::string id = controller_.document().free_id(spec->type);
  Node node{.id = id,
            .type = spec->type,
            .version = spec->version,
            .params = params,
            .position = {place.x(), place.y()}};
  fitted_ = false;
  if (apply({AddNode{.node = std::move(node)}})) scene_.select({id});
}

void GraphView::add_comment_at(QPointF scene_pos) {
  const QPointF place = snapped(scene_pos);
  const std::string id = controller_.document().free_id("note");
  fitted_ = false;
  if (!apply({AddComment{.comment = {.id = id, .position = {place.x(), place.y()}}}})) return;
  scene_.select({id});
  setFocus();
  if (CommentItem* item = scene_.comment(id)) item->start_editing();
}

void GraphView::delete_selection() {
  std::vector<std::string> ids = scene_.selected_nodes();
  const std::set<std::string> nodes(ids.begin(), ids.end());
  Edit::List steps;
  for (const Link& link : scene_.selected_wires())
    if (!nodes.contains(link.from.node) && !nodes.contains(link.to.node)) steps.push_back({RemoveLink{link.to}});
  for (std::string& id : scene_.selected_comments()) ids.push_back(std::move(id));
  if (!ids.empty()) steps.push_back(remove_nodes(ids));
  if (steps.empty()) return;
  apply(steps.size() == 1 ? Edit(std::move(steps.front())) : Edit{std::move(steps)});
}

void GraphView::select_all() {
  std::vector<std::string> ids;
  for (const Node& node : controller_.document().nodes()) ids.push_back(node.id);
  for (const Comment& comment : controller_.document().comments()) ids.push_back(comment.id);
  scene_.select(ids);
}

void GraphView::copy() {
  std::vector<std::string> ids = scene_.selected_nodes();
  for (std::string& id : scene_.selected_comments()) ids.push_back(std::move(id));
  if (ids.empty()) return;
  QGuiApplication::clipboard()->setMimeData(to_mime(part_of(controller_.document(), ids)));
}

void GraphView::cut() {
  copy();
  delete_selection();
}

namespace {

QPointF top_left(const Document& part) {
  QPointF corner(1e9, 1e9);
  const auto include = [&](Position p) { corner = {std::min(corner.x(), p.x), std::min(corner.y(), p.y)}; };
  for (const Node& node : part.nodes()) include(node.position);
  for (const Comment& comment : part.comments()) include(comment.position);
  return corner;
}

/// Does a node of the part stand exactly on one of the document's?
bool covers(const Document& document, const Document& part, QPointF offset) {
  for (const Node& node : part.nodes())
    for (const Node& other : document.nodes())
      if (other.position == Position{node.position.x + offset.x(), node.position.y + offset.y()}) return true;
  return false;
}

}  // namespace

void GraphView::paste() {
  const std::optional<Document> part = from_mime(QGuiApplication::clipboard()->mimeData());
  if (!part) {
    Q_EMIT status_message(tr("The clipboard holds no nodes."));
    return;
  }
  const bool under_mouse = underMouse() && viewport()->rect().contains(viewport()->mapFromGlobal(QCursor::pos()));
  QPointF offset(2 * kGrid, 2 * kGrid);
  if (under_mouse) {
    offset = snapped(mapToScene(cursor_or_centre()) - top_left(*part));
  } else if (!mapToScene(viewport()->rect()).containsPoint(top_left(*part) + offset, Qt::OddEvenFill)) {
    offset = snapped(mapToScene(viewport()->rect().center()) - top_left(*part));
  }
  while (covers(controller_.document(), *part, offset)) offset += QPointF(2 * kGrid, 2 * kGrid);
  const Paste paste = make_paste(controller_.document(), *part, {offset.x(), offset.y()});
  fitted_ = false;
  if (apply(paste.edit)) scene_.select(paste.ids);
}

void GraphView::duplicate() {
  std::vector<std::string> ids = scene_.selected_nodes();
  for (std::string& id : scene_.selected_comments()) ids.push_back(std::move(id));
  if (ids.empty()) return;
  const Document part = part_of(controller_.document(), ids);
  QPointF offset(2 * kGrid, 2 * kGrid);
  while (covers(controller_.document(), part, offset)) offset += QPointF(2 * kGrid, 2 * kGrid);
  const Paste paste = make_paste(controller_.document(), part, {offset.x(), offset.y()});
  fitted_ = false;
  if (apply(paste.edit)) scene_.select(paste.ids);
}

}  // namespace feedline::gui
