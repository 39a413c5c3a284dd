// SPDX-License-Identifier: GPL-3.0-or-later
#include "canvas/edited_text.h"

#include "canvas/paint_tools.h"

#include <QFocusEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QStyleOptionGraphicsItem>
#include <QTextCursor>

namespace feedline::gui {

EditedText::EditedText(QGraphicsItem* parent, std::function<void(const QString&)> on_end)
    : QGraphicsTextItem(parent), on_end_(std::move(on_end)) {
  setAcceptedMouseButtons(Qt::NoButton);
}

void EditedText::edit() {
  before_ = toPlainText();
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
  if (event->key() == Qt::Key_Escape) setPlainText(before_);
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
  if (toPlainText() != before_) on_end_(toPlainText());
}

void EditedText::paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) {
  if (QStyleOptionGraphicsItem::levelOfDetailFromTransform(painter->worldTransform()) < text_zoom()) return;
  QStyleOptionGraphicsItem plain = *option;
  plain.state &= ~(QStyle::State_HasFocus | QStyle::State_Selected);  // no dotted frame: the sheet shows it
  QGraphicsTextItem::paint(painter, &plain, widget);
}

}  // namespace feedline::gui
