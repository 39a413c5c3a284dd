// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/canvas_editor.h"

#include "graph/grouping.h"
#include "graph/rewire.h"
#include "graph/stage_cuts.h"
#include "gui/base/theme.h"
#include "gui/canvas/commands/insert.h"
#include "gui/canvas/commands/one_edit.h"
#include "gui/canvas/commands/order.h"
#include "gui/canvas/commands/remove.h"
#include "gui/canvas/commands/room.h"
#include "gui/canvas/graph_scene.h"
#include "gui/canvas/grid.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/reason_bubble.h"
#include "gui/models/text.h"

#include <algorithm>

namespace feedline::gui::inline canvas {

CanvasEditor::CanvasEditor(CanvasParts& parts, LookHistory& looks)
    : parts_(parts),
      looks_(looks),
      arrange_job_(&parts.view, [this](const ArrangeJob::Places& places) { take_places(places); }) {}

const Diagram& CanvasEditor::diagram() const { return parts_.shown.diagram(); }

Carried CanvasEditor::carried() const { return carried_with(diagram(), parts_.geometry, parts_.scene.selection()); }

void CanvasEditor::select_added(const std::vector<std::string>& ids) {
  parts_.camera.hold();
  parts_.scene.select(ids);
  follow(ids);
}

void CanvasEditor::follow(const std::vector<std::string>& ids) {
  QRectF area;
  for (const QRectF& body : bodies_of(diagram(), parts_.geometry, ids)) area |= body;
  parts_.camera.follow(area);
}

bool CanvasEditor::apply_added(Edit edit, const std::vector<std::string>& ids) {
  if (!parts_.shown.apply(std::move(edit))) return false;
  select_added(ids);
  return true;
}

void CanvasEditor::remove(bool heal) {
  if (auto edit = removal(diagram(), parts_.scene.selection(), heal)) parts_.shown.apply(std::move(*edit));
}

void CanvasEditor::set_frame_color(const QString& color) {
  if (auto edit = coloured(diagram(), parts_.scene.selected_frames(), color.toStdString()))
    parts_.shown.apply(std::move(*edit));
}

void CanvasEditor::toggle_mute() {
  const std::vector<std::string> nodes = parts_.scene.selected_nodes();
  if (nodes.empty()) return;
  apply_or_refuse(toggle_muted(diagram(), nodes));
}

void CanvasEditor::toggle_stage(const std::string& node) {
  apply_or_refuse(feedline::toggle_stage(parts_.shown.document(), node));
}

void CanvasEditor::toggle_stage_of_frame() {
  apply_or_refuse(toggle_stage_of(parts_.shown.document(), carried().ids()));
}

void CanvasEditor::apply_or_refuse(const Result<Edit>& edit) {
  if (edit) {
    parts_.shown.apply(*edit);
    return;
  }
  parts_.shown.say(to_qstring(edit.error().line()));
  if (const auto body = parts_.geometry.body(edit.error().node))
    parts_.bubble.show_reason(edit.error(), parts_.view.mapFromScene(body->center()), false);
}

void CanvasEditor::group_selection() {
  const std::vector<std::string> ids = with_frame_content(diagram(), parts_.geometry, parts_.scene.selection());
  const Result<Regrouped> grouped = group(diagram(), ids, Registry::instance(), parts_.shown.keys());
  if (!grouped) return parts_.shown.say(to_qstring(grouped.error().line()));
  apply_added(with_room(diagram(), parts_.geometry, grouped->edit), grouped->ids);
}

void CanvasEditor::ungroup_selection() {
  const std::vector<std::string> nodes = parts_.scene.selected_nodes();
  const Result<Regrouped> ungrouped =
      ungroup(diagram(), nodes.empty() ? std::string() : nodes.front(), parts_.shown.keys());
  if (!ungrouped) return parts_.shown.say(tr("Select a sub-graph to ungroup it."));
  apply_added(with_room(diagram(), parts_.geometry, ungrouped->edit), ungrouped->ids);
}

void CanvasEditor::align_selection(Align how) {
  const DocumentController::Named name(parts_.shown.controller(), tr("Align"));
  auto edit = aligned(diagram(), parts_.geometry, parts_.scene.selected_ids(), how);
  if (!edit) return;
  parts_.camera.hold();
  parts_.shown.apply(std::move(*edit));
}

void CanvasEditor::distribute_selection(Qt::Orientation along) {
  const DocumentController::Named name(parts_.shown.controller(), tr("Distribute"));
  auto edit = distributed(diagram(), parts_.geometry, parts_.scene.selected_ids(), along);
  if (!edit) return;
  parts_.camera.hold();
  parts_.shown.apply(std::move(*edit));
}

void CanvasEditor::nudge(QPointF shift) {
  if (nudge_key_.isEmpty()) nudge_key_ = parts_.shown.new_gesture("nudge");
  const QString key = nudge_key_;
  parts_.camera.hold();
  const Carried before = carried();
  parts_.shown.apply(moved(before, shift), key);
  settle(before, key);
  follow(parts_.scene.selected_ids());
}

void CanvasEditor::settle(const Carried& carried, const QString& gesture) {
  Settled settled = settled_in_frames(diagram(), parts_.geometry, carried);
  for (const Settled::Left& left : settled.left)
    parts_.shown.say(
        tr("No longer in the frame “%1”: %2").arg(to_qstring(left.frame), left.things.join(QStringLiteral(", "))));
  if (!settled.steps.empty()) parts_.shown.apply(Edit{std::move(settled.steps)}, gesture);
}

void CanvasEditor::lay_out() {
  arranged_ = nodes_to_lay_out(diagram(), parts_.scene.selection());
  if (arranged_.empty()) return;
  std::vector<LayoutNode> nodes = layout_nodes(diagram(), parts_.geometry, arranged_);
  const QSize size = parts_.view.viewport()->size();
  const double aspect = static_cast<double>(size.width()) / std::max(1, size.height());
  if (nodes.size() <= kAtOnce) return take_places(lay_out_in_layers(nodes, diagram().links(), {.aspect = aspect}));
  arrange_job_.start(std::move(nodes), diagram().links(), aspect);
  Q_EMIT arranging();
}

void CanvasEditor::take_places(const ArrangeJob::Places& places) {
  if (places.size() != arranged_.size()) return;
  const DocumentController::Named name(parts_.shown.controller(), tr("Arrange in layers"));
  const std::vector<std::string> ids = arranged_;
  const Camera::Look was = parts_.camera.look();
  const bool whole = ids.size() == diagram().nodes().size();
  if (!parts_.shown.apply(laid_out(diagram(), parts_.geometry, ids, places))) return;
  whole ? parts_.camera.fit() : follow(ids);
  looks_.note_arranged(was);
}

}  // namespace feedline::gui::inline canvas
