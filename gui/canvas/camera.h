// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QGraphicsView>
#include <QObject>
#include <QTransform>

namespace feedline::gui::inline canvas {

class GraphScene;

/// Where the canvas looks, and how near: zoom, pan, fit, follow.
class Camera : public QObject {
  Q_OBJECT

 public:
  /// Where one looked, to come back to.
  struct Look {
    QTransform transform{};
    QPointF middle{};
  };

  Camera(QGraphicsView& view, const GraphScene& scene);

  [[nodiscard]] double zoom() const { return view_.transform().m11(); }
  /// What can be seen, in the scene.
  [[nodiscard]] QRectF seen() const;
  [[nodiscard]] QPointF middle() const;
  [[nodiscard]] Look look() const { return {view_.transform(), middle()}; }
  void look_again(const Look& look);

  /// The whole graph, until somebody looks elsewhere: it fits again when the size changes.
  void fit();
  /// What is selected, else all.
  void fit_selection();
  [[nodiscard]] bool fitted() const { return fitted_; }
  /// Nobody wants the whole graph fitted any more.
  void hold() { fitted_ = false; }
  /// The size of the view or of what it shows has changed.
  void refit();
  /// So many pixels at the lower edge are covered: what is fitted from now on ends above them. Nothing moves at once:
  /// what covers them changes while one edits.
  void set_foot(int pixels) { foot_ = pixels; }
  /// This place of the viewport stays where it is.
  void zoom_by(double factor, QPoint at);
  void pan_by(QPoint pixels);
  void centre_on(QPointF place);
  /// Brings it into view, at a zoom at which it can be read.
  void find(const QRectF& item);
  /// Brings what is new into view, with something about it, from farther away if it is large.
  void follow(QRectF area);

 Q_SIGNALS:
  void moved();

 private:
  [[nodiscard]] double zoom_for(const QRectF& area) const;
  /// Free below what is fitted.
  [[nodiscard]] int lower_margin() const;
  void fit(const QRectF& content);
  void look_at(double zoom, QPointF middle);

  QGraphicsView& view_;
  const GraphScene& scene_;
  bool fitted_ = true;
  int foot_ = 0;
};

}  // namespace feedline::gui::inline canvas
