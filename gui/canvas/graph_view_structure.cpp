// SPDX-License-Identifier: GPL-3.0-or-later
// Sub-graphs, muting, frames, and putting things in order.
#include "graph/grouping.h"
#include "graph/path.h"
#include "graph/rewire.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/grid.h"
#include "gui/canvas/node_item.h"
#include "gui/models/text.h"

#include <QPainter>

#include <set>

namespace feedline::gui {

void GraphView::enter(const QString& scope) {
  const std::string path = scope.toStdString();
  if (path == scope_ || controller_.document().at(path) == nullptr) return;
  if (wire_) end_wire();
  search_.close_search();
  bubble_.hide();
  looked_at_[scope_] = look();
  scope_ = path;
  scene_.sync(diagram(), controller_.analysis(), scope_);
  breadcrumb_.show_scope(scope_);
  hint_.setVisible(diagram().empty());
  show_failures();
  place_overlays();
  if (const auto before = looked_at_.find(scope_); before != looked_at_.end()) {
    look_again(before->second);
  } else {
    zoom_to_fit();
  }
  Q_EMIT scope_changed(to_qstring(scope_));
}

void GraphView::leave() {
  if (scope_.empty()) return;
  const std::string left(leaf_of(scope_));
  enter(to_qstring(std::string(scope_of(scope_))));
  scene_.select({left});
}

void GraphView::enter_selected() {
  for (const std::string& id : scene_.selected_nodes())
    if (scene_.node(id)->face().subgraph) return enter(to_qstring(path_of(id)));
  Q_EMIT status_message(tr("Select a sub-graph to enter it."));
}

void GraphView::toggle_mute() {
  const std::vector<std::string> nodes = scene_.selected_nodes();
  if (nodes.empty()) return;
  const Result<Edit> edit = toggle_muted(diagram(), nodes);
  if (edit) {
    apply(*edit);
    return;
  }
  Q_EMIT status_message(to_qstring(edit.error().line()));
  if (const NodeItem* item = scene_.node(edit.error().node))
    bubble_.show_reason(edit.error(), mapFromScene(item->mapRectToScene(item->body()).center()), false);
}

void GraphView::group_selection() {
  const Result<Regrouped> grouped = group(diagram(), with_frame_content(), Registry::instance(), keys());
  if (!grouped) {
    Q_EMIT status_message(to_qstring(grouped.error().line()));
    return;
  }
  if (apply(with_room(grouped->edit))) select_added(grouped->ids);
}

void GraphView::ungroup_selection() {
  const std::vector<std::string> nodes = scene_.selected_nodes();
  const Result<Regrouped> ungrouped = ungroup(diagram(), nodes.empty() ? std::string() : nodes.front(), keys());
  if (!ungrouped) {
    Q_EMIT status_message(tr("Select a sub-graph to ungroup it."));
    return;
  }
  if (apply(with_room(ungrouped->edit))) select_added(ungrouped->ids);
}

void GraphView::add_frame() {
  QRectF area;
  for (const QRectF& body : bodies(scene_.selected_ids())) area |= body;
  if (area.isEmpty()) {
    const QPointF middle = mapToScene(cursor_or_centre());
    area = QRectF(middle - QPointF(20 * Theme::kUnit, 12 * Theme::kUnit), QSizeF(40 * Theme::kUnit, 24 * Theme::kUnit));
  }
  const std::string id = diagram().free_id("frame");
  const Frame frame{.id = id, .title = tr("Frame").toStdString(), .color = "blue"};
  if (!apply({AddFrame{.frame = placed(frame, frame_about(area))}})) return;
  scene_.select({id});
  setFocus();
  if (FrameItem* item = scene_.frame(id)) item->start_editing();
}

void GraphView::set_frame_color(const QString& color) {
  Edit::List steps;
  for (const std::string& id : scene_.selected_frames()) {
    Frame frame = *diagram().find_frame(id);
    frame.color = color.toStdString();
    steps.push_back({ChangeFrame{std::move(frame)}});
  }
  if (!steps.empty()) apply(steps.size() == 1 ? Edit(std::move(steps.front())) : Edit{std::move(steps)});
}

std::vector<QRectF> GraphView::bodies(const std::vector<std::string>& ids) const {
  std::vector<QRectF> rects;
  for (const std::string& id : ids) {
    if (const NodeItem* node = scene_.node(id)) {
      rects.push_back(node->mapRectToScene(node->body()));
    } else if (const Comment* comment = diagram().find_comment(id)) {
      rects.emplace_back(comment->position.x, comment->position.y, comment->width, comment->height);
    } else if (const Frame* frame = diagram().find_frame(id)) {
      rects.emplace_back(frame->position.x, frame->position.y, frame->width, frame->height);
    }
  }
  return rects;
}

void GraphView::move_each(const std::vector<std::string>& ids, const std::vector<QPointF>& shifts) {
  const std::vector<QRectF> before = bodies(ids);
  MoveNodes move;
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (!shifts[i].isNull())
      move.to.emplace_back(ids[i], Position{before[i].left() + shifts[i].x(), before[i].top() + shifts[i].y()});
  if (move.to.empty()) return;
  fitted_ = false;
  apply({std::move(move)});
}

void GraphView::align_selection(Align how) {
  const DocumentController::Named name(controller_, tr("Align"));
  const std::vector<std::string> ids = scene_.selected_ids();
  move_each(ids, align(bodies(ids), how));
}

void GraphView::distribute_selection(Qt::Orientation along) {
  const DocumentController::Named name(controller_, tr("Distribute"));
  const std::vector<std::string> ids = scene_.selected_ids();
  move_each(ids, distribute(bodies(ids), along));
}

void GraphView::drawForeground(QPainter* painter, const QRectF&) {
  if (hasFocus() && shows_focus_) {
    QPen ring(Theme::instance().colors().accent, 2);
    ring.setCosmetic(true);
    painter->setPen(ring);
    painter->setBrush(Qt::NoBrush);
    painter->drawRect(mapToScene(viewport()->rect().adjusted(1, 1, -1, -1)).boundingRect());
  }
  if (guides_.empty()) return;
  QPen pen(Theme::instance().colors().accent, 1.5, Qt::DashLine);
  pen.setCosmetic(true);
  painter->setPen(pen);
  for (const QLineF& guide : guides_) painter->drawLine(guide);
}

}  // namespace feedline::gui
