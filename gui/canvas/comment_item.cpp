// SPDX-License-Identifier: GPL-3.0-or-later
#include "canvas/comment_item.h"

#include "app/theme.h"
#include "canvas/edited_text.h"
#include "canvas/paint_tools.h"
#include "models/text.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QStyleOptionGraphicsItem>
#include <QTextLayout>

namespace feedline::gui {
namespace {

constexpr qreal kUnit = Theme::kUnit;
constexpr qreal kCorner = 2 * kUnit;
/// Height on the screen, in pixels, of what is written from afar.
constexpr qreal kFarText = 10;

/// As many whole lines as there is room for; "…" ends the last one if there would be more.
void write_lines(QPainter& painter, const QRectF& room, QString text) {
  text.replace(QLatin1Char('\n'), QChar::LineSeparator);
  const QFontMetricsF metrics(painter.font());
  QTextLayout layout(text, painter.font());
  layout.beginLayout();
  QPointF at = room.topLeft();
  for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
    line.setLineWidth(room.width());
    const bool last = at.y() + 2 * metrics.height() > room.bottom();
    QString words = text.mid(line.textStart(), last ? -1 : line.textLength());
    if (last)
      words = metrics.elidedText(words.replace(QChar::LineSeparator, QLatin1Char(' ')), Qt::ElideRight, room.width());
    painter.drawText(at + QPointF(0, metrics.ascent()), words);
    if (last) break;
    at.ry() += metrics.height();
  }
  layout.endLayout();
}

}  // namespace

CommentItem::CommentItem(Comment comment, std::function<void(const std::string&, const QString&)> on_text,
                         PictureCache* pictures)
    : comment_(std::move(comment)),
      on_text_(std::move(on_text)),
      text_(new EditedText(
          this, [this](const QString& text) { finish_editing(text); }, pictures)),
      pictures_(pictures) {
  setFlag(ItemIsSelectable);
  setFlag(ItemClipsChildrenToShape);
  setZValue(-1);
  text_->setPos(0.5 * kUnit, 0.5 * kUnit);
  restyle();
  text_->setPlainText(to_qstring(comment_.text));
  text_->setTextWidth(comment_.width - kUnit);
  setPos(comment_.position.x, comment_.position.y);
}

void CommentItem::set_comment(Comment comment) {
  if (comment == comment_) return;
  setPos(comment.position.x, comment.position.y);
  comment_.position = comment.position;
  if (comment == comment_) return;  // it was moved only: its picture holds
  prepareGeometryChange();
  if (!text_->editing()) text_->setPlainText(to_qstring(comment.text));
  comment_ = std::move(comment);
  text_->setTextWidth(comment_.width - kUnit);
  picture_.stale = true;
  update();
}

void CommentItem::finish_editing(const QString& text) { on_text_(comment_.id, text); }

void CommentItem::start_editing() { text_->edit(); }

bool CommentItem::editing() const { return text_->editing(); }

bool CommentItem::on_corner(QPointF scene_pos) const {
  const QPointF pos = mapFromScene(scene_pos);
  return QRectF(comment_.width - kCorner, comment_.height - kCorner, kCorner, kCorner).contains(pos);
}

void CommentItem::restyle() {
  text_->set_look(scene_small_font(), Theme::instance().colors().text);
  picture_.stale = true;
  update();
}

QRectF CommentItem::boundingRect() const {
  return QRectF(0, 0, comment_.width, comment_.height).adjusted(-3, -3, 3, 3);
}

QPainterPath CommentItem::shape() const {
  QPainterPath path;
  path.addRect(0, 0, comment_.width, comment_.height);
  return path;
}

void CommentItem::paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) {
  const bool marked = option->state.testFlag(QStyle::State_Selected) || text_->editing();
  const qreal zoom = QStyleOptionGraphicsItem::levelOfDetailFromTransform(painter->worldTransform());
  painter->setRenderHint(QPainter::Antialiasing);
  const auto paint_now = [&](QPainter& on) { paint_sheet(on, marked, zoom); };
  if (pictures_ == nullptr || widget == nullptr ||
      !pictures_->draw(*painter, picture_, boundingRect(), marked ? 1 : 0, paint_now))
    paint_now(*painter);
}

void CommentItem::paint_sheet(QPainter& painter, bool marked, qreal zoom) const {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  const QRectF sheet(0, 0, comment_.width, comment_.height);
  const QColor paper = mixed(c.canvas, QColor("#e6b800"), theme.dark() ? 0.13 : 0.16);
  painter.setBrush(paper);
  painter.setPen(marked ? QPen(c.accent, 2) : QPen(mixed(paper, c.text, 0.18), 1));
  painter.drawRoundedRect(sheet.adjusted(0.5, 0.5, -0.5, -0.5), kUnit / 2, kUnit / 2);
  if (zoom < text_zoom() && zoom >= kTitleZoom) {  // else the text item writes it
    painter.setFont(screen_font(kFarText, zoom, false));
    painter.setPen(c.text);
    write_lines(painter, sheet.adjusted(kUnit, kUnit / 2, -kUnit, 0), to_qstring(comment_.text));
  }
  painter.setPen(QPen(c.muted, 1));
  for (const qreal reach : {0.5 * kUnit, kUnit})
    painter.drawLine(sheet.bottomRight() - QPointF(reach + 3, 3), sheet.bottomRight() - QPointF(3, reach + 3));
}

}  // namespace feedline::gui
