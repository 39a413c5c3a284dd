// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/picture_cache.h"

#include <QGraphicsTextItem>

#include <functional>

namespace feedline::gui::inline canvas {

/// Words on the canvas that are edited in place; it only takes mouse and keys meanwhile. Every letter is told at once,
/// so that what saves, closes or copies the graph meanwhile has it. Escape, Ctrl+Return or a click elsewhere ends; what
/// was written stays, and undo takes it back.
class EditedText : public QGraphicsTextItem {
 public:
  /// `on_text` is called with the words whenever they have been changed by typing. Without a cache the words are laid
  /// out anew each time that they are drawn.
  EditedText(QGraphicsItem* parent, std::function<void(const QString&)> on_text, PictureCache* pictures = nullptr);
  /// What the document says. What is being typed stays as it is while that is what was told.
  void show_text(const QString& text);
  void set_look(const QFont& font, const QColor& color);
  void edit();
  [[nodiscard]] bool editing() const { return textInteractionFlags() != Qt::NoTextInteraction; }

 protected:
  /// What is told of these words.
  [[nodiscard]] virtual QString told_as(const QString& typed) const { return typed; }
  /// Does this key end the editing?
  [[nodiscard]] virtual bool ends(const QKeyEvent& event) const;
  void keyPressEvent(QKeyEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 private:
  void tell();

  std::function<void(const QString&)> on_text_;
  QString told_{};  ///< what the document says, as far as is known here
  PictureCache* pictures_;
  CachedPicture picture_{};
};

}  // namespace feedline::gui::inline canvas
