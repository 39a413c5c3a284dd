// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/residual_view.h"

#include "gui/base/theme.h"
#include "gui/plots/plot_panel.h"

#include <QFontMetricsF>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline plots {

namespace {

constexpr int kMostAxisNumbers = 4;

double small_line() { return QFontMetricsF(Theme::instance().small_font()).height() + 4; }

/// Round numbers from `first` to `last`, which they cut into `most` parts at most.
std::vector<double> round_numbers(double first, double last, int most) {
  std::vector<double> numbers;
  if (!(last > first)) return numbers;
  double step = std::pow(10.0, std::floor(std::log10((last - first) / most)));
  for (const double factor : {2.0, 2.5, 2.0})  // 1, 2, 5, 10
    if ((last - first) / step > most) step *= factor;
  const double least = std::ceil(first / step);
  for (int i = 0; i <= most + 1; ++i)
    if (const double at = (least + i) * step; at <= last) numbers.push_back(at + 0.0);  // no -0
  return numbers;
}

QString bin_text(double first, double width, std::size_t bin) {
  const double from = first + width * static_cast<double>(bin);
  return ResidualView::tr("%1 to %2").arg(short_number(from), short_number(from + width));
}

std::uint64_t most_in_a_bin(const std::vector<std::uint64_t>& counts) {
  return counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
}

}  // namespace

ResidualView::ResidualView(QWidget* parent) : QWidget(parent) {
  setAccessibleName(tr("Predicted against true numbers, and residuals"));
  setMouseTracking(true);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    shade();
    update();
  });
}

void ResidualView::set_plot(const ResidualPlot& plot) {
  plot_ = plot;
  setAccessibleDescription(tr("%1 pairs, residuals %2 on average, standard deviation %3")
                               .arg(plot_.count)
                               .arg(short_number(plot_.mean), short_number(plot_.deviation)));
  shade();
  update();
}

/// The square root spreads the few pairs far from the diagonal over more shades.
void ResidualView::shade() {
  const auto side = static_cast<int>(plot_.bins);
  shades_ = side > 0 ? QImage(side, side, QImage::Format_ARGB32) : QImage();
  const auto most = static_cast<double>(most_in_a_bin(plot_.counts));
  QColor color = Theme::instance().colors().validation;
  for (int row = 0; row < side; ++row)
    for (int column = 0; column < side; ++column) {
      const auto count =
          static_cast<double>(plot_.at(static_cast<std::size_t>(side - 1 - row), static_cast<std::size_t>(column)));
      color.setAlphaF(count == 0 ? 0 : static_cast<float>(0.15 + 0.85 * std::sqrt(count / most)));
      shades_.setPixelColor(column, row, color);
    }
}

QRectF ResidualView::pairs_area(const QRectF& whole) const {
  const QFontMetricsF metrics(Theme::instance().small_font());
  const double last = plot_.first + plot_.width * static_cast<double>(plot_.bins);
  double names = 0;
  for (const double number : round_numbers(plot_.first, last, kMostAxisNumbers))
    names = std::max(names, metrics.horizontalAdvance(short_number(number)));
  const double left = names + Theme::kUnit;
  const double width = whole.width() / 2 - left - 2 * Theme::kUnit;
  const double height = whole.height() - 3 * small_line();
  const double side = std::max(1.0, std::min(width, height));
  return {whole.left() + left, whole.top() + small_line(), side, side};
}

QRectF ResidualView::histogram_area(const QRectF& whole) const {
  const QRectF pairs = pairs_area(whole);
  const double left = pairs.right() + 4 * Theme::kUnit;
  return {left, pairs.top(), std::max(1.0, whole.right() - 2 * Theme::kUnit - left), pairs.height()};
}

QRectF ResidualView::pair_rect(const QRectF& whole, std::size_t predicted, std::size_t truth) const {
  const QRectF area = pairs_area(whole);
  const double step = area.width() / static_cast<double>(std::max<std::size_t>(plot_.bins, 1));
  return {area.left() + static_cast<double>(truth) * step, area.bottom() - static_cast<double>(predicted + 1) * step,
          step, step};
}

QRectF ResidualView::bar_rect(const QRectF& whole, std::size_t bin) const {
  const QRectF area = histogram_area(whole);
  const std::vector<std::uint64_t>& counts = plot_.residuals.counts;
  const double step = area.width() / static_cast<double>(counts.size());
  const double height = area.height() * static_cast<double>(counts[bin]) /
                        static_cast<double>(std::max<std::uint64_t>(most_in_a_bin(counts), 1));
  return {area.left() + static_cast<double>(bin) * step, area.bottom() - height, step, height};
}

std::vector<ResidualView::Label> ResidualView::labels(const QRectF& whole) const {
  std::vector<Label> all;
  if (plot_.count == 0) return all;
  const QFontMetricsF metrics(Theme::instance().small_font());
  const double line = small_line();
  const QRectF pairs = pairs_area(whole);
  const QRectF bars = histogram_area(whole);
  all.push_back({tr("predicted ↑"), {pairs.left(), pairs.top() - line, pairs.width(), line}, Qt::AlignLeft, true});
  all.push_back({tr("true →"), {pairs.left(), pairs.bottom() + line, pairs.width(), line}, Qt::AlignRight, true});
  all.push_back(
      {tr("predicted - true →"), {bars.left(), bars.bottom() + line, bars.width(), line}, Qt::AlignRight, true});
  const double last = plot_.first + plot_.width * static_cast<double>(plot_.bins);
  double free_from = whole.left();
  for (const double number : round_numbers(plot_.first, last, kMostAxisNumbers)) {
    const QString text = short_number(number);
    const double share = (number - plot_.first) / (last - plot_.first);
    const double y = pairs.bottom() - share * pairs.height();
    all.push_back({text, {whole.left(), y - line / 2, pairs.left() - whole.left() - 4, line}, Qt::AlignRight});
    const double wide = metrics.horizontalAdvance(text) + 2;
    const double left = pairs.left() + share * pairs.width() - wide / 2;
    if (left < free_from) continue;
    all.push_back({text, {left, pairs.bottom(), wide, line}, Qt::AlignHCenter});
    free_from = left + wide + Theme::kUnit;
  }
  const NumberBins& residuals = plot_.residuals;
  const double end = residuals.first + residuals.width * static_cast<double>(residuals.counts.size());
  free_from = pairs.right() + Theme::kUnit;
  for (const double number : round_numbers(residuals.first, end, kMostAxisNumbers)) {
    const QString text = short_number(number);
    const double wide = metrics.horizontalAdvance(text) + 2;
    const double left = bars.left() + (number - residuals.first) / (end - residuals.first) * bars.width() - wide / 2;
    if (left < free_from || left + wide > whole.right()) continue;
    all.push_back({text, {left, bars.bottom(), wide, line}, Qt::AlignHCenter});
    free_from = left + wide + Theme::kUnit;
  }
  return all;
}

QString ResidualView::text_at(QPointF pos) const {
  if (plot_.count == 0) return {};
  const QRectF whole(rect());
  const QRectF pairs = pairs_area(whole);
  const QRectF bars = histogram_area(whole);
  const auto bin_at = [](double part, std::size_t bins) {
    return std::min(static_cast<std::size_t>(std::max(0.0, part) * static_cast<double>(bins)), bins - 1);
  };
  if (pairs.contains(pos)) {
    const std::size_t truth = bin_at((pos.x() - pairs.left()) / pairs.width(), plot_.bins);
    const std::size_t predicted = bin_at((pairs.bottom() - pos.y()) / pairs.height(), plot_.bins);
    return tr("true %1, predicted %2: %3")
        .arg(bin_text(plot_.first, plot_.width, truth), bin_text(plot_.first, plot_.width, predicted))
        .arg(plot_.at(predicted, truth));
  }
  if (!bars.contains(pos)) return {};
  const NumberBins& residuals = plot_.residuals;
  const std::size_t bin = bin_at((pos.x() - bars.left()) / bars.width(), residuals.counts.size());
  return tr("residual %1: %2").arg(bin_text(residuals.first, residuals.width, bin)).arg(residuals.counts[bin]);
}

void ResidualView::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  paint(painter, rect());
}

void ResidualView::paint(QPainter& painter, const QRectF& whole) const {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  painter.fillRect(whole, c.panel);
  painter.setFont(theme.small_font());
  if (plot_.count == 0) {
    painter.setPen(c.muted);
    painter.drawText(whole, Qt::AlignCenter | Qt::TextWordWrap,
                     tr("Every prediction is infinite or not a number: there is nothing to draw."));
    return;
  }
  paint_pairs(painter, pairs_area(whole));
  paint_histogram(painter, whole);
  for (const Label& label : labels(whole)) {
    painter.setPen(label.header ? c.muted : c.text);
    painter.drawText(label.place, label.alignment | Qt::AlignVCenter, label.text);
  }
}

void ResidualView::paint_pairs(QPainter& painter, const QRectF& area) const {
  const Theme::Colors& c = Theme::instance().colors();
  painter.fillRect(area, c.raised);
  painter.setPen(QPen(c.muted, 1, Qt::DashLine));
  painter.drawLine(area.bottomLeft(), area.topRight());
  painter.drawImage(area, shades_);
  painter.setPen(QPen(c.border, 1));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(area);
}

void ResidualView::paint_histogram(QPainter& painter, const QRectF& whole) const {
  const Theme::Colors& c = Theme::instance().colors();
  const QRectF area = histogram_area(whole);
  const NumberBins& residuals = plot_.residuals;
  for (std::size_t bin = 0; bin < residuals.counts.size(); ++bin)
    painter.fillRect(bar_rect(whole, bin).adjusted(0, 0, -0.5, 0), c.validation);
  painter.setPen(QPen(c.border, 1));
  painter.drawLine(area.bottomLeft(), area.bottomRight());
  const double range = residuals.width * static_cast<double>(residuals.counts.size());
  const double zero = area.left() - residuals.first / range * area.width();
  if (zero < area.left() || zero > area.right()) return;
  painter.setPen(QPen(c.muted, 1, Qt::DashLine));
  painter.drawLine(QLineF(zero, area.top(), zero, area.bottom()));
}

bool ResidualView::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const QString text = text_at(help->pos());
  if (text.isEmpty()) {
    QToolTip::hideText();
  } else {
    QToolTip::showText(help->globalPos(), text, this);
  }
  return true;
}

}  // namespace feedline::gui::inline plots
