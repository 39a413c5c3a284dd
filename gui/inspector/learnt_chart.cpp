// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/inspector/learnt_chart.h"

#include "gui/base/theme.h"
#include "gui/models/text.h"

#include <QFontMetricsF>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline inspector {
namespace {

constexpr std::size_t kMostBars = 64;
constexpr int kBarsHeight = 9 * Theme::kUnit;

}  // namespace

LearntChart::LearntChart(QWidget* parent) : QWidget(parent) {
  setObjectName(QStringLiteral("learnt_chart"));
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    updateGeometry();
    update();
  });
  hide();
}

void LearntChart::show_state(const NamedTensors& state) {
  bars_ = learnt_bars(state, kMostBars);
  top_ = 0;
  if (bars_)
    for (const LearntBars::Bar& bar : bars_->bars)
      if (std::isfinite(bar.value)) top_ = std::max(top_, bar.value);
  setVisible(bars_.has_value());
  setAccessibleName(title());
  if (bars_ && !bars_->bars.empty())
    setAccessibleDescription(tr("The largest is %1").arg(reading_at(bar_at(0).center())));
  updateGeometry();
  update();
}

QString LearntChart::title() const {
  if (!bars_) return {};
  if (bars_->tensor == "explained_variance_ratio") return tr("share of the variance, by component");
  if (bars_->tensor == "score") return tr("score of each feature; grey: removed");
  if (bars_->tensor == "importance") return tr("squared weight of each feature when it was last in; grey: removed");
  return tr("variance of each feature; grey: removed");
}

QRectF LearntChart::field() const {
  const double line = QFontMetricsF(Theme::instance().small_font()).height();
  return {0, line + Theme::kUnit / 2.0, static_cast<double>(width()), kBarsHeight};
}

QRectF LearntChart::bar_at(std::size_t index) const {
  const QRectF in = field();
  const double step = std::min(in.width() / static_cast<double>(bars_->bars.size()), 3.0 * Theme::kUnit);
  const double value = bars_->bars[index].value;
  const double share = top_ > 0 && std::isfinite(value) ? std::clamp(value / top_, 0.0, 1.0) : 0;
  const double height = std::max(1.0, in.height() * share);
  const double gap = step > 4 ? 1 : 0;
  return {in.left() + step * static_cast<double>(index), in.bottom() - height, step - gap, height};
}

QString LearntChart::reading_at(QPointF point) const {
  if (!bars_) return {};
  for (std::size_t i = 0; i < bars_->bars.size(); ++i) {
    const QRectF bar = bar_at(i);
    if (point.x() < bar.left() || point.x() > bar.right()) continue;
    const LearntBars::Bar& shown = bars_->bars[i];
    const QString text = tr("%1: %2").arg(to_qstring(shown.name), QString::number(shown.value, 'g', 4));
    return shown.kept ? text : tr("%1, removed").arg(text);
  }
  return {};
}

QSize LearntChart::sizeHint() const {
  const int line = QFontMetrics(Theme::instance().small_font()).height();
  return {30 * Theme::kUnit, line + Theme::kUnit + kBarsHeight};
}
QSize LearntChart::minimumSizeHint() const { return {12 * Theme::kUnit, sizeHint().height()}; }

bool LearntChart::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  QToolTip::showText(help->globalPos(), reading_at(help->pos()).toHtmlEscaped(), this);
  return true;
}

void LearntChart::paintEvent(QPaintEvent*) {
  if (!bars_) return;
  QPainter painter(this);
  const Theme& theme = Theme::instance();
  const Theme::Colors& colors = theme.colors();
  painter.setFont(theme.small_font());
  const QFontMetricsF metrics(theme.small_font());
  const QRectF in = field();
  painter.setPen(colors.muted);
  painter.drawText(QRectF(0, 0, in.width(), metrics.height()), Qt::AlignLeft | Qt::AlignVCenter,
                   metrics.elidedText(title(), Qt::ElideRight, in.width()));
  painter.setPen(QPen(colors.grid, 1));
  painter.drawLine(in.bottomLeft(), in.bottomRight());
  for (std::size_t i = 0; i < bars_->bars.size(); ++i)
    painter.fillRect(bar_at(i), bars_->bars[i].kept ? colors.accent : colors.disabled);
}

}  // namespace feedline::gui::inline inspector
