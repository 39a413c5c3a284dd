// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/preview/preview_view.h"

#include "gui/base/theme.h"

#include <QLocale>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline preview {

namespace {

constexpr int kMargin = Theme::kUnit;
constexpr int kGap = 2;
constexpr double kManyPixels = 4;  ///< below this, whole multiples would waste too much room

QString value_text(double value) { return QLocale().toString(value, 'g', 3); }

}  // namespace

PreviewView::PreviewView(QWidget* parent) : QWidget(parent) {
  setAccessibleName(tr("Preview"));
  setMinimumSize(12 * Theme::kUnit, 10 * Theme::kUnit);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

QSize PreviewView::sizeHint() const { return {30 * Theme::kUnit, 20 * Theme::kUnit}; }

void PreviewView::say(const QString& text) {
  setAccessibleDescription(text);
  update();
}

void PreviewView::show_picture(const PreviewPicture& picture) {
  picture_ = picture;
  message_.clear();
  wrong_ = false;
  say(picture.shape + QLatin1Char(' ') + picture.text + QLatin1Char(' ') + picture.remark);
}

void PreviewView::set_histogram(bool on) {
  histogram_ = on;
  update();
}

void PreviewView::show_hint(const QString& text) {
  picture_ = {};
  message_ = text;
  wrong_ = false;
  say(text);
}

void PreviewView::show_error(const QString& text) {
  show_hint(text);
  wrong_ = true;
}

PreviewPicture::Form PreviewView::shown() const {
  const bool numbers = picture_.numbers.count > 1;
  return histogram_ && numbers ? PreviewPicture::Form::Histogram : picture_.form;
}

void PreviewView::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const Theme::Colors& c = Theme::instance().colors();
  switch (shown()) {
    case PreviewPicture::Form::Picture:
    case PreviewPicture::Form::Maps:
      return paint_images(painter);
    case PreviewPicture::Form::Histogram:
      return paint_histogram(painter);
    case PreviewPicture::Form::Text:
      return paint_words(painter, picture_.text, c.text);
    case PreviewPicture::Form::Nothing:
      break;
  }
  if (!wrong_) return paint_words(painter, message_, c.muted);
  const int sign = 3 * Theme::kUnit;
  Theme::instance().icon(QStringLiteral("error")).paint(&painter, QRect(kMargin, kMargin, sign, sign));
  painter.translate(sign + kMargin, 0);
  paint_words(painter, message_, c.error);
}

/// The number of columns that makes the images largest; whole multiples of a pixel where they are much enlarged.
void PreviewView::paint_images(QPainter& painter) const {
  const QRectF room = QRectF(rect()).adjusted(kMargin, kMargin / 2.0, -kMargin, -kMargin / 2.0);
  const auto n = static_cast<int>(picture_.images.size());
  const QSizeF size = picture_.images.front().size();
  double best = 0;
  int columns = 1;
  for (int tried = 1; tried <= n; ++tried) {
    const int rows = (n + tried - 1) / tried;
    const double scale = std::min((room.width() - (tried - 1) * kGap) / (tried * size.width()),
                                  (room.height() - (rows - 1) * kGap) / (rows * size.height()));
    if (scale <= best) continue;
    best = scale;
    columns = tried;
  }
  if (best <= 0) return;
  const double pixel = 1 / devicePixelRatioF();
  const double scale = best >= kManyPixels * pixel ? std::floor(best / pixel) * pixel : best;
  const QSizeF tile = size * scale;
  const int rows = (n + columns - 1) / columns;
  const QSizeF all(columns * (tile.width() + kGap) - kGap, rows * (tile.height() + kGap) - kGap);
  const QPointF start(room.center().x() - all.width() / 2, room.center().y() - all.height() / 2);
  painter.setRenderHint(QPainter::SmoothPixmapTransform, scale < 1);
  for (int i = 0; i < n; ++i) {
    const QPointF at = start + QPointF(i % columns * (tile.width() + kGap), i / columns * (tile.height() + kGap));
    painter.drawImage(QRectF(at, tile), picture_.images[i]);
  }
}

void PreviewView::paint_histogram(QPainter& painter) const {
  const Theme& theme = Theme::instance();
  const Distribution& all = picture_.numbers;
  painter.setFont(theme.small_font());
  const int line = painter.fontMetrics().height();
  const QRectF room = QRectF(rect()).adjusted(kMargin, kMargin, -kMargin, -kMargin - 2.0 * line);
  const auto most =
      static_cast<double>(std::max<std::uint64_t>(1, *std::max_element(all.bins.begin(), all.bins.end())));
  const double width = room.width() / static_cast<double>(all.bins.size());
  painter.setPen(Qt::NoPen);
  painter.setBrush(theme.colors().accent);
  for (std::size_t i = 0; i < all.bins.size(); ++i) {
    if (all.bins[i] == 0) continue;
    const double height = std::max(1.0, room.height() * static_cast<double>(all.bins[i]) / most);
    painter.drawRect(
        QRectF(room.left() + width * static_cast<double>(i), room.bottom() - height, std::max(1.0, width - 1), height));
  }
  painter.setPen(theme.colors().border);
  painter.drawLine(room.bottomLeft(), room.bottomRight());
  painter.setPen(theme.colors().muted);
  const QRectF axis(room.left(), room.bottom() + 2, room.width(), line);
  painter.drawText(axis, Qt::AlignLeft, value_text(all.least));
  painter.drawText(axis, Qt::AlignRight, value_text(all.greatest));
  QString words = tr("mean %1 · deviation %2").arg(value_text(all.mean), value_text(all.stddev));
  if (all.not_finite > 0) words += tr(" · %1 not finite").arg(all.not_finite);
  painter.drawText(axis.translated(0, line), Qt::AlignHCenter, words);
}

void PreviewView::paint_words(QPainter& painter, const QString& text, const QColor& color) const {
  painter.setPen(color);
  const bool hint = picture_.form == PreviewPicture::Form::Nothing && !wrong_;
  const QRect room = rect().adjusted(kMargin, kMargin, -kMargin - (wrong_ ? 4 * Theme::kUnit : 0), -kMargin);
  painter.drawText(room, Qt::TextWordWrap | (hint ? Qt::AlignCenter : Qt::AlignLeft | Qt::AlignTop), text);
}

}  // namespace feedline::gui::inline preview
