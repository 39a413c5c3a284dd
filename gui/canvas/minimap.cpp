// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/minimap.h"

#include "gui/base/theme.h"
#include "gui/canvas/canvas_text.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/graph_scene.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/paint_tools.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace feedline::gui::inline canvas {
namespace {

constexpr qreal kMapMargin = kUnit;

}  // namespace

Minimap::Minimap(const GraphScene& scene, QWidget* parent) : QWidget(parent), scene_(scene) {
  setFixedSize(static_cast<int>(26 * kUnit), static_cast<int>(17 * kUnit));
  setCursor(Qt::PointingHandCursor);
  setAccessibleName(tr("Overview of the graph"));
  setToolTip(tr("Click or drag to go there"));
  hide();
}

void Minimap::show_view(const QRectF& scene_rect) {
  const QRectF content = scene_.content();
  const bool useful = wanted_ && !content.isEmpty() && !scene_rect.adjusted(-1, -1, 1, 1).contains(content);
  if (useful != isVisible()) setVisible(useful);
  if (!useful) return;
  view_ = scene_rect;
  world_ = (content | scene_rect.intersected(
                          content.adjusted(-content.width(), -content.height(), content.width(), content.height())));
  update();
}

void Minimap::set_wanted(bool wanted) {
  wanted_ = wanted;
  if (!wanted) hide();
}

QTransform Minimap::from_scene() const {
  if (world_.isEmpty()) return {};
  const QRectF room = QRectF(rect()).adjusted(kMapMargin, kMapMargin, -kMapMargin, -kMapMargin);
  const qreal scale = std::min(room.width() / world_.width(), room.height() / world_.height());
  QTransform transform;
  transform.translate(room.center().x(), room.center().y());
  transform.scale(scale, scale);
  transform.translate(-world_.center().x(), -world_.center().y());
  return transform;
}

QPointF Minimap::place_of(QPointF scene_pos) const { return from_scene().map(scene_pos); }

void Minimap::paintEvent(QPaintEvent*) {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(c.node_border, 1));
  painter.setBrush(faded(c.panel, 0.93));
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), kUnit / 2, kUnit / 2);
  painter.setClipRect(rect().adjusted(2, 2, -2, -2));

  const QTransform transform = from_scene();
  const auto draw = [&](const QRectF& area, const QColor& color) {
    QRectF small = transform.mapRect(area);
    small.setSize(small.size().expandedTo(QSizeF(2, 2)));
    painter.fillRect(small, color);
  };
  for (const auto& [id, frame] : scene_.frames())
    draw(frame->mapRectToScene(QRectF(0, 0, frame->frame().width, frame->frame().height)),
         mixed(c.panel, FrameItem::color_of(frame->frame().color), 0.3));
  for (const auto& [id, node] : scene_.nodes()) {
    const NodeFace& face = node->face();
    const QColor color = face.known ? theme.category_color(face.category) : c.error;
    draw(node->mapRectToScene(node->body()), node->isSelected() ? c.accent : face.problem_is_error ? c.error : color);
  }
  painter.setPen(QPen(c.accent, 1.5));
  painter.setBrush(faded(c.accent, 0.10));
  painter.drawRect(transform.mapRect(view_));
}

void Minimap::mousePressEvent(QMouseEvent* event) { Q_EMIT go_to(from_scene().inverted().map(event->position())); }

void Minimap::mouseMoveEvent(QMouseEvent* event) {
  if (event->buttons().testFlag(Qt::LeftButton)) Q_EMIT go_to(from_scene().inverted().map(event->position()));
}

}  // namespace feedline::gui::inline canvas
