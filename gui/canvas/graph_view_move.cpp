// SPDX-License-Identifier: GPL-3.0-or-later
// Moving and sizing: what moves with what, where it snaps, and what it is dropped into.
#include "graph/rewire.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/grid.h"
#include "gui/canvas/item_of.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/wire_item.h"

#include <algorithm>
#include <set>

namespace feedline::gui {
namespace {

/// How near, in pixels, an edge comes to another before it is brought in line.
constexpr qreal kEdgeReach = 5;

}  // namespace

GraphView::Moving GraphView::selection_to_move() const {
  Moving moving;
  for (const Node& node : diagram().nodes())
    if (const NodeItem* item = scene_.node(node.id); item != nullptr && item->isSelected())
      moving.things.emplace_back(node.id, node.position);
  for (const std::string& id : scene_.selected_comments())
    if (const Comment* comment = diagram().find_comment(id)) moving.things.emplace_back(id, comment->position);
  for (const std::string& id : scene_.selected_frames())
    if (const Frame* frame = diagram().find_frame(id)) moving.things.emplace_back(id, frame->position);
  for (const std::string& id : scene_.selected_frames())
    if (const Frame* frame = diagram().find_frame(id)) add_content(*frame, moving);
  add_wires(moving);
  return moving;
}

void GraphView::add_content(const Frame& frame, Moving& moving) const {
  const QRectF area(frame.position.x, frame.position.y, frame.width, frame.height);
  std::set<std::string> known;
  for (const auto& [id, from] : moving.things) known.insert(id);
  const auto add = [&](const std::string& id, Position position) {
    if (known.insert(id).second) moving.things.emplace_back(id, position);
  };
  for (const Node& node : diagram().nodes())
    if (const NodeItem* item = scene_.node(node.id))
      if (area.contains(item->mapRectToScene(item->body()).center())) add(node.id, node.position);
  for (const Comment& comment : diagram().comments())
    if (area.contains(QPointF(comment.position.x + comment.width / 2, comment.position.y + comment.height / 2)))
      add(comment.id, comment.position);
  for (const Frame& other : diagram().frames())
    if (other.id != frame.id && area.contains(QRectF(other.position.x, other.position.y, other.width, other.height)))
      add(other.id, other.position);
}

/// Points go with what they were selected with, and with wires whose ends both go.
void GraphView::add_wires(Moving& moving) const {
  std::set<std::string> ids;
  for (const auto& [id, from] : moving.things) ids.insert(id);
  for (const Link& link : diagram().links()) {
    if (link.via.empty()) continue;
    std::vector<bool> moves(link.via.size(), ids.contains(link.from.node) && ids.contains(link.to.node));
    for (std::size_t i = 0; i < moves.size(); ++i)
      if (const WirePointItem* item = scene_.wire_point({link.to, i}); item != nullptr && item->isSelected())
        moves[i] = true;
    if (std::find(moves.begin(), moves.end(), true) == moves.end()) continue;
    moving.wires.emplace_back(SetWirePoints{.to = link.to, .via = link.via}, std::move(moves));
  }
}

Edit GraphView::moved(const Moving& moving, QPointF shift) const {
  Edit::List steps;
  const auto shifted = [&](Position p) { return Position{p.x + shift.x(), p.y + shift.y()}; };
  MoveNodes things;
  for (const auto& [id, from] : moving.things) things.to.emplace_back(id, shifted(from));
  if (!things.to.empty()) steps.push_back({std::move(things)});
  for (const auto& [before, moves] : moving.wires) {
    SetWirePoints after = before;
    for (std::size_t i = 0; i < moves.size(); ++i)
      if (moves[i]) after.via[i] = shifted(after.via[i]);
    steps.push_back({std::move(after)});
  }
  return steps.size() == 1 ? Edit(std::move(steps.front())) : Edit{std::move(steps)};
}

void GraphView::begin_move(QPointF scene_pos) {
  gesture_ = Gesture::Move;
  gesture_key_ = new_gesture("move");
  moving_ = selection_to_move();
  moving_.grab = scene_pos;
  moving_.lead = scene_pos;
  const QGraphicsItem* hit = scene_.itemAt(scene_pos, transform());
  if (const NodeItem* node = scene_.node_at(scene_pos)) {
    moving_.lead = node->pos();
    moving_.lead_body = node->mapRectToScene(node->body());
  } else if (const CommentItem* comment = item_of<CommentItem>(hit)) {
    moving_.lead = comment->pos();
  } else if (const FrameItem* frame = item_of<FrameItem>(hit)) {
    moving_.lead = frame->pos();
  } else if (const auto* point = qgraphicsitem_cast<const WirePointItem*>(hit)) {
    moving_.lead = point->pos();
  }
  std::set<std::string> ids;
  for (const auto& [id, from] : moving_.things) ids.insert(id);
  for (const auto& [id, item] : scene_.nodes())
    if (!ids.contains(id)) moving_.others.push_back(item->mapRectToScene(item->body()));
  if (moving_.things.size() != 1 || scene_.node(moving_.things.front().first) == nullptr) return;
  const std::string& only = moving_.things.front().first;
  const auto& links = diagram().links();
  if (std::none_of(links.begin(), links.end(),
                   [&](const Link& link) { return link.from.node == only || link.to.node == only; }))
    moving_.spliced = only;
}

void GraphView::move_to(QPointF scene_pos, bool snap) {
  if (moving_.empty()) return;
  const QPointF wanted = moving_.lead + scene_pos - moving_.grab;
  QPointF shift = (snap ? snapped(wanted) : wanted) - moving_.lead;
  std::vector<QLineF> guides;
  if (snap && !moving_.lead_body.isEmpty()) {
    const Snap edges =
        snap_to_edges(moving_.lead_body.translated(wanted - moving_.lead), moving_.others, kEdgeReach / zoom());
    if (edges.x) shift.setX(wanted.x() - moving_.lead.x() + edges.shift.x());
    if (edges.y) shift.setY(wanted.y() - moving_.lead.y() + edges.shift.y());
    guides = edges.guides;
  }
  if (guides != guides_) {
    guides_ = std::move(guides);
    viewport()->update();
  }
  if (shift == moving_.shift) return;
  moving_.shift = shift;
  fitted_ = false;
  apply(moved(moving_, shift), gesture_key_);
  if (moving_.spliced.empty()) return;
  const NodeItem* item = scene_.node(moving_.spliced);
  if (item != nullptr) target_wire(wire_under(item->mapRectToScene(item->body()), moving_.spliced));
}

std::optional<PortRef> GraphView::wire_under(const QRectF& scene_rect, const std::string& node) const {
  // About its middle only, so that a node can be put beside a wire.
  const QRectF core(scene_rect.center() - QPointF(scene_rect.width() / 4, 2.5 * Theme::kUnit),
                    QSizeF(scene_rect.width() / 2, 5 * Theme::kUnit));
  for (const auto& [to, item] : scene_.wires()) {
    if (!item->passes(core)) continue;
    const Link* link = diagram().link_into(to);
    if (link != nullptr && splice(diagram(), node, *link)) return to;
  }
  return std::nullopt;
}

void GraphView::target_wire(const std::optional<PortRef>& wire) {
  if (wire == targeted_) return;
  if (WireItem* old = targeted_ ? scene_.wire(*targeted_) : nullptr) old->set_targeted(false);
  targeted_ = wire;
  if (WireItem* item = targeted_ ? scene_.wire(*targeted_) : nullptr) item->set_targeted(true);
}

void GraphView::drop_into_wire() {
  const std::optional<PortRef> wire = targeted_;
  target_wire(std::nullopt);
  const Link* link = wire ? diagram().link_into(*wire) : nullptr;
  if (link == nullptr) return;
  if (auto edit = splice(diagram(), moving_.spliced, *link))
    apply(pushed_along(std::move(*edit), {moving_.spliced}), gesture_key_);
}

void GraphView::resize_to(QPointF scene_pos) {
  const Comment* old = diagram().find_comment(resized_);
  if (old == nullptr) return resize_frame_to(scene_pos);
  Comment comment = *old;
  const QPointF corner = snapped(scene_pos - QPointF(comment.position.x, comment.position.y));
  comment.width = std::max(6 * kGrid, corner.x());
  comment.height = std::max(3 * kGrid, corner.y());
  if (!(comment == *old)) apply({ChangeComment{std::move(comment)}}, gesture_key_);
}

void GraphView::resize_frame_to(QPointF scene_pos) {
  const Frame* old = diagram().find_frame(resized_);
  if (old == nullptr) return;
  Frame frame = *old;
  const QPointF corner = snapped(scene_pos - QPointF(frame.position.x, frame.position.y));
  frame.width = std::max(6 * kGrid, corner.x());
  frame.height = std::max(4 * kGrid, corner.y());
  if (!(frame == *old)) apply({ChangeFrame{std::move(frame)}}, gesture_key_);
}

void GraphView::add_point(const PortRef& wire, QPointF scene_pos) {
  const Link* link = diagram().link_into(wire);
  const WireItem* item = scene_.wire(wire);
  if (link == nullptr || item == nullptr) return;
  SetWirePoints more{.to = wire, .via = link->via};
  const std::size_t index = item->place_for_point(scene_pos);
  const QPointF on_route = item->on_route(scene_pos);
  const QPointF place = on_route == scene_pos ? snapped(scene_pos) : on_route;
  more.via.insert(more.via.begin() + static_cast<std::ptrdiff_t>(index), {place.x(), place.y()});
  if (!apply({std::move(more)})) return;
  scene_.clearSelection();
  if (WirePointItem* point = scene_.wire_point({wire, index})) point->setSelected(true);
}

}  // namespace feedline::gui
