// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/confusion_view.h"

#include "gui/base/contrast.h"
#include "gui/base/theme.h"

#include <QFontInfo>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline plots {

namespace {

constexpr double kNamesShare = 0.5;      // of the view, for the names of classes on either side
constexpr double kSmallestNumber = 0.7;  // of the usual size, so that all counts have room in their cells

QColor mix(const QColor& from, const QColor& to, double part) {
  const auto between = [part](int a, int b) { return static_cast<int>(std::lround(a + (b - a) * part)); };
  return {between(from.red(), to.red()), between(from.green(), to.green()), between(from.blue(), to.blue())};
}

}  // namespace

ConfusionView::ConfusionView(QWidget* parent) : QWidget(parent) {
  setAccessibleName(tr("Confusion matrix"));
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    shade();
    update();
  });
}

void ConfusionView::set_evaluation(const Evaluation& evaluation) {
  evaluation_ = evaluation;
  if (chosen_ && std::max(chosen_->first, chosen_->second) >= classes()) chosen_.reset();
  shade();
  update();
}

double ConfusionView::share(int label, int predicted) const {
  std::uint64_t all = 0;
  for (int i = 0; i < classes(); ++i)
    all += evaluation_.count(static_cast<std::size_t>(label), static_cast<std::size_t>(i));
  const std::uint64_t count = evaluation_.count(static_cast<std::size_t>(label), static_cast<std::size_t>(predicted));
  return all == 0 ? 0 : static_cast<double>(count) / static_cast<double>(all);
}

/// The square root spreads the few mistakes of a good model over more shades.
void ConfusionView::shade() {
  const Theme::Colors& c = Theme::instance().colors();
  shades_ = classes() > 0 ? QImage(classes(), classes(), QImage::Format_RGB32) : QImage();
  for (int label = 0; label < classes(); ++label) {
    std::uint64_t all = 0;
    for (int i = 0; i < classes(); ++i)
      all += evaluation_.count(static_cast<std::size_t>(label), static_cast<std::size_t>(i));
    for (int predicted = 0; predicted < classes(); ++predicted) {
      const auto count = evaluation_.count(static_cast<std::size_t>(label), static_cast<std::size_t>(predicted));
      const double part = all == 0 ? 0 : std::sqrt(static_cast<double>(count) / static_cast<double>(all));
      shades_.setPixelColor(predicted, label, mix(c.raised, label == predicted ? c.good : c.error, part * 0.85));
    }
  }
}

void ConfusionView::choose(std::optional<Cell> cell) {
  if (cell == chosen_) return;
  chosen_ = cell;
  setAccessibleDescription(cell ? text_of(*cell) : QString());
  update();
  Q_EMIT cell_chosen(cell);
}

QString ConfusionView::text_of(const Cell& cell) const {
  const auto [label, predicted] = cell;
  const auto count = evaluation_.count(static_cast<std::size_t>(label), static_cast<std::size_t>(predicted));
  const QString share_text = QString::number(share(label, predicted) * 100, 'f', 1);
  const QString name = QString::fromStdString(evaluation_.name_of(label));
  if (label == predicted) return tr("%1 recognised: %2 (%3 %)").arg(name).arg(count).arg(share_text);
  return tr("%1 predicted as %2: %3 (%4 %)")
      .arg(name, QString::fromStdString(evaluation_.name_of(predicted)))
      .arg(count)
      .arg(share_text);
}

double ConfusionView::names_width(double room) const {
  const QFontMetricsF metrics(Theme::instance().small_font());
  double width = metrics.height();
  for (int i = 0; i < classes(); ++i)
    width = std::max(width, metrics.horizontalAdvance(QString::fromStdString(evaluation_.name_of(i))));
  return std::min(width + 6, std::max(room * kNamesShare, metrics.height()));
}

/// Names that are wider than their columns stand upright above them.
bool ConfusionView::upright(const QRectF& whole) const {
  const double line = QFontMetricsF(Theme::instance().small_font()).height() + 4;
  const double wide = names_width(1e9) - 4;
  const double side =
      std::min(whole.width() - names_width(whole.width()) - line, whole.height() - 2 * line) - Theme::kUnit;
  return classes() > 0 && wide > side / classes();
}

double ConfusionView::head_height(const QRectF& whole) const {
  return upright(whole) ? names_width(whole.height()) : QFontMetricsF(Theme::instance().small_font()).height() + 4;
}

QRectF ConfusionView::matrix_area(const QRectF& whole) const {
  const double line = QFontMetricsF(Theme::instance().small_font()).height() + 4;
  const double left = names_width(whole.width()) + line;
  const QRectF room = whole.adjusted(left, line + head_height(whole), -Theme::kUnit, -Theme::kUnit);
  const double side = std::max(1.0, std::min(room.width(), room.height()));
  return {room.left(), room.top(), side, side};
}

QRectF ConfusionView::rect_of(const Cell& cell) const {
  const QRectF area = matrix_area(rect());
  const double step = area.width() / std::max(classes(), 1);
  return {area.left() + cell.second * step, area.top() + cell.first * step, step, step};
}

std::optional<ConfusionView::Cell> ConfusionView::cell_at(QPointF pos) const {
  const QRectF area = matrix_area(rect());
  if (classes() == 0 || !area.contains(pos)) return std::nullopt;
  const double step = area.width() / classes();
  return Cell{std::min(static_cast<int>((pos.y() - area.top()) / step), classes() - 1),
              std::min(static_cast<int>((pos.x() - area.left()) / step), classes() - 1)};
}

void ConfusionView::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  paint(painter, rect());
  if (!hasFocus()) return;
  painter.setPen(QPen(Theme::instance().colors().accent, 1));
  painter.drawRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5));
}

void ConfusionView::paint(QPainter& painter, const QRectF& whole) const {
  const Theme& theme = Theme::instance();
  painter.fillRect(whole, theme.colors().panel);
  painter.setFont(theme.small_font());
  if (classes() == 0) {
    painter.setPen(theme.colors().muted);
    painter.drawText(
        whole, Qt::AlignCenter | Qt::TextWordWrap,
        evaluation_.several_labels
            ? tr("Records have several labels each: no matrix, only the worst samples.")
            : tr("More than %1 classes: no matrix, only the worst samples.").arg(Evaluation::kMostClasses));
    return;
  }
  const QRectF area = matrix_area(whole);
  painter.drawImage(area, shades_);
  painter.setPen(QPen(theme.colors().border, 1));
  const double step = area.width() / classes();
  for (int i = 0; i <= classes() && step >= 6; ++i) {
    painter.drawLine(QLineF(area.left(), area.top() + i * step, area.right(), area.top() + i * step));
    painter.drawLine(QLineF(area.left() + i * step, area.top(), area.left() + i * step, area.bottom()));
  }
  paint_names(painter, whole);
  paint_numbers(painter, area);
  if (!chosen_) return;
  painter.setPen(QPen(theme.colors().accent, 2.5));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(QRectF(area.left() + chosen_->second * step, area.top() + chosen_->first * step, step, step));
}

std::vector<ConfusionView::Label> ConfusionView::labels(const QRectF& whole) const {
  const QRectF area = matrix_area(whole);
  const double names = names_width(whole.width());
  const double head = head_height(whole);
  const bool stand = upright(whole);
  const QFontMetricsF metrics(Theme::instance().small_font());
  const double line = metrics.height() + 4;
  const double step = area.width() / classes();
  std::vector<Label> all;
  const QString columns = tr("predicted class →");
  const double left = std::max(whole.left(), std::min(area.left(), whole.right() - metrics.horizontalAdvance(columns)));
  all.push_back({columns, {left, area.top() - head - line, whole.right() - left, line}, Qt::AlignLeft, false, true});
  const QString rows = tr("true class");
  const double length = std::max(area.height(), metrics.horizontalAdvance(rows));
  const double bottom = std::min(area.top() + length, whole.bottom());
  all.push_back({rows, {area.left() - names - line, bottom, length, line}, Qt::AlignRight, true, true});
  const int every = std::max(1, static_cast<int>(std::ceil(metrics.height() / step)));
  for (int i = 0; i < classes(); i += every) {
    const QString name = QString::fromStdString(evaluation_.name_of(i));
    const double at = i * step;
    all.push_back({metrics.elidedText(name, Qt::ElideRight, names),
                   {area.left() - names - 4, area.top() + at, names, step * every},
                   Qt::AlignRight});
    if (stand)
      all.push_back({metrics.elidedText(name, Qt::ElideRight, head),
                     {area.left() + at, area.top() - 3, head, step * every},
                     Qt::AlignLeft,
                     true});
    else
      all.push_back({name, {area.left() + at, area.top() - line, step * every, line}, Qt::AlignHCenter});
  }
  return all;
}

void ConfusionView::paint_names(QPainter& painter, const QRectF& whole) const {
  const Theme::Colors& c = Theme::instance().colors();
  for (const Label& label : labels(whole)) {
    painter.setPen(label.header ? c.muted : c.text);
    painter.save();
    painter.translate(label.place.topLeft());
    if (label.upright) painter.rotate(-90);
    painter.drawText(QRectF({}, label.place.size()), label.alignment | Qt::AlignVCenter, label.text);
    painter.restore();
  }
}

/// A cell is as light as the window's surface or as strong as its writing: whichever of the two reads better on it.
QColor ConfusionView::number_color(const Cell& cell) const {
  const Theme::Colors& c = Theme::instance().colors();
  const QColor ground = shades_.pixelColor(cell.second, cell.first);
  const QColor inverse = Theme::instance().dark() ? QColor(Qt::black) : c.raised;
  return contrast_ratio(c.text, ground) >= contrast_ratio(inverse, ground) ? c.text : inverse;
}

void ConfusionView::paint_numbers(QPainter& painter, const QRectF& area) const {
  const double step = area.width() / classes();
  if (step < QFontMetricsF(painter.font()).height()) return;
  // All of them or, where even small figures have no room, those that have: not some because they are short.
  const auto most = *std::max_element(evaluation_.counts.begin(), evaluation_.counts.end());
  const double fit = (step - 3) / QFontMetricsF(painter.font()).horizontalAdvance(QString::number(most));
  if (fit < 1 && fit >= kSmallestNumber) {
    QFont smaller = painter.font();
    smaller.setPixelSize(static_cast<int>(QFontInfo(smaller).pixelSize() * fit));
    painter.setFont(smaller);
  }
  const QFontMetricsF metrics(painter.font());
  for (int label = 0; label < classes(); ++label)
    for (int predicted = 0; predicted < classes(); ++predicted) {
      const auto count = evaluation_.count(static_cast<std::size_t>(label), static_cast<std::size_t>(predicted));
      const QString text = QString::number(count);
      if (count == 0 || metrics.horizontalAdvance(text) + 2 > step) continue;
      painter.setPen(number_color({label, predicted}));
      painter.drawText(QRectF(area.left() + predicted * step, area.top() + label * step, step, step), Qt::AlignCenter,
                       text);
    }
}

void ConfusionView::mousePressEvent(QMouseEvent* event) {
  const std::optional<Cell> cell = cell_at(event->position());
  choose(cell == chosen_ ? std::nullopt : cell);
}

void ConfusionView::keyPressEvent(QKeyEvent* event) {
  const Cell from = chosen_.value_or(Cell{0, 0});
  Cell to = from;
  switch (event->key()) {
    case Qt::Key_Up:
      --to.first;
      break;
    case Qt::Key_Down:
      ++to.first;
      break;
    case Qt::Key_Left:
      --to.second;
      break;
    case Qt::Key_Right:
      ++to.second;
      break;
    case Qt::Key_Escape:
      return choose(std::nullopt);
    default:
      return QWidget::keyPressEvent(event);
  }
  if (classes() == 0) return;
  choose(Cell{std::clamp(to.first, 0, classes() - 1), std::clamp(to.second, 0, classes() - 1)});
}

bool ConfusionView::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  const std::optional<Cell> cell = cell_at(help->pos());
  QToolTip::showText(help->globalPos(), cell ? text_of(*cell) : QString(), this);
  return true;
}

}  // namespace feedline::gui::inline plots
