// SPDX-License-Identifier: GPL-3.0-or-later
// What is dragged to the canvas from elsewhere: node types from the palette, data from a file manager.
#include "engine/data_at.h"
#include "graph/rewire.h"
#include "gui/base/theme.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/grid.h"
#include "gui/canvas/new_node.h"
#include "gui/canvas/wire_item.h"
#include "gui/models/palette_model.h"

#include <QDropEvent>
#include <QFile>
#include <QMimeData>
#include <QUrl>

#include <algorithm>

namespace feedline::gui {

namespace {

/// What is dragged is for the canvas: a node from the palette, or data from a file manager. Which source reads them is
/// found out when they are dropped, since that means to look at the disk.
bool makes_nodes(const QMimeData* mime) {
  if (mime->hasFormat(QString::fromLatin1(kNodeMime))) return true;
  const QList<QUrl> urls = mime->urls();
  return std::any_of(urls.begin(), urls.end(), [](const QUrl& url) {
    return url.isLocalFile() && !url.path().endsWith(QLatin1String(".feedline"));
  });
}

}  // namespace

void GraphView::dragEnterEvent(QDragEnterEvent* event) {
  if (makes_nodes(event->mimeData())) {
    event->acceptProposedAction();
  } else {
    event->ignore();  // the window may take it
  }
}

void GraphView::dragMoveEvent(QDragMoveEvent* event) {
  event->acceptProposedAction();
  holds_drop_ = true;
  watch_edge(event->position().toPoint());
  const QByteArray type = event->mimeData()->data(QString::fromLatin1(kNodeMime));
  const NodeSpec* spec = type.isEmpty() ? nullptr : Registry::instance().find(type.toStdString());
  const auto* wire = qgraphicsitem_cast<const WireItem*>(itemAt(event->position().toPoint()));
  const Link* link = wire == nullptr ? nullptr : diagram().link_into(wire->link().to);
  if (spec == nullptr || link == nullptr) return target_wire(std::nullopt);
  if (targeted_ == link->to) return;
  Diagram trial = diagram();
  const std::string id = trial.free_id("trial");
  const bool fits = trial.apply({AddNode{.node = new_node(*spec, id, {})}}) && splice(trial, id, *link);
  target_wire(fits ? std::optional(link->to) : std::nullopt);
}

void GraphView::dragLeaveEvent(QDragLeaveEvent*) {
  holds_drop_ = false;
  edge_timer_.stop();
  target_wire(std::nullopt);
}

void GraphView::dropEvent(QDropEvent* event) {
  event->acceptProposedAction();
  holds_drop_ = false;
  edge_timer_.stop();
  setFocus();
  const QPointF under_mouse = mapToScene(event->position().toPoint());
  QPointF place = under_mouse - QPointF(kGrid, kGrid);
  const QByteArray type = event->mimeData()->data(QString::fromLatin1(kNodeMime));
  const std::optional<PortRef> wire = targeted_;
  target_wire(std::nullopt);
  const NodeSpec* spec = wire ? Registry::instance().find(type.toStdString()) : nullptr;
  if (spec != nullptr) {
    const QPointF corner = snapped(under_mouse - QPointF(10 * Theme::kUnit, 5 * Theme::kUnit));
    add(new_node(*spec, diagram().free_id(default_id(*spec)), {corner.x(), corner.y()}), wire);
  } else if (!type.isEmpty()) {
    add_node_at(QString::fromUtf8(type), place);
  }
  for (const QUrl& url : event->mimeData()->urls()) {
    if (!url.isLocalFile() || url.path().endsWith(QLatin1String(".feedline"))) continue;
    take_data(url.toLocalFile(), place);
    place += QPointF(0, 16 * kGrid);
  }
}

void GraphView::take_data(const QString& path, QPointF scene_pos) {
  const bool begins = scope_.empty() && controller_.document().nodes().empty();
  const auto found = data_at(QFile::encodeName(path).toStdString());
  const NodeSpec* spec = found ? Registry::instance().find(found->type) : nullptr;
  if (spec == nullptr) {
    bubble_.show_reason(found ? Error{.reason = "there is no source for it"} : found.error(), cursor_or_centre(),
                        false);
    return;
  }
  std::vector<Node> sources = {new_node(*spec, diagram().free_id(default_id(*spec)), {})};
  sources.front().params = found->training;
  if (found->validation) {
    sources.push_back(new_node(*spec, diagram().free_id("validation"), {}));
    sources.back().params = *found->validation;
  }
  place_below_each_other(sources, scene_pos);
  Edit::List steps;
  for (const Node& source : sources) steps.push_back({AddNode{.node = source}});
  fitted_ = false;
  if (!apply(steps.size() == 1 ? Edit(std::move(steps.front())) : Edit{std::move(steps)})) return;
  scene_.select({sources.front().id});
  if (begins) Q_EMIT data_dropped(path);
}

}  // namespace feedline::gui
