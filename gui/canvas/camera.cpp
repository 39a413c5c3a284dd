// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/camera.h"

#include "gui/base/theme.h"
#include "gui/canvas/graph_scene.h"

#include <QScrollBar>

#include <algorithm>

namespace feedline::gui::inline canvas {
namespace {

constexpr double kMinZoom = 0.08;  // or where the whole graph fits, if that is less
/// How far one can look, in each direction: rows of ten thousand nodes.
constexpr qreal kHalfWorld = 4'000'000;
constexpr double kMaxZoom = 3;
/// A small graph is not blown up further than this, where writing has its normal size.
constexpr double kFitMaxZoom = 1.1;
constexpr int kFitMargin = 4 * Theme::kUnit;
constexpr qreal kFollowMargin = 3 * Theme::kUnit;
/// A node that was found is shown at its natural size if it would be smaller than this part of it.
constexpr double kLegible = 0.6;

}  // namespace

Camera::Camera(QGraphicsView& view, const GraphScene& scene) : view_(view), scene_(scene) {
  view.setSceneRect(-kHalfWorld, -kHalfWorld, 2 * kHalfWorld, 2 * kHalfWorld);
}

QRectF Camera::seen() const { return view_.mapToScene(view_.viewport()->rect()).boundingRect(); }

QPointF Camera::middle() const { return view_.mapToScene(view_.viewport()->rect().center()); }

/// The zoom at which this much of the scene fills the view.
double Camera::zoom_for(const QRectF& area) const {
  const QSizeF room(std::max(50, view_.viewport()->width() - 2 * kFitMargin),
                    std::max(50, view_.viewport()->height() - kFitMargin - lower_margin()));
  const double most = kFitMaxZoom * Theme::instance().font_scale();
  if (area.isEmpty()) return 1;
  return std::min({room.width() / area.width(), room.height() / area.height(), most});
}

void Camera::look_at(double zoom, QPointF middle) {
  view_.setTransform(QTransform::fromScale(zoom, zoom));
  view_.centerOn(middle);
}

void Camera::look_again(const Look& look) {
  view_.setTransform(look.transform);
  centre_on(look.middle);
}

int Camera::lower_margin() const { return std::max(kFitMargin, foot_ + Theme::kUnit); }

void Camera::fit(const QRectF& content) {
  const double zoom = zoom_for(content);
  look_at(zoom, content.center() + QPointF(0, (lower_margin() - kFitMargin) / 2.0 / zoom));
}

void Camera::fit() {
  fit(scene_.content());
  fitted_ = true;
  Q_EMIT moved();
}

void Camera::refit() {
  if (fitted_) fit();
}

void Camera::fit_selection() {
  const QRectF content = scene_.selected_content();
  if (content.isEmpty()) return fit();
  fit(content);
  fitted_ = false;
  Q_EMIT moved();
}

void Camera::zoom_by(double factor, QPoint at) {
  const double wanted = std::clamp(zoom() * factor, std::min(kMinZoom, zoom_for(scene_.content())), kMaxZoom);
  const QPointF held = view_.mapToScene(at);
  view_.setTransform(QTransform::fromScale(wanted, wanted));
  pan_by(at - view_.mapFromScene(held));
}

void Camera::pan_by(QPoint pixels) {
  fitted_ = false;
  view_.horizontalScrollBar()->setValue(view_.horizontalScrollBar()->value() - pixels.x());
  view_.verticalScrollBar()->setValue(view_.verticalScrollBar()->value() - pixels.y());
}

void Camera::centre_on(QPointF place) {
  fitted_ = false;
  view_.centerOn(place);
  Q_EMIT moved();
}

void Camera::find(const QRectF& item) {
  const double natural = Theme::instance().font_scale();
  if (zoom() < kLegible * natural) {
    view_.setTransform(QTransform::fromScale(natural, natural));
  } else if (view_.mapToScene(view_.viewport()->rect()).containsPoint(item.center(), Qt::OddEvenFill)) {
    return;
  }
  view_.centerOn(item.center());
  fitted_ = false;
}

void Camera::follow(QRectF area) {
  if (area.isEmpty()) return;
  area.adjust(-kFollowMargin, -kFollowMargin, kFollowMargin, kFollowMargin);
  const QRectF seen = this->seen();
  if (seen.contains(area)) return;
  fitted_ = false;
  if (area.width() > seen.width() || area.height() > seen.height()) {
    look_at(std::min(zoom(), zoom_for(area)), area.center());
  } else {
    view_.ensureVisible(area, 0, 0);
  }
  Q_EMIT moved();
}

}  // namespace feedline::gui::inline canvas
