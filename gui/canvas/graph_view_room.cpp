// SPDX-License-Identifier: GPL-3.0-or-later
// Room for what is new, and arranging: nothing comes to lie on anything else.
#include "gui/canvas/comment_item.h"
#include "gui/canvas/cost_text.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/grid.h"
#include "gui/canvas/node_item.h"
#include "gui/models/text.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace feedline::gui {
namespace {

/// Larger graphs are laid out on another thread, and larger parts get no room made for them.
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
  return added.empty() || added.size() > kAtOnce ? edit : pushed_along(std::move(edit), added);
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
  const Bodies before = bodies;
  for (const std::string& id : inserted) push_along(bodies, id);
  MoveNodes move;
  move_notes_away(trial, bodies, move);
  for (const Node& node : trial.nodes()) {
    const QPointF corner = bodies.at(node.id).topLeft();
    if (corner != QPointF(node.position.x, node.position.y))
      move.to.emplace_back(node.id, Position{corner.x(), corner.y()});
  }
  Edit::List steps;
  steps.push_back(std::move(edit));
  if (!move.to.empty()) steps.push_back({std::move(move)});
  add_what_goes_along(trial, before, bodies, steps);
  return steps.size() == 1 ? std::move(steps.front()) : Edit{std::move(steps)};
}

/// Points of wires whose ends are both pushed keep their places between them, and frames hold what was in them.
void GraphView::add_what_goes_along(const Diagram& pushed, const Bodies& before, const Bodies& after,
                                    Edit::List& steps) const {
  const auto shift = [&](const std::string& id) { return after.at(id).left() - before.at(id).left(); };
  for (const Link& link : pushed.links()) {
    if (link.via.empty()) continue;
    const PushedEnd from{before.at(link.from.node).right(), shift(link.from.node)};
    const PushedEnd to{before.at(link.to.node).left(), shift(link.to.node)};
    if (from.shift > 0 && to.shift > 0)
      steps.push_back({SetWirePoints{.to = link.to, .via = pushed_points(link.via, from, to)}});
  }
  for (const Frame& frame : pushed.frames()) {
    std::vector<QRectF> held;
    for (const auto& [id, body] : before)
      if (area_of(frame).contains(body.center()) && (body != after.at(id) || scene_.node(id) == nullptr))
        held.push_back(after.at(id));
    if (Frame larger = grown(frame, held); !(larger == frame)) steps.push_back({ChangeFrame{std::move(larger)}});
  }
}

void GraphView::settle_in_frames(const Moving& moving, const QString& gesture) {
  if (diagram().frames().empty()) return;
  std::vector<std::string> ids;
  for (const auto& [id, from] : moving.things) ids.push_back(id);
  const std::vector<QRectF> now = bodies(ids);
  if (now.size() != ids.size()) return;  // something has gone from under the hand
  Edit::List steps;
  for (const Frame& frame : diagram().frames()) {
    if (std::find(ids.begin(), ids.end(), frame.id) != ids.end()) continue;
    const QRectF area = area_of(frame);
    std::vector<QRectF> inside;
    QStringList left;
    for (std::size_t i = 0; i < now.size(); ++i) {
      const Position& from = moving.things[i].second;
      const QPointF was = now[i].center() - now[i].topLeft() + QPointF(from.x, from.y);
      if (area.contains(now[i].center())) {
        inside.push_back(now[i]);
      } else if (area.contains(was)) {
        left << to_qstring(ids[i]);
      }
    }
    if (!left.isEmpty())
      Q_EMIT status_message(tr("No longer in the frame “%1”: %2").arg(to_qstring(frame.title), left.join(", ")));
    if (Frame larger = grown(frame, inside); !(larger == frame)) steps.push_back({ChangeFrame{std::move(larger)}});
  }
  if (!steps.empty()) apply(Edit{std::move(steps)}, gesture);
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

/// Frames go about what was in them, with their notes; other notes that nodes came to lie on go below.
Edit::List GraphView::arranged(const std::vector<std::string>& ids, const std::vector<QRectF>& before,
                               std::vector<QRectF> after) const {
  MoveNodes move;
  for (std::size_t i = 0; i < ids.size(); ++i) move.to.emplace_back(ids[i], Position{after[i].left(), after[i].top()});
  const std::vector<Frame>& old = diagram().frames();
  std::vector<Frame> frames = old;
  const std::set<std::string_view> moved(ids.begin(), ids.end());
  for (Frame& frame : frames) {
    QRectF held;
    const QRectF area = area_of(frame);
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (area.contains(before[i].center())) held |= after[i];
    const bool others = std::any_of(scene_.nodes().begin(), scene_.nodes().end(), [&](const auto& node) {
      return !moved.contains(node.first) && area.contains(node.second->mapRectToScene(node.second->body()).center());
    });
    if (!held.isEmpty()) frame = others ? grown(frame, {held}) : placed(frame, frame_about(held));
  }
  std::vector<QRectF> taken = std::move(after);
  for (const Comment& note : diagram().comments()) {
    const QRectF sheet(note.position.x, note.position.y, note.width, note.height);
    const auto holds = [&](const Frame& frame) { return area_of(frame).contains(sheet.center()); };
    const auto holder = std::find_if(old.begin(), old.end(), holds) - old.begin();
    const bool held = holder < std::ssize(old);
    Frame* frame = held ? &frames[static_cast<std::size_t>(holder)] : nullptr;
    const QPointF along =
        held ? area_of(*frame).topLeft() - area_of(old[static_cast<std::size_t>(holder)]).topLeft() : QPointF();
    const QPointF shift = clear_shift({sheet}, taken, along);
    if (!shift.isNull()) move.to.emplace_back(note.id, Position{sheet.left() + shift.x(), sheet.top() + shift.y()});
    taken.push_back(sheet.translated(shift));
    if (held) *frame = grown(*frame, {taken.back()});
  }
  Edit::List steps;
  steps.push_back({std::move(move)});
  for (std::size_t i = 0; i < frames.size(); ++i)
    if (!(frames[i] == old[i])) steps.push_back({ChangeFrame{std::move(frames[i])}});
  return steps;
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
  Edit::List steps = arranged(ids, before, std::move(after));
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
