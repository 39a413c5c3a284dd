// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/answer_view.h"

#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/plots/plot_panel.h"
#include "gui/preview/preview_picture.h"

#include <QFontMetricsF>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <utility>

namespace feedline::gui::inline plots {
namespace {

constexpr std::size_t kMostBars = 10;
constexpr double kStrongestShade = 0.85;  ///< opacity of the part that mattered most

}  // namespace

AnswerView::AnswerView(QWidget* parent) : QWidget(parent), invitation_(tr("Drop a picture here, or choose one")) {
  setMinimumSize(24 * Theme::kUnit, 12 * Theme::kUnit);
  setFocusPolicy(Qt::NoFocus);
  show_answer(std::nullopt);
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void AnswerView::show_answer(std::optional<ExplainedPicture> answer) {
  answer_ = std::move(answer);
  picture_ = {};
  if (answer_ && !answer_->picture.data.empty()) {
    const PreviewPicture seen = make_preview_picture(answer_->picture);
    if (!seen.images.isEmpty()) picture_ = seen.images.front();
  }
  setAccessibleDescription(invites() ? invitation_ : bar_texts().join(QStringLiteral(", ")));
  setCursor(invites() ? Qt::PointingHandCursor : Qt::ArrowCursor);
  update();
}

void AnswerView::set_shaded(bool on) {
  shaded_ = on;
  update();
}

void AnswerView::set_invitation(const QString& words) {
  invitation_ = words;
  if (invites()) setAccessibleDescription(invitation_);
  update();
}

void AnswerView::set_offered(bool on) {
  offered_ = on;
  update();
}

QRectF AnswerView::drop_area() const { return QRectF(rect()).adjusted(1, 1, -1, -1); }

QStringList AnswerView::bar_texts() const {
  QStringList texts;
  if (!answer_) return texts;
  for (const RecordPrediction::Value& value : answer_->prediction.values) {
    if (static_cast<std::size_t>(texts.size()) == kMostBars) break;
    texts << (answer_->classes ? QStringLiteral("%1: %2").arg(to_qstring(value.name), percent(value.value))
                               : short_number(value.value));
  }
  return texts;
}

void AnswerView::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  if (invites()) {
    paint_invitation(painter);
  } else {
    paint(painter, rect());
  }
}

void AnswerView::paint_invitation(QPainter& painter) const {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(offered_ ? c.accent : c.muted, offered_ ? 2 : 1.5, Qt::DashLine));
  painter.setBrush(c.raised);
  painter.drawRoundedRect(drop_area(), Theme::kUnit, Theme::kUnit);
  painter.setPen(offered_ ? c.text : c.muted);
  painter.drawText(drop_area().adjusted(Theme::kUnit, Theme::kUnit, -Theme::kUnit, -Theme::kUnit),
                   Qt::AlignCenter | Qt::TextWordWrap, offered_ ? tr("Let go to ask the model about it") : invitation_);
}

void AnswerView::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton && invites() && rect().contains(event->position().toPoint())) Q_EMIT clicked();
}

void AnswerView::paint(QPainter& painter, const QRectF& area) const {
  if (!answer_) return;
  if (picture_.isNull()) {
    paint_bars(painter, area);
    return;
  }
  const double side = std::min(area.height(), area.width() / 2);
  paint_picture(painter, QRectF(area.left(), area.top(), side, side));
  paint_bars(painter, area.adjusted(side + 2 * Theme::kUnit, 0, 0, 0));
}

void AnswerView::paint_picture(QPainter& painter, const QRectF& area) const {
  if (picture_.isNull()) return;
  const QSizeF size = QSizeF(picture_.size()).scaled(area.size(), Qt::KeepAspectRatio);
  const QRectF place(area.topLeft(), size);
  painter.setRenderHint(QPainter::SmoothPixmapTransform, size.width() < picture_.width());  // pixels stay pixels
  const std::vector<float>& parts = answer_->importance;
  const float most = parts.empty() ? 0 : *std::max_element(parts.begin(), parts.end());
  const bool shaded = shaded_ && most > 0;
  // Whatever the colours of the picture, the shade is seen on its greys.
  painter.drawImage(place, shaded ? picture_.convertToFormat(QImage::Format_Grayscale8) : picture_);
  if (!shaded) return;
  QColor shade = Theme::instance().colors().blocked;
  painter.setPen(Qt::NoPen);
  const double height = place.height() / static_cast<double>(answer_->rows);
  const double width = place.width() / static_cast<double>(answer_->columns);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] <= 0) continue;
    shade.setAlphaF(static_cast<float>(kStrongestShade * static_cast<double>(parts[i] / most)));
    const auto row = static_cast<double>(i / answer_->columns);
    const auto column = static_cast<double>(i % answer_->columns);
    painter.fillRect(QRectF(place.left() + column * width, place.top() + row * height, width, height), shade);
  }
}

void AnswerView::paint_bars(QPainter& painter, const QRectF& area) const {
  const Theme& theme = Theme::instance();
  const Theme::Colors& colors = theme.colors();
  painter.setFont(theme.small_font());
  const QFontMetricsF metrics(theme.small_font());
  const double line = metrics.height() + Theme::kUnit / 2.0;
  double number = 0;
  double name = 0;
  const QStringList texts = bar_texts();
  const std::vector<RecordPrediction::Value>& values = answer_->prediction.values;
  for (qsizetype i = 0; i < texts.size(); ++i) {
    name = std::max(name, metrics.horizontalAdvance(to_qstring(values[static_cast<std::size_t>(i)].name)));
    number = std::max(number, metrics.horizontalAdvance(percent(1)));
  }
  name = std::min(name, area.width() / 3);
  QRectF row(area.left(), area.top(), area.width(), line);
  for (qsizetype i = 0; i < texts.size() && row.bottom() <= area.bottom(); ++i, row.translate(0, line)) {
    const RecordPrediction::Value& value = values[static_cast<std::size_t>(i)];
    painter.setPen(colors.text);
    if (!answer_->classes) {
      painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter, texts[i]);
      continue;
    }
    painter.drawText(QRectF(row.left(), row.top(), name, line), Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(to_qstring(value.name), Qt::ElideRight, name));
    painter.drawText(row, Qt::AlignRight | Qt::AlignVCenter, percent(value.value));
    const QRectF track =
        row.adjusted(name + Theme::kUnit, Theme::kUnit / 2.0, -number - Theme::kUnit, -Theme::kUnit / 2.0);
    painter.fillRect(track, colors.raised);
    painter.fillRect(QRectF(track.topLeft(), QSizeF(track.width() * std::clamp(value.value, 0.0, 1.0), track.height())),
                     (answer_->several_labels ? has_label(value) : i == 0) ? colors.accent : colors.muted);
  }
}

}  // namespace feedline::gui::inline plots
