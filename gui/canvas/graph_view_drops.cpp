// SPDX-License-Identifier: GPL-3.0-or-later
// What is dragged to the canvas from elsewhere: node types from the palette, data from a file manager.
#include "app/theme.h"
#include "canvas/graph_view.h"
#include "canvas/grid.h"
#include "models/dropped_source.h"
#include "models/palette_model.h"

#include <QDropEvent>
#include <QMimeData>
#include <QUrl>

#include <algorithm>

namespace feedline::gui {

namespace {

/// What is dragged makes nodes here: one from the palette, or data from a file manager.
bool makes_nodes(const QMimeData* mime) {
  if (mime->hasFormat(QString::fromLatin1(kNodeMime))) return true;
  const QList<QUrl> urls = mime->urls();
  return std::any_of(urls.begin(), urls.end(), [](const QUrl& url) {
    return url.isLocalFile() && dropped_source(url.toLocalFile()).has_value();
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

void GraphView::dragMoveEvent(QDragMoveEvent* event) { event->acceptProposedAction(); }

void GraphView::dropEvent(QDropEvent* event) {
  event->acceptProposedAction();
  setFocus();
  QPointF place = mapToScene(event->position().toPoint()) - QPointF(kGrid, kGrid);
  const QByteArray type = event->mimeData()->data(QString::fromLatin1(kNodeMime));
  if (!type.isEmpty()) add_node_at(QString::fromUtf8(type), place);
  for (const QUrl& url : event->mimeData()->urls()) {
    const auto source = dropped_source(url.toLocalFile());
    if (!source) continue;
    add_node_at(source->type, place, source->params);
    place += QPointF(0, 16 * kGrid);
  }
}

}  // namespace feedline::gui
