// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/diagnosis/pair_strip.h"

#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/plots/plot_panel.h"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline diagnosis {
namespace {

constexpr double kBand = 18;
constexpr double kDot = 3.5;
constexpr double kEdge = 10;
/// Room beyond the outermost mark, as a factor.
constexpr double kBeyond = 1.08;

QString ratio_text(double ratio) { return PairStrip::tr("× %1").arg(short_number(ratio)); }

}  // namespace

PairStrip::PairStrip(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void PairStrip::show_proof(const Proof& proof, double predicted) {
  proof_ = proof;
  predicted_ = predicted > 0 ? predicted : 1;
  low_ = std::min(1.0, predicted_);
  high_ = std::max(1.0, predicted_);
  for (const double pair : proof.pairs) {
    if (!std::isfinite(pair) || pair <= 0) continue;
    low_ = std::min(low_, pair);
    high_ = std::max(high_, pair);
  }
  low_ /= kBeyond;
  high_ *= kBeyond;
  setAccessibleName(
      count_text(static_cast<qsizetype>(proof.pairs.size()), tr("1 pair"), tr("%1 pairs")) +
      tr(": %1 times as fast, %2 to %3")
          .arg(short_number(proof.rate.ratio), short_number(proof.rate.low), short_number(proof.rate.high)));
  setToolTip(
      accessibleName() + QLatin1Char('\n') +
      tr("Each dot is one pair of turns, one without the fix and one with it. The band is the 95 % interval, the "
         "dashed line what was predicted."));
  update();
}

QSize PairStrip::sizeHint() const {
  return {240, static_cast<int>(kBand + QFontMetricsF(Theme::instance().small_font()).height() + 6)};
}
QSize PairStrip::minimumSizeHint() const { return {120, sizeHint().height()}; }

/// Ratios stand as their logarithms do: twice and half as fast are as far from 1.
double PairStrip::place(double ratio) const {
  const double part = (std::log(ratio) - std::log(low_)) / (std::log(high_) - std::log(low_));
  return kEdge + std::clamp(part, 0.0, 1.0) * (width() - 2 * kEdge);
}

void PairStrip::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setFont(Theme::instance().small_font());
  const Theme::Colors& colors = Theme::instance().colors();
  const double middle = kBand / 2;
  painter.setPen(Qt::NoPen);
  if (proof_.rate.pairs > 1) {
    QColor band = colors.accent;
    band.setAlpha(60);
    painter.setBrush(band);
    const double from = place(std::max(proof_.rate.low, low_));
    const double to = place(std::min(proof_.rate.high, high_));
    painter.drawRoundedRect(QRectF(from, 1, std::max(to - from, 2.0), kBand - 2), 3, 3);
  }
  const auto line = [&](double ratio, const QPen& pen) {
    painter.setPen(pen);
    painter.drawLine(QPointF(place(ratio), 0), QPointF(place(ratio), kBand));
  };
  painter.setPen(colors.border);
  painter.drawLine(QPointF(kEdge, middle), QPointF(width() - kEdge, middle));
  line(1, QPen(colors.text, 1));
  line(predicted_, QPen(colors.muted, 1.5, Qt::DashLine));
  if (proof_.rate.pairs > 0) line(proof_.rate.ratio, QPen(colors.accent, 2));
  painter.setPen(QPen(colors.panel, 1));
  painter.setBrush(colors.accent);
  for (const double pair : proof_.pairs)
    if (std::isfinite(pair) && pair > 0) painter.drawEllipse(QPointF(place(pair), middle), kDot, kDot);

  // Names below the lines, the most telling first; whatever has no room is left out.
  const QFontMetricsF metrics(painter.font());
  QList<QRectF> taken;
  const auto name = [&](double ratio, const QString& text, const QColor& color) {
    const double wide = metrics.horizontalAdvance(text);
    const double left = std::clamp(place(ratio) - wide / 2, 0.0, std::max(width() - wide, 0.0));
    const QRectF box(left, kBand + 2, wide, metrics.height());
    if (std::any_of(taken.begin(), taken.end(),
                    [&](const QRectF& t) { return t.adjusted(-6, 0, 6, 0).intersects(box); }))
      return;
    taken << box;
    painter.setPen(color);
    painter.drawText(box, Qt::AlignCenter, text);
  };
  if (proof_.rate.pairs > 0) name(proof_.rate.ratio, ratio_text(proof_.rate.ratio), colors.text);
  name(1, tr("as it is"), colors.muted);
  name(predicted_, tr("predicted"), colors.muted);
}

}  // namespace feedline::gui::inline diagnosis
