// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/edited_text.h"

#include "gui/canvas/paint_tools.h"

#include <QFocusEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QStyleOptionGraphicsItem>
#include <QTextCursor>
#include <QTextDocument>

namespace feedline::gui::inline canvas {

EditedText::EditedText(QGraphicsItem* parent, std::function<void(const QString&)> on_text, PictureCache* pictures)
    : QGraphicsTextItem(parent), on_text_(std::move(on_text)), pictures_(pictures) {
  setAcceptedMouseButtons(Qt::NoButton);
  QObject::connect(document(), &QTextDocument::contentsChanged, this, [this] {
    picture_.stale = true;
    if (editing()) tell();
  });
}

void EditedText::tell() {
  const QString text = told_as(toPlainText());
  if (text == told_as(told_)) return;
  told_ = text;
  on_text_(text);
}

void EditedText::show_text(const QString& text) {
  if (text == told_) return;
  told_ = text;
  setPlainText(text);
}

void EditedText::set_look(const QFont& font, const QColor& color) {
  setFont(font);
  setDefaultTextColor(color);
  picture_.stale = true;
}

void EditedText::edit() {
  setTextInteractionFlags(Qt::TextEditorInteraction);
  setAcceptedMouseButtons(Qt::LeftButton);
  setFocus(Qt::OtherFocusReason);
  QTextCursor cursor = textCursor();
  cursor.select(QTextCursor::Document);
  setTextCursor(cursor);
}

bool EditedText::ends(const QKeyEvent& event) const {
  return event.key() == Qt::Key_Return && event.modifiers().testFlag(Qt::ControlModifier);
}

void EditedText::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape || ends(*event)) {
    clearFocus();
    return;
  }
  QGraphicsTextItem::keyPressEvent(event);
}

void EditedText::focusOutEvent(QFocusEvent* event) {
  QGraphicsTextItem::focusOutEvent(event);
  if (!editing() || event->reason() == Qt::PopupFocusReason) return;
  QTextCursor cursor = textCursor();
  cursor.clearSelection();
  setTextCursor(cursor);
  setTextInteractionFlags(Qt::NoTextInteraction);
  setAcceptedMouseButtons(Qt::NoButton);
  if (toPlainText() != told_) setPlainText(told_);
}

void EditedText::paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) {
  if (QStyleOptionGraphicsItem::levelOfDetailFromTransform(painter->worldTransform()) < text_zoom()) return;
  QStyleOptionGraphicsItem plain = *option;
  plain.state &= ~(QStyle::State_HasFocus | QStyle::State_Selected);  // no dotted frame: the sheet shows it
  const auto write = [&](QPainter& on) { QGraphicsTextItem::paint(&on, &plain, widget); };
  if (pictures_ == nullptr || widget == nullptr || editing()) return write(*painter);
  pictures_->draw(*painter, picture_, boundingRect(), qRound(textWidth()), write);
}

}  // namespace feedline::gui::inline canvas
