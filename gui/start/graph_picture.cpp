// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/start/graph_picture.h"

#include "graph/validate.h"
#include "gui/base/theme.h"
#include "gui/canvas/graph_scene.h"

#include <QPainter>

#include <algorithm>

namespace feedline::gui::inline start {

QPixmap graph_picture(const Document& document, QSize size, qreal ratio) {
  QPixmap picture(size * ratio);
  picture.setDevicePixelRatio(ratio);
  picture.fill(Theme::instance().colors().canvas);
  GraphScene scene;
  scene.sync(document, analyse(document), {});
  QRectF content = scene.content().adjusted(-Theme::kUnit, -Theme::kUnit, Theme::kUnit, Theme::kUnit);
  if (content.isEmpty()) return picture;
  // Of the shape of the picture, so that the ground reaches its edges.
  const qreal aspect = static_cast<qreal>(size.width()) / size.height();
  const QPointF centre = content.center();
  content.setSize(
      {std::max(content.width(), content.height() * aspect), std::max(content.height(), content.width() / aspect)});
  content.moveCenter(centre);
  QPainter painter(&picture);
  painter.setRenderHint(QPainter::Antialiasing);
  scene.render(&painter, QRectF(QPointF(), size), content);
  return picture;
}

}  // namespace feedline::gui::inline start
