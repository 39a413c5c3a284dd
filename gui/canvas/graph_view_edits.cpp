// SPDX-License-Identifier: GPL-3.0-or-later
// The canvas's edits that are no drags: adding, removing, the clipboard.
#include "graph/rewire.h"
#include "gui/base/theme.h"
#include "gui/canvas/clipboard.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/grid.h"
#include "gui/canvas/new_node.h"
#include "gui/canvas/node_item.h"
#include "gui/models/text.h"
#include "schema/structure.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMimeData>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace feedline::gui {

void GraphView::add_node(const QString& type) {
  add_node_at(type, mapToScene(viewport()->rect().center()) - QPointF(10 * Theme::kUnit, 6 * Theme::kUnit));
}

void GraphView::add_node_at(const QString& type, QPointF scene_pos, const ParamMap& params) {
  const NodeSpec* spec = Registry::instance().find(type.toStdString());
  if (spec == nullptr) {
    Q_EMIT status_message(tr("There is no node type called “%1”.").arg(type));
    return;
  }
  if (scope_.empty() && (spec->type == kSubgraphInputType || spec->type == kSubgraphOutputType)) {
    Q_EMIT status_message(tr("Port nodes belong in a sub-graph: enter one first."));
    return;
  }
  Node node = new_node(*spec, diagram().free_id(default_id(*spec)), {});
  node.params = params;
  const QPointF place = free_place(node, scene_pos);
  node.position = {place.x(), place.y()};
  add(std::move(node), std::nullopt);
}

bool GraphView::add(Node node, const std::optional<PortRef>& wire) {
  const std::string id = node.id;
  Edit edit{AddNode{.node = std::move(node)}};
  if (const Link* link = wire ? diagram().link_into(*wire) : nullptr) {
    Diagram trial = diagram();
    if (trial.apply(edit))
      if (auto spliced = splice(trial, id, *link))
        edit = with_room(Edit{Edit::List{std::move(edit), std::move(*spliced)}});
  }
  if (!apply(edit)) return false;
  select_added({id});
  return true;
}

void GraphView::add_comment_at(QPointF scene_pos) {
  const std::string id = diagram().free_id("note");
  Comment note{.id = id};
  const QPointF wanted = snapped(scene_pos);
  const QPointF place = wanted + clear_shift({{wanted, QSizeF(note.width, note.height)}}, obstacles(), {});
  note.position = {place.x(), place.y()};
  if (!apply({AddComment{.comment = std::move(note)}})) return;
  select_added({id});
  setFocus();
  if (CommentItem* item = scene_.comment(id)) item->start_editing();
}

void GraphView::delete_selection() { remove_selected(true); }

void GraphView::delete_without_healing() { remove_selected(false); }

namespace {

/// "Duplicate conv", "Paste 3 nodes".
QString named(const QString& verb, std::size_t count, const std::string& first) {
  return verb + QLatin1Char(' ') +
         (count == 1 ? to_qstring(first) : GraphView::tr("%1 nodes").arg(static_cast<qulonglong>(count)));
}

}  // namespace

void GraphView::remove_selected(bool heal) {
  const std::vector<std::string> ids = scene_.selected_ids();
  const std::set<std::string> gone(ids.begin(), ids.end());
  Edit::List steps;
  std::set<PortRef> unwired;
  for (const Link& link : scene_.selected_wires()) {
    if (gone.contains(link.from.node) || gone.contains(link.to.node)) continue;
    steps.push_back({RemoveLink{link.to}});
    unwired.insert(link.to);
  }
  std::map<PortRef, std::set<std::size_t>> points;
  for (const WirePoint& point : scene_.selected_points()) points[point.to].insert(point.index);
  for (const auto& [to, indices] : points) {
    const Link* link = diagram().link_into(to);
    if (link == nullptr || unwired.contains(to) || gone.contains(to.node) || gone.contains(link->from.node)) continue;
    SetWirePoints fewer{.to = to};
    for (std::size_t i = 0; i < link->via.size(); ++i)
      if (!indices.contains(i)) fewer.via.push_back(link->via[i]);
    steps.push_back({std::move(fewer)});
  }
  if (!ids.empty()) {
    Diagram rest = diagram();
    if (!rest.apply(Edit{steps})) return;
    Edit removal = heal ? remove_and_heal(rest, ids) : remove_nodes(ids);
    for (Edit& step : std::get<Edit::List>(removal.change)) steps.push_back(std::move(step));
  }
  if (steps.empty()) return;
  apply(steps.size() == 1 ? Edit(std::move(steps.front())) : Edit{std::move(steps)});
}

void GraphView::select_all() {
  std::vector<std::string> ids;
  for (const Node& node : diagram().nodes()) ids.push_back(node.id);
  for (const Comment& comment : diagram().comments()) ids.push_back(comment.id);
  for (const Frame& frame : diagram().frames()) ids.push_back(frame.id);
  scene_.select(ids);
}

void GraphView::copy() {
  const std::vector<std::string> ids = with_frame_content();
  if (ids.empty()) return;
  QGuiApplication::clipboard()->setMimeData(to_mime(part_of(diagram(), ids)));
}

void GraphView::cut() {
  const std::vector<std::string> ids = with_frame_content();
  const DocumentController::Named name(controller_,
                                       ids.empty() ? QString() : named(tr("Cut"), ids.size(), ids.front()));
  copy();
  delete_without_healing();
}

std::vector<std::string> GraphView::with_frame_content() const {
  std::vector<std::string> ids = scene_.selected_ids();
  std::set<std::string> known(ids.begin(), ids.end());
  for (const auto& [id, from] : selection_to_move().things)
    if (known.insert(id).second) ids.push_back(id);
  return ids;
}

namespace {

QPointF top_left(const Diagram& part) {
  QPointF corner(1e9, 1e9);
  const auto include = [&](Position p) { corner = {std::min(corner.x(), p.x), std::min(corner.y(), p.y)}; };
  for (const Node& node : part.nodes()) include(node.position);
  for (const Comment& comment : part.comments()) include(comment.position);
  for (const Frame& frame : part.frames()) include(frame.position);
  return corner;
}

}  // namespace

void GraphView::paste() { paste_at(pointer_); }

void GraphView::paste_at(std::optional<QPoint> pos) {
  const Result<Document> part = from_mime(QGuiApplication::clipboard()->mimeData());
  if (!part) {
    Q_EMIT status_message(to_qstring(part.error().line()));
    bubble_.show_reason(part.error(), pos.value_or(viewport()->rect().center()), false);
    return;
  }
  QPointF offset(2 * kGrid, 2 * kGrid);
  if (pos) {
    offset = snapped(mapToScene(*pos) - top_left(*part));
  } else if (!mapToScene(viewport()->rect()).containsPoint(top_left(*part) + offset, Qt::OddEvenFill)) {
    offset = snapped(mapToScene(viewport()->rect().center()) - top_left(*part));
  }
  paste_part(*part, offset);
}

void GraphView::paste_part(const Document& part, QPointF offset) {
  const QPointF clear = clear_shift(bodies_of(part), obstacles(), offset);
  const Paste paste = make_paste(diagram(), part, {clear.x(), clear.y()});
  if (paste.ids.empty()) return;
  const DocumentController::Named name(controller_, named(tr("Paste"), paste.ids.size(), paste.ids.front()));
  if (const Status done = controller_.apply(within(scope_, paste.edit)); !done) {
    Q_EMIT status_message(to_qstring(done.error().line()));
    bubble_.show_reason(done.error(), cursor_or_centre(), false);
    return;
  }
  select_added(paste.ids);
}

void GraphView::duplicate() {
  const std::vector<std::string> ids = with_frame_content();
  if (ids.empty()) return;
  const DocumentController::Named name(controller_, named(tr("Duplicate"), ids.size(), ids.front()));
  paste_part(part_of(diagram(), ids), QPointF(2 * kGrid, 2 * kGrid));
}

}  // namespace feedline::gui
