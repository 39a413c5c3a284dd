// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/drop_target.h"

#include "gui/canvas/canvas_editor.h"
#include "gui/canvas/commands/insert.h"
#include "gui/canvas/graph_scene.h"
#include "gui/canvas/grid.h"
#include "gui/canvas/node_files.h"
#include "gui/canvas/shown_diagram.h"
#include "gui/canvas/tools/tool_chooser.h"
#include "gui/canvas/wire_item.h"
#include "gui/models/palette_model.h"

#include <QDropEvent>
#include <QMimeData>
#include <QUrl>

#include <algorithm>

namespace feedline::gui::inline canvas {
namespace {

bool is_data(const QUrl& url) { return url.isLocalFile() && !url.path().endsWith(QLatin1String(".feedline")); }

QByteArray dragged_type(const QDropEvent& event) { return event.mimeData()->data(QString::fromLatin1(kNodeMime)); }

}  // namespace

bool DropTarget::takes(const QMimeData* mime) {
  if (mime->hasFormat(QString::fromLatin1(kNodeMime))) return true;
  const QList<QUrl> urls = mime->urls();
  return std::any_of(urls.begin(), urls.end(), is_data);
}

void DropTarget::move(const QDragMoveEvent& event) {
  const QPoint pos = event.position().toPoint();
  tools_.hold_drop(pos);
  const QByteArray type = dragged_type(event);
  const NodeSpec* spec = type.isEmpty() ? nullptr : Registry::instance().find(type.toStdString());
  const auto* wire = qgraphicsitem_cast<const WireItem*>(parts_.view.itemAt(pos));
  const Diagram& diagram = parts_.shown.diagram();
  const Link* link = wire == nullptr ? nullptr : diagram.link_into(wire->link().to);
  if (spec == nullptr || link == nullptr) return target_.set(std::nullopt);
  if (target_.wire() == link->to) return;
  target_.set(fits_into(diagram, *spec, *link) ? std::optional(link->to) : std::nullopt);
}

void DropTarget::leave() {
  tools_.hold_drop(std::nullopt);
  target_.set(std::nullopt);
}

void DropTarget::drop(const QDropEvent& event) {
  tools_.hold_drop(std::nullopt);
  parts_.view.setFocus();
  const QPointF under_mouse = parts_.view.mapToScene(event.position().toPoint());
  QPointF place = under_mouse - QPointF(kGrid, kGrid);
  const QByteArray type = dragged_type(event);
  const std::optional<PortRef> wire = target_.take();
  const NodeSpec* spec = wire ? Registry::instance().find(type.toStdString()) : nullptr;
  if (spec != nullptr) {
    editor_.add_node_into(*spec, under_mouse, wire);
  } else if (!type.isEmpty()) {
    editor_.add_node_at(QString::fromUtf8(type), place);
  }
  for (const QUrl& url : event.mimeData()->urls()) {
    if (!is_data(url)) continue;
    if (NodeFiles::is_node_file(url.path()))
      files_.insert(url.toLocalFile(), place);
    else
      editor_.take_data(url.toLocalFile(), place);
    place += QPointF(0, 16 * kGrid);
  }
}

}  // namespace feedline::gui::inline canvas
