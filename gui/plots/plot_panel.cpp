// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/plot_panel.h"

#include "app/theme.h"

#include <QLabel>
#include <QLocale>
#include <QStackedLayout>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

namespace feedline::gui {

namespace {
constexpr int kRedrawIntervalMs = 100;
}

PlotPanel::PlotPanel(const QString& empty_text, QWidget* parent) : QWidget(parent) {
  readings_ = new Readings(this);
  plot_ = new QCustomPlot(this);
  plot_->setMinimumSize(120, 80);
  plot_->setNoAntialiasingOnDrag(true);
  plot_->setAttribute(Qt::WA_OpaquePaintEvent);
  empty_ = new QLabel(empty_text, this);
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setWordWrap(true);
  empty_->setMargin(2 * Theme::kUnit);

  auto* drawn = new QWidget(this);
  auto* column = new QVBoxLayout(drawn);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(readings_);
  column->addWidget(plot_, 1);
  stack_ = new QStackedLayout(this);
  stack_->addWidget(empty_);
  stack_->addWidget(drawn);

  redraw_timer_.setSingleShot(true);
  connect(&redraw_timer_, &QTimer::timeout, this, &PlotPanel::redraw);
  connect(&Theme::instance(), &Theme::changed, this, &PlotPanel::apply_theme);
}

bool PlotPanel::shows_empty_state() const { return stack_->currentWidget() == empty_; }

void PlotPanel::show_empty(bool empty) {
  stack_->setCurrentIndex(empty ? 0 : 1);
  if (empty) readings_->set_items({});
}

void PlotPanel::touch() {
  dirty_ = true;
  if (!isVisible() || redraw_timer_.isActive()) return;
  const qint64 since = last_redraw_.isValid() ? last_redraw_.elapsed() : kRedrawIntervalMs;
  redraw_timer_.start(static_cast<int>(std::clamp<qint64>(kRedrawIntervalMs - since, 0, kRedrawIntervalMs)));
}

void PlotPanel::redraw() {
  if (!dirty_ || !isVisible()) return;
  dirty_ = false;
  last_redraw_.restart();
  if (shows_empty_state()) return;
  refresh();
  plot_->replot(QCustomPlot::rpQueuedReplot);
  ++redraws_;
}

void PlotPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  touch();
}

void PlotPanel::style_axis(QCPAxis* axis) const {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  axis->setBasePen(QPen(c.border));
  axis->setTickPen(QPen(c.border));
  axis->setSubTickPen(Qt::NoPen);
  axis->setTickLength(0, 4);
  axis->setTickLabelColor(c.muted);
  axis->setLabelColor(c.muted);
  axis->setTickLabelFont(theme.small_font());
  axis->setLabelFont(theme.small_font());
  axis->setLabelPadding(2);
  axis->setTickLabelPadding(4);
  QColor faint = c.border;
  faint.setAlpha(130);
  axis->grid()->setPen(QPen(faint));
  axis->grid()->setZeroLinePen(QPen(faint));
  axis->ticker()->setTickCount(5);
}

void PlotPanel::style_rect(QCPAxisRect* rect) const {
  for (QCPAxis* axis : rect->axes()) style_axis(axis);
}

void PlotPanel::apply_theme() {
  const Theme& theme = Theme::instance();
  empty_->setStyleSheet(QStringLiteral("color: %1").arg(theme.colors().muted.name()));
  plot_->setBackground(QBrush(theme.colors().panel));
  for (QCPAxisRect* rect : plot_->axisRects()) style_rect(rect);
  restyle();
  touch();
}

QString short_number(double value) {
  if (!std::isfinite(value)) return QStringLiteral("–");
  const double size = std::abs(value);
  const QLocale english(QLocale::English, QLocale::UnitedKingdom);
  if (size >= 100 || value == std::floor(value)) return english.toString(value, 'f', 0);
  if (size >= 10) return english.toString(value, 'f', 1);
  if (size >= 1) return english.toString(value, 'f', 2);
  if (size >= 0.001) return english.toString(value, 'f', 3);
  return english.toString(value, 'g', 2);
}

QString percent(double fraction) {
  if (!std::isfinite(fraction)) return QStringLiteral("–");
  return QStringLiteral("%1 %").arg(qRound(fraction * 100));
}

}  // namespace feedline::gui
