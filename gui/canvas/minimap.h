// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMouseEvent>
#include <QRectF>
#include <QTransform>
#include <QWidget>

namespace feedline::gui::inline canvas {

class GraphScene;

/// The whole graph, small, with what the canvas shows of it; a click or a drag goes there. It shows itself only where
/// the graph is larger than the view.
class Minimap : public QWidget {
  Q_OBJECT

 public:
  Minimap(const GraphScene& scene, QWidget* parent);

  /// What the canvas shows now, in scene coordinates.
  void show_view(const QRectF& scene_rect);
  /// The user wants it, where there is use for it.
  void set_wanted(bool wanted);
  [[nodiscard]] bool wanted() const { return wanted_; }
  /// Where a point of the scene is in here.
  [[nodiscard]] QPointF place_of(QPointF scene_pos) const;

 Q_SIGNALS:
  /// The middle of the view should be here.
  void go_to(const QPointF& scene_pos);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override { event->accept(); }  // not the canvas's

 private:
  [[nodiscard]] QTransform from_scene() const;

  const GraphScene& scene_;
  QRectF world_{};
  QRectF view_{};
  bool wanted_ = true;
};

}  // namespace feedline::gui::inline canvas
