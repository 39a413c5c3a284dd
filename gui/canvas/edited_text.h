// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "canvas/picture_cache.h"

#include <QGraphicsTextItem>

#include <functional>

namespace feedline::gui {

/// Words on the canvas that are edited in place; it only takes mouse and keys meanwhile. Escape, Ctrl+Return or a
/// click elsewhere ends; what was written stays, and undo takes it back.
class EditedText : public QGraphicsTextItem {
 public:
  /// `on_end` is called when editing ends with other words than before. Without a cache the words are laid out anew
  /// each time that they are drawn.
  EditedText(QGraphicsItem* parent, std::function<void(const QString&)> on_end, PictureCache* pictures = nullptr);
  void set_look(const QFont& font, const QColor& color);
  void edit();
  [[nodiscard]] bool editing() const { return textInteractionFlags() != Qt::NoTextInteraction; }

 protected:
  /// Does this key end the editing?
  [[nodiscard]] virtual bool ends(const QKeyEvent& event) const;
  void keyPressEvent(QKeyEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 private:
  std::function<void(const QString&)> on_end_;
  QString before_{};
  PictureCache* pictures_;
  CachedPicture picture_{};
};

}  // namespace feedline::gui
