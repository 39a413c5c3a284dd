// SPDX-License-Identifier: GPL-3.0-or-later
// What comes to the graph: nodes, data, notes, frames, and what the clipboard holds.
#include "engine/data_at.h"
#include "graph/part.h"
#include "gui/base/theme.h"
#include "gui/canvas/canvas_editor.h"
#include "gui/canvas/clipboard.h"
#include "gui/canvas/commands/insert.h"
#include "gui/canvas/commands/one_edit.h"
#include "gui/canvas/commands/paste.h"
#include "gui/canvas/commands/room.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/graph_scene.h"
#include "gui/canvas/grid.h"
#include "gui/canvas/new_node.h"
#include "gui/canvas/reason_bubble.h"
#include "gui/canvas/wire_item.h"
#include "gui/canvas/wire_point_item.h"
#include "gui/models/text.h"
#include "schema/structure.h"

#include <QClipboard>
#include <QFile>
#include <QGuiApplication>
#include <QMimeData>

namespace feedline::gui::inline canvas {
namespace {

const QPointF kHalfNode(10 * Theme::kUnit, 5 * Theme::kUnit);
constexpr qreal kAdapterStep = 28 * Theme::kUnit;

/// "Duplicate conv", "Paste 3 nodes".
QString command_name(const QString& verb, const std::vector<std::string>& ids) {
  if (ids.empty()) return {};
  return verb + QLatin1Char(' ') +
         (ids.size() == 1 ? to_qstring(ids.front())
                          : CanvasEditor::tr("%1 nodes").arg(static_cast<qulonglong>(ids.size())));
}

}  // namespace

void CanvasEditor::add_node(const QString& type) {
  add_node_at(type, parts_.camera.middle() - QPointF(10 * Theme::kUnit, 6 * Theme::kUnit));
}

void CanvasEditor::add_node_at(const QString& type, QPointF place, const ParamMap& params) {
  const NodeSpec* spec = Registry::instance().find(type.toStdString());
  if (spec == nullptr) return parts_.shown.say(tr("There is no node type called “%1”.").arg(type));
  if (parts_.shown.scope().empty() && (spec->type == kSubgraphInputType || spec->type == kSubgraphOutputType))
    return parts_.shown.say(tr("Port nodes belong in a sub-graph: enter one first."));
  Node node = new_node(*spec, diagram().free_id(default_id(*spec)), {});
  node.params = params;
  const QPointF free = free_place(diagram(), parts_.geometry, node, place);
  node.position = {free.x(), free.y()};
  const std::string id = node.id;
  apply_added(added(diagram(), parts_.geometry, std::move(node), std::nullopt), {id});
}

void CanvasEditor::add_copy(Node node, QPointF place) {
  node.id = diagram().free_id(stem_of(node.id));
  const QPointF free = free_place(diagram(), parts_.geometry, node, place);
  node.position = {free.x(), free.y()};
  const std::string id = node.id;
  apply_added(added(diagram(), parts_.geometry, std::move(node), std::nullopt), {id});
}

void CanvasEditor::add_node_into(const NodeSpec& spec, QPointF middle, const std::optional<PortRef>& wire) {
  const QPointF corner = snapped(middle - kHalfNode);
  Node node = new_node(spec, diagram().free_id(default_id(spec)), {corner.x(), corner.y()});
  const std::string id = node.id;
  apply_added(added(diagram(), parts_.geometry, std::move(node), wire), {id});
}

void CanvasEditor::take_data(const QString& path, QPointF place) {
  const bool begins = parts_.shown.scope().empty() && parts_.shown.document().nodes().empty();
  const auto found = data_at(QFile::encodeName(path).toStdString());
  const NodeSpec* spec = found ? Registry::instance().find(found->type) : nullptr;
  if (spec == nullptr) {
    parts_.bubble.show_reason(found ? Error{.reason = "there is no source for it"} : found.error(),
                              parts_.pointer_or_centre(), false);
    return;
  }
  std::vector<Node> sources = {new_node(*spec, diagram().free_id(default_id(*spec)), {})};
  sources.front().params = found->training;
  if (found->validation) {
    sources.push_back(new_node(*spec, diagram().free_id("validation"), {}));
    sources.back().params = *found->validation;
  }
  place_below_each_other(diagram(), parts_.geometry, sources, place);
  Edit::List steps;
  for (const Node& source : sources) steps.push_back({AddNode{.node = source}});
  parts_.camera.hold();
  if (!parts_.shown.apply(one_edit(std::move(steps)))) return;
  parts_.scene.select({sources.front().id});
  if (begins) Q_EMIT data_dropped(path);
}

void CanvasEditor::add_comment_at(QPointF place) {
  Comment note = new_note(diagram(), parts_.geometry, place);
  const std::string id = note.id;
  if (!apply_added({AddComment{.comment = std::move(note)}}, {id})) return;
  parts_.view.setFocus();
  if (CommentItem* item = parts_.scene.comment(id)) item->start_editing();
}

void CanvasEditor::add_frame() {
  const QPointF middle = parts_.view.mapToScene(parts_.pointer_or_centre());
  Frame frame = new_frame(diagram(), parts_.geometry, parts_.scene.selected_ids(), middle, tr("Frame").toStdString());
  const std::string id = frame.id;
  if (!parts_.shown.apply({AddFrame{.frame = std::move(frame)}})) return;
  parts_.scene.select({id});
  parts_.view.setFocus();
  if (FrameItem* item = parts_.scene.frame(id)) item->start_editing();
}

void CanvasEditor::add_point(const PortRef& wire, QPointF place) {
  const Link* link = diagram().link_into(wire);
  const WireItem* item = parts_.scene.wire(wire);
  if (link == nullptr || item == nullptr) return;
  const std::size_t index = item->place_for_point(place);
  const QPointF on_route = item->on_route(place);
  if (!parts_.shown.apply(with_point(*link, index, on_route == place ? snapped(place) : on_route))) return;
  parts_.scene.clearSelection();
  if (WirePointItem* point = parts_.scene.wire_point({wire, index})) point->setSelected(true);
}

void CanvasEditor::insert_adapter(const AdapterChain& chain, const PortRef& from, const PortRef& to) {
  const auto left = parts_.geometry.body(from.node);
  const auto right = parts_.geometry.body(to.node);
  if (!left || !right) return;
  const QPointF place = snapped((left->topRight() + right->topLeft()) / 2 - QPointF(10 * Theme::kUnit, 0));
  const Insertion insertion = insert_adapters(diagram(), chain, from, to, {place.x(), place.y()}, kAdapterStep);
  apply_added(with_room(diagram(), parts_.geometry, insertion.edit), insertion.ids);
}

void CanvasEditor::select_all() {
  std::vector<std::string> ids;
  for (const Node& node : diagram().nodes()) ids.push_back(node.id);
  for (const Comment& comment : diagram().comments()) ids.push_back(comment.id);
  for (const Frame& frame : diagram().frames()) ids.push_back(frame.id);
  parts_.scene.select(ids);
}

void CanvasEditor::copy() {
  const std::vector<std::string> ids = with_frame_content(diagram(), parts_.geometry, parts_.scene.selection());
  if (!ids.empty()) QGuiApplication::clipboard()->setMimeData(to_mime(part_of(diagram(), ids)));
}

void CanvasEditor::cut() {
  const std::vector<std::string> ids = with_frame_content(diagram(), parts_.geometry, parts_.scene.selection());
  const DocumentController::Named name(parts_.shown.controller(), command_name(tr("Cut"), ids));
  copy();
  delete_without_healing();
}

void CanvasEditor::paste_at(std::optional<QPoint> pos) {
  const Result<Document> part = from_mime(QGuiApplication::clipboard()->mimeData());
  if (!part) {
    parts_.shown.say(to_qstring(part.error().line()));
    parts_.bubble.show_reason(part.error(), pos.value_or(parts_.view.viewport()->rect().center()), false);
    return;
  }
  QPointF offset(2 * kGrid, 2 * kGrid);
  const QPointF corner = top_left(*part);
  if (pos) {
    offset = snapped(parts_.view.mapToScene(*pos) - corner);
  } else if (!parts_.camera.seen().contains(corner + offset)) {
    offset = snapped(parts_.camera.middle() - corner);
  }
  paste_part(*part, offset);
}

void CanvasEditor::paste_part(const Document& part, QPointF offset) {
  const Paste paste = pasted_clear(diagram(), parts_.geometry, part, offset);
  if (paste.ids.empty()) return;
  const DocumentController::Named name(parts_.shown.controller(), command_name(tr("Paste"), paste.ids));
  if (const Status done = parts_.shown.try_apply(paste.edit); !done) {
    parts_.bubble.show_reason(done.error(), parts_.pointer_or_centre(), false);
    return;
  }
  select_added(paste.ids);
}

void CanvasEditor::duplicate() {
  const std::vector<std::string> ids = with_frame_content(diagram(), parts_.geometry, parts_.scene.selection());
  if (ids.empty()) return;
  const DocumentController::Named name(parts_.shown.controller(), command_name(tr("Duplicate"), ids));
  paste_part(part_of(diagram(), ids), QPointF(2 * kGrid, 2 * kGrid));
}

}  // namespace feedline::gui::inline canvas
