// SPDX-License-Identifier: GPL-3.0-or-later
// Room for what is new, and arranging: nothing comes to lie on anything else.
#include "canvas/comment_item.h"
#include "canvas/cost_text.h"
#include "canvas/graph_view.h"
#include "canvas/grid.h"
#include "canvas/node_item.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace feedline::gui {
namespace {

/// Larger graphs are laid out on another thread.
constexpr std::size_t kAtOnce = 300;

/// What the card of a source may come to say.
const SourceFacts kMuch{.records = 9'999'999, .passed_over = "99,999 of 99,999 files passed over: 99,999 .jpeg"};

}  // namespace

/// What it will take on the canvas, before anything is known of it: a line more than now, for what it costs; of a
/// source the lines that tell what its folder holds.
QSizeF GraphView::size_of(const Node& node) {
  Diagram alone;
  (void)alone.apply({AddNode{.node = node}});
  const Analysis nothing;
  const FaceMaker faces(alone, nothing);
  NodeFace face = faces.face(alone.nodes().empty() ? node : alone.nodes().front());
  const NodeSpec* spec = Registry::instance().find(node.type);
  if (spec != nullptr && spec->role == Role::Source) face.cost = source_text(kMuch, nullptr);
  return NodeItem(face).body().size() + QSizeF(0, 2 * Theme::kUnit);
}

/// As it is drawn: a note is as high as its text needs.
QRectF GraphView::sheet_of(const Comment& comment) const {
  const CommentItem* item = scene_.comment(comment.id);
  const qreal needed = item == nullptr ? 0 : item->shape().boundingRect().height();
  return {comment.position.x, comment.position.y, comment.width, std::max(comment.height, needed)};
}

std::vector<QRectF> GraphView::obstacles() const {
  std::vector<QRectF> rects;
  for (const auto& [id, item] : scene_.nodes()) rects.push_back(item->mapRectToScene(item->body()));
  for (const Comment& comment : diagram().comments()) rects.push_back(sheet_of(comment));
  return rects;
}

/// Notes that nodes came to lie on, since these are new or were pushed, go below.
void GraphView::move_notes_away(const Diagram& trial, const Bodies& bodies, MoveNodes& move) const {
  std::vector<QRectF> came;
  std::vector<QRectF> taken;
  for (const Node& node : trial.nodes()) {
    const QRectF& body = bodies.at(node.id);
    taken.push_back(body);
    if (scene_.node(node.id) == nullptr || body.topLeft() != QPointF(node.position.x, node.position.y))
      came.push_back(body);
  }
  for (const Comment& note : trial.comments()) {
    QRectF sheet = sheet_of(note);
    if (std::any_of(came.begin(), came.end(), [&](const QRectF& body) { return body.intersects(sheet); })) {
      sheet.translate(clear_shift({sheet}, taken, {}));
      move.to.emplace_back(note.id, Position{sheet.left(), sheet.top()});
    }
    taken.push_back(sheet);
  }
}

std::vector<QRectF> GraphView::bodies_of(const Diagram& part) const {
  std::vector<QRectF> rects;
  for (const Node& node : part.nodes()) {
    const NodeItem* same = scene_.node(node.id);  // what is duplicated is here already
    const bool known = same != nullptr && same->face().type == QString::fromStdString(node.type);
    rects.emplace_back(QPointF(node.position.x, node.position.y), known ? same->body().size() : size_of(node));
  }
  for (const Comment& comment : part.comments())
    rects.emplace_back(comment.position.x, comment.position.y, comment.width, comment.height);
  return rects;
}

QPointF GraphView::free_place(const Node& node, QPointF wanted) const {
  std::vector<Node> alone = {node};
  place_below_each_other(alone, wanted);
  return {alone.front().position.x, alone.front().position.y};
}

void GraphView::place_below_each_other(std::vector<Node>& nodes, QPointF wanted) const {
  std::vector<QRectF> rects;
  QPointF corner = snapped(wanted);
  for (const Node& node : nodes) {
    rects.emplace_back(corner, size_of(node));
    corner.setY(std::ceil(rects.back().bottom() / kGrid + 1) * kGrid);
  }
  const QPointF shift = clear_shift(rects, obstacles(), {});
  for (std::size_t i = 0; i < nodes.size(); ++i)
    nodes[i].position = {rects[i].left() + shift.x(), rects[i].top() + shift.y()};
}

Edit GraphView::with_room(Edit edit) const {
  Diagram trial = diagram();
  if (!trial.apply(edit)) return edit;
  std::vector<std::string> added;
  for (const Node& node : trial.nodes())
    if (scene_.node(node.id) == nullptr) added.push_back(node.id);
  return added.empty() ? edit : pushed_along(std::move(edit), added);
}

Edit GraphView::pushed_along(Edit edit, const std::vector<std::string>& inserted) const {
  Diagram trial = diagram();
  if (!trial.apply(edit)) return edit;
  Bodies bodies;
  for (const Node& node : trial.nodes()) {
    const NodeItem* item = scene_.node(node.id);
    bodies[node.id] =
        QRectF(QPointF(node.position.x, node.position.y), item != nullptr ? item->body().size() : size_of(node));
  }
  for (const std::string& id : inserted) push_along(bodies, id);
  MoveNodes move;
  move_notes_away(trial, bodies, move);
  for (const Node& node : trial.nodes()) {
    const QPointF corner = bodies.at(node.id).topLeft();
    if (corner != QPointF(node.position.x, node.position.y))
      move.to.emplace_back(node.id, Position{corner.x(), corner.y()});
  }
  if (move.to.empty()) return edit;
  return Edit{Edit::List{std::move(edit), {std::move(move)}}};
}

void GraphView::lay_out() {
  arranged_ids_ = scene_.selected_nodes();
  if (arranged_ids_.size() < 2) {
    arranged_ids_.clear();
    for (const Node& node : diagram().nodes()) arranged_ids_.push_back(node.id);
  }
  if (arranged_ids_.empty()) return;
  const std::vector<QRectF> before = bodies(arranged_ids_);
  std::vector<LayoutNode> nodes;
  for (std::size_t i = 0; i < arranged_ids_.size(); ++i) nodes.push_back({arranged_ids_[i], before[i].size()});
  const double aspect = static_cast<double>(viewport()->width()) / std::max(1, viewport()->height());
  if (nodes.size() > kAtOnce) {
    arrange_job_.start(std::move(nodes), diagram().links(), aspect);
    place_overlays();
  } else {
    take_places(arranged_ids_, lay_out_in_layers(nodes, diagram().links(), {.aspect = aspect}));
  }
}

void GraphView::take_places(const std::vector<std::string>& ids, const std::map<std::string, Position>& places) {
  if (places.size() != ids.size()) return;
  const DocumentController::Named name(controller_, tr("Arrange in layers"));
  const std::set<std::string> moved(ids.begin(), ids.end());
  const std::vector<QRectF> before = bodies(ids);
  QRectF all;
  for (const QRectF& rect : before) all |= rect;
  QPointF corner = snapped(all.topLeft());
  std::vector<QRectF> after;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Position& place = places.at(ids[i]);
    after.emplace_back(corner + QPointF(place.x, place.y), before[i].size());
  }
  if (ids.size() < diagram().nodes().size()) {  // a part stays clear of the rest
    std::vector<QRectF> others;
    for (const auto& [id, item] : scene_.nodes())
      if (!moved.contains(id)) others.push_back(item->mapRectToScene(item->body()));
    const QPointF shift = clear_shift(after, others, {});
    for (QRectF& rect : after) rect.translate(shift);
  }
  Edit::List steps;
  MoveNodes move;
  for (std::size_t i = 0; i < ids.size(); ++i) move.to.emplace_back(ids[i], Position{after[i].left(), after[i].top()});
  std::vector<QRectF> taken = std::move(after);
  for (const Comment& note : diagram().comments()) {  // notes that nodes came to lie on go below
    const QRectF sheet(note.position.x, note.position.y, note.width, note.height);
    const QPointF shift = clear_shift({sheet}, taken, {});
    if (!shift.isNull()) move.to.emplace_back(note.id, Position{sheet.left() + shift.x(), sheet.top() + shift.y()});
    taken.push_back(sheet.translated(shift));
  }
  steps.push_back({std::move(move)});
  for (const Link& link : diagram().links())  // points led the wires round what stood there before
    if (!link.via.empty() && moved.contains(link.from.node) && moved.contains(link.to.node))
      steps.push_back({SetWirePoints{.to = link.to}});
  const Look was = look();
  const bool whole = ids.size() == diagram().nodes().size();
  if (!apply(steps.size() == 1 ? Edit(std::move(steps.front())) : Edit{std::move(steps)})) return;
  whole ? zoom_to_fit() : follow(ids);
  const int step = history_index_ - 1;
  arranged_looks_[step] = {controller_.undo_stack().command(step), scope_, was, look()};
}

}  // namespace feedline::gui
