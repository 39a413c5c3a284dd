// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/inspector/component_grid.h"

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

constexpr double kCellSide = 8 * Theme::kUnit;
constexpr double kCellGap = Theme::kUnit;
constexpr double kNamesOfWidth = 0.45;  // of a list, for the names of features

}  // namespace

QColor weight_color(double weight) {
  const bool dark = Theme::instance().dark();
  const QColor zero = Theme::instance().colors().raised;
  const QColor end = weight < 0 ? QColor(dark ? 0x5aa9ff : 0x1f5fae) : QColor(dark ? 0xff9a4d : 0xb8500a);
  const double part = std::isfinite(weight) ? std::min(std::abs(weight), 1.0) : 0;
  const auto between = [part](int from, int to) { return static_cast<int>(std::lround(from + (to - from) * part)); };
  return {between(zero.red(), end.red()), between(zero.green(), end.green()), between(zero.blue(), end.blue())};
}

ComponentGrid::ComponentGrid(QWidget* parent) : QWidget(parent) {
  setObjectName(QStringLiteral("component_grid"));
  QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    paint_pictures();
    updateGeometry();
    update();
  });
  hide();
}

void ComponentGrid::show_state(const NamedTensors& state) {
  found_ = learnt_components(state, {});
  paint_pictures();
  setVisible(found_.has_value());
  setAccessibleName(title());
  QStringList all;
  for (std::size_t k = 0; found_ && k < found_->components.size(); ++k) all << caption_of(k);
  setAccessibleDescription(all.join(QStringLiteral("; ")));
  updateGeometry();
  update();
}

void ComponentGrid::paint_pictures() {
  pictures_.clear();
  if (!found_ || found_->width == 0) return;
  for (const LearntComponents::Component& component : found_->components) {
    QImage& picture =
        pictures_.emplace_back(static_cast<int>(found_->width), static_cast<int>(found_->height), QImage::Format_RGB32);
    std::size_t pixel = 0;
    for (int y = 0; y < picture.height(); ++y) {
      auto* row = reinterpret_cast<QRgb*>(picture.scanLine(y));
      for (int x = 0; x < picture.width(); ++x)
        row[x] = weight_color(static_cast<double>(component.pixels[pixel++])).rgb();
    }
  }
}

QString ComponentGrid::title() const {
  if (!found_) return {};
  const std::size_t shown = found_->components.size();
  const QString which = shown < found_->all ? tr("%1 of %2 components").arg(shown).arg(found_->all) : tr("components");
  return tr("%1; orange for, blue against").arg(which);
}

QString ComponentGrid::caption_of(std::size_t component) const {
  const QString name = QStringLiteral("pc%1").arg(component + 1);
  const std::optional<double> share = found_->components[component].share;
  if (!share || !std::isfinite(*share)) return name;
  return tr("%1, %2 %").arg(name, QString::number(100 * *share, 'f', *share < 0.0005 ? 3 : 1));
}

double ComponentGrid::line() const { return QFontMetricsF(Theme::instance().small_font()).height(); }

int ComponentGrid::columns(int width) const {
  if (!found_ || found_->width == 0) return 1;
  return std::max(1, static_cast<int>((width + kCellGap) / (kCellSide + kCellGap)));
}

double ComponentGrid::cell_height() const {
  if (found_ && found_->width > 0) return kCellSide + line();
  std::size_t most = 0;
  if (found_)
    for (const LearntComponents::Component& component : found_->components)
      most = std::max(most, component.weights.size());
  return line() * static_cast<double>(1 + most);
}

QRectF ComponentGrid::place_of(std::size_t component) const {
  const auto in_row = static_cast<std::size_t>(columns(width()));
  const double top = line() + Theme::kUnit / 2.0 + static_cast<double>(component / in_row) * (cell_height() + kCellGap);
  if (found_->width == 0)  // the caption stands above the list, as its heading
    return {0, top + line(), static_cast<double>(width()), cell_height() - line()};
  const QSizeF size = QSizeF(static_cast<double>(found_->width), static_cast<double>(found_->height))
                          .scaled(kCellSide, kCellSide, Qt::KeepAspectRatio);
  const double left = static_cast<double>(component % in_row) * (kCellSide + kCellGap);
  return {QPointF(left, top + kCellSide - size.height()), size};
}

QString ComponentGrid::reading_at(QPointF point) const {
  for (std::size_t k = 0; found_ && k < found_->components.size(); ++k) {
    const QRectF place = place_of(k);
    if (!place.contains(point)) continue;
    const LearntComponents::Component& component = found_->components[k];
    if (found_->width == 0) {
      const auto row = static_cast<std::size_t>((point.y() - place.top()) / line());
      if (row >= component.weights.size()) return {};
      const LearntComponents::Weight& weight = component.weights[row];
      return tr("%1; %2: %3").arg(caption_of(k), to_qstring(weight.feature), QString::number(weight.value, 'g', 4));
    }
    const auto at = [](double part, std::size_t count) {
      return std::min(static_cast<std::size_t>(part * static_cast<double>(count)), count - 1);
    };
    const std::size_t x = at((point.x() - place.left()) / place.width(), found_->width);
    const std::size_t y = at((point.y() - place.top()) / place.height(), found_->height);
    return tr("%1; x %2, y %3: %4 of the largest weight")
        .arg(caption_of(k))
        .arg(x)
        .arg(y)
        .arg(QString::number(static_cast<double>(component.pixels[y * found_->width + x]), 'g', 3));
  }
  return {};
}

int ComponentGrid::heightForWidth(int width) const {
  if (!found_) return 0;
  const auto in_row = static_cast<std::size_t>(columns(width));
  const std::size_t rows = (found_->components.size() + in_row - 1) / in_row;
  return static_cast<int>(
      std::ceil(line() + Theme::kUnit / 2.0 + static_cast<double>(rows) * (cell_height() + kCellGap)));
}

QSize ComponentGrid::sizeHint() const { return {30 * Theme::kUnit, heightForWidth(30 * Theme::kUnit)}; }
QSize ComponentGrid::minimumSizeHint() const { return {12 * Theme::kUnit, static_cast<int>(2 * line())}; }

bool ComponentGrid::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  QToolTip::showText(help->globalPos(), reading_at(help->pos()).toHtmlEscaped(), this);
  return true;
}

/// A line a feature: its name, and a bar from the middle of the rest, to the right where it counts for the component.
void ComponentGrid::draw_weights(QPainter& painter, std::size_t component) const {
  const std::vector<LearntComponents::Weight>& weights = found_->components[component].weights;
  const Theme::Colors& colors = Theme::instance().colors();
  const QFontMetricsF metrics(painter.font());
  const QRectF in = place_of(component);
  const double names = in.width() * kNamesOfWidth;
  const double half = (in.width() - names - Theme::kUnit) / 2;
  const double zero = in.left() + names + Theme::kUnit + half;
  const double most = weights.empty() ? 0 : std::abs(weights.front().value);
  QRectF row(in.left(), in.top(), names, line());
  for (const LearntComponents::Weight& weight : weights) {
    painter.setPen(colors.text);
    painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(to_qstring(weight.feature), Qt::ElideMiddle, names));
    const double part = most > 0 ? weight.value / most : 0;
    const QRectF bar = QRectF(QPointF(zero, row.top() + 2), QPointF(zero + half * part, row.bottom() - 2)).normalized();
    painter.fillRect(bar, weight_color(part < 0 ? -1 : 1));
    row.translate(0, line());
  }
  painter.setPen(QPen(colors.muted, 1));
  painter.drawLine(QPointF(zero, in.top()), QPointF(zero, in.top() + line() * static_cast<double>(weights.size())));
}

void ComponentGrid::paintEvent(QPaintEvent*) {
  if (!found_) return;
  QPainter painter(this);
  const Theme::Colors& colors = Theme::instance().colors();
  painter.setFont(Theme::instance().small_font());
  const QFontMetricsF metrics(painter.font());
  painter.setPen(colors.muted);
  painter.drawText(QRectF(0, 0, width(), line()), Qt::AlignLeft | Qt::AlignVCenter,
                   metrics.elidedText(title(), Qt::ElideRight, width()));
  for (std::size_t k = 0; k < found_->components.size(); ++k) {
    const QRectF place = place_of(k);
    const bool picture = found_->width > 0;
    const double caption_width = picture ? kCellSide + kCellGap - 2 : place.width();
    const QRectF caption(place.left(), picture ? place.bottom() : place.top() - line(), caption_width, line());
    painter.setPen(colors.text);
    painter.drawText(caption, Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(caption_of(k), Qt::ElideRight, caption_width));
    if (!picture) {
      draw_weights(painter, k);
      continue;
    }
    painter.drawImage(place, pictures_[k]);
    painter.setPen(QPen(colors.border, 1));
    painter.drawRect(place.adjusted(0.5, 0.5, -0.5, -0.5));
  }
}

}  // namespace feedline::gui::inline inspector
