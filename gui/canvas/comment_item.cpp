// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/comment_item.h"

#include "gui/base/theme.h"
#include "gui/canvas/canvas_text.h"
#include "gui/canvas/edited_text.h"
#include "gui/canvas/paint_tools.h"
#include "gui/models/text.h"

#include <QAbstractTextDocumentLayout>
#include <QFontInfo>
#include <QPainter>
#include <QStyleOptionGraphicsItem>
#include <QTextDocument>
#include <QTextLayout>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline canvas {
namespace {

constexpr qreal kNoteCorner = 2 * kUnit;
/// Height on the screen, in pixels, of what is written from afar.
constexpr qreal kFarText = 10;

/// Breaks the text into lines, and gives the height that it takes.
qreal break_lines(QTextLayout& layout, qreal width) {
  QTextOption option;
  option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
  layout.setTextOption(option);
  layout.beginLayout();
  qreal y = 0;
  for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
    line.setLineWidth(width);
    line.setPosition({0, y});
    y += line.height();
  }
  layout.endLayout();
  return y;
}

/// All of the text, in letters as large as are wished, or in the largest that the room takes, down to the small font of
/// the scene, in which it always fits.
void write_whole(QPainter& painter, const QRectF& room, QString text, QFont font) {
  text.replace(QLatin1Char('\n'), QChar::LineSeparator);
  const int smallest = QFontInfo(scene_small_font()).pixelSize();
  QTextLayout layout(text, font);
  while (break_lines(layout, room.width()) > room.height() && font.pixelSize() > smallest) {
    font.setPixelSize(font.pixelSize() - 1);
    layout.setFont(font);
  }
  layout.draw(&painter, room.topLeft());
}

}  // namespace

CommentItem::CommentItem(Comment comment, std::function<void(const std::string&, const QString&)> on_text,
                         PictureCache* pictures)
    : comment_(std::move(comment)),
      on_text_(std::move(on_text)),
      text_(new EditedText(
          this, [this](const QString& text) { on_text_(comment_.id, text); }, pictures)),
      pictures_(pictures) {
  setFlag(ItemIsSelectable);
  setFlag(ItemClipsChildrenToShape);
  setZValue(-1);
  text_->setPos(0.5 * kUnit, 0.5 * kUnit);
  QObject::connect(text_->document()->documentLayout(), &QAbstractTextDocumentLayout::documentSizeChanged, text_,
                   [this](const QSizeF& size) { grow_to(size.height()); });
  restyle();
  text_->show_text(to_qstring(comment_.text));
  text_->setTextWidth(comment_.width - kUnit);
  setPos(comment_.position.x, comment_.position.y);
}

void CommentItem::set_comment(Comment comment) {
  if (comment == comment_) return;
  setPos(comment.position.x, comment.position.y);
  comment_.position = comment.position;
  if (comment == comment_) return;  // it was moved only: its picture holds
  prepareGeometryChange();
  comment_ = std::move(comment);
  text_->show_text(to_qstring(comment_.text));
  text_->setTextWidth(comment_.width - kUnit);
  picture_.stale = true;
  update();
}

void CommentItem::grow_to(qreal text_height) {
  if (text_height == text_height_) return;
  prepareGeometryChange();
  text_height_ = text_height;
  picture_.stale = true;
  update();
}

QRectF CommentItem::sheet() const {
  return {0, 0, comment_.width, std::max(comment_.height, std::ceil(text_height_ + kUnit))};
}

void CommentItem::start_editing() { text_->edit(); }

bool CommentItem::editing() const { return text_->editing(); }

bool CommentItem::on_corner(QPointF scene_pos) const {
  const QPointF pos = mapFromScene(scene_pos);
  const QRectF all = sheet();
  return QRectF(all.right() - kNoteCorner, all.bottom() - kNoteCorner, kNoteCorner, kNoteCorner).contains(pos);
}

void CommentItem::restyle() {
  text_->set_look(scene_small_font(), Theme::instance().colors().text);
  picture_.stale = true;
  update();
}

QRectF CommentItem::boundingRect() const { return sheet().adjusted(-3, -3, 3, 3); }

QPainterPath CommentItem::shape() const {
  QPainterPath path;
  path.addRect(sheet());
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
  const QRectF sheet = this->sheet();
  const QColor paper = mixed(c.canvas, QColor("#e6b800"), theme.dark() ? 0.13 : 0.16);
  painter.setBrush(paper);
  painter.setPen(marked ? QPen(c.accent, 2) : QPen(mixed(paper, c.text, 0.18), 1));
  painter.drawRoundedRect(sheet.adjusted(0.5, 0.5, -0.5, -0.5), kUnit / 2, kUnit / 2);
  if (zoom < text_zoom() && zoom >= kTitleZoom) {  // else the text item writes it
    painter.setPen(c.text);
    write_whole(painter, sheet.adjusted(kUnit, kUnit / 2, -kUnit / 2, 0), to_qstring(comment_.text),
                screen_font(kFarText, zoom, false));
  }
  painter.setPen(QPen(c.muted, 1));
  for (const qreal reach : {0.5 * kUnit, kUnit})
    painter.drawLine(sheet.bottomRight() - QPointF(reach + 3, 3), sheet.bottomRight() - QPointF(3, reach + 3));
}

}  // namespace feedline::gui::inline canvas
