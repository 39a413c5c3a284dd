// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/plot_navigator.h"

#include <QKeyEvent>
#include <QScopedValueRollback>
#include <qcustomplot.h>

namespace feedline::gui::inline plots {

namespace {
constexpr double kStep = 1.4;  // of one key or one notch of the wheel
constexpr double kPan = 0.2;
}  // namespace

PlotNavigator::PlotNavigator(QCustomPlot* plot) : QObject(plot), plot_(plot) {
  plot_->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  connect(plot_, &QCustomPlot::mousePress, this, &PlotNavigator::prepare_drag);
  connect(plot_, &QCustomPlot::mouseWheel, this, &PlotNavigator::prepare_wheel);
  connect(plot_, &QCustomPlot::mouseDoubleClick, this, &PlotNavigator::reset);
}

void PlotNavigator::add(QCPAxisRect* rect) {
  panes_.push_back({.rect = rect});
  rect->setRangeDrag(Qt::Horizontal | Qt::Vertical);
  rect->setRangeZoom(Qt::Horizontal);
  rect->setRangeZoomFactor(1 / kStep);
  connect(rect->axis(QCPAxis::atBottom), qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this,
          &PlotNavigator::user_moved_x);
  connect(rect->axis(QCPAxis::atLeft), qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this, [this, rect] {
    if (own_) return;
    for (Pane& pane : panes_)
      if (pane.rect == rect) pane.held = true;
    Q_EMIT changed();
  });
}

void PlotNavigator::propose_x(double lower, double upper) {
  lower_ = lower;
  upper_ = upper;
  apply_x();
}

void PlotNavigator::propose_y(QCPAxisRect* rect, double lower, double upper) {
  for (Pane& pane : panes_) {
    if (pane.rect != rect) continue;
    pane.lower = lower;
    pane.upper = upper;
    apply_y(pane);
  }
}

void PlotNavigator::set_x(double lower, double upper) {
  const QScopedValueRollback own(own_, true);
  for (const Pane& pane : panes_) pane.rect->axis(QCPAxis::atBottom)->setRange(lower, upper);
}

void PlotNavigator::apply_x() {
  if (panes_.empty()) return;
  if (!x_held_) return set_x(lower_, upper_);
  if (following_) rest_on_newest();
}

void PlotNavigator::apply_y(Pane& pane) {
  if (pane.held) return;
  const QScopedValueRollback own(own_, true);
  pane.rect->axis(QCPAxis::atLeft)->setRange(pane.lower, pane.upper);
}

void PlotNavigator::rest_on_newest() {
  const double size = panes_.front().rect->axis(QCPAxis::atBottom)->range().size();
  set_x(upper_ - size, upper_);
}

void PlotNavigator::user_moved_x(const QCPRange& range) {
  if (own_) return;
  x_held_ = true;
  set_x(range.lower, range.upper);
  const bool at_end = range.upper >= upper_ - 0.001 * range.size();
  if (at_end != following_) {
    following_ = at_end;
    Q_EMIT following_changed(at_end);
  }
  Q_EMIT changed();
}

void PlotNavigator::set_following(bool on) {
  if (on == following_) return;
  following_ = on;
  apply_x();
  Q_EMIT following_changed(on);
  Q_EMIT changed();
}

void PlotNavigator::reset() {
  x_held_ = false;
  for (Pane& pane : panes_) {
    pane.held = false;
    apply_y(pane);
  }
  apply_x();
  if (!following_) {
    following_ = true;
    Q_EMIT following_changed(true);
  }
  Q_EMIT changed();
}

void PlotNavigator::zoom(double factor) {
  if (panes_.empty()) return;
  const QCPRange range = panes_.front().rect->axis(QCPAxis::atBottom)->range();
  const double fixed = following_ ? range.upper : range.center();
  x_held_ = true;
  set_x(fixed + (range.lower - fixed) * factor, fixed + (range.upper - fixed) * factor);
  Q_EMIT changed();
}

void PlotNavigator::pan(double part) {
  if (panes_.empty()) return;
  const QCPRange range = panes_.front().rect->axis(QCPAxis::atBottom)->range();
  user_moved_x({range.lower + part * range.size(), range.upper + part * range.size()});
}

bool PlotNavigator::press(const QKeyEvent& event) {
  switch (event.key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal:
      zoom(1 / kStep);
      return true;
    case Qt::Key_Minus:
      zoom(kStep);
      return true;
    case Qt::Key_Home:
    case Qt::Key_0:
      reset();
      return true;
    case Qt::Key_Left:
    case Qt::Key_Right:
      if (!event.modifiers().testFlag(Qt::ShiftModifier)) return false;
      pan(event.key() == Qt::Key_Left ? -kPan : kPan);
      return true;
    default:
      return false;
  }
}

void PlotNavigator::prepare_drag(QMouseEvent* event) {
  plot_->setSelectionRectMode(event->modifiers().testFlag(Qt::ShiftModifier) ? QCP::srmZoom : QCP::srmNone);
}

void PlotNavigator::prepare_wheel(QWheelEvent* event) {
  const bool upright = event->modifiers().testFlag(Qt::ControlModifier);
  for (const Pane& pane : panes_) pane.rect->setRangeZoom(upright ? Qt::Vertical : Qt::Horizontal);
}

}  // namespace feedline::gui::inline plots
