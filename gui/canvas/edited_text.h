// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QGraphicsTextItem>

#include <functional>

namespace feedline::gui {

/// Words on the canvas that are edited in place; it only takes mouse and keys meanwhile. Ctrl+Return or a click
/// elsewhere ends, Escape gives up.
class EditedText : public QGraphicsTextItem {
 public:
  /// `on_end` is called when editing ends with other words than before.
  EditedText(QGraphicsItem* parent, std::function<void(const QString&)> on_end);
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
};

}  // namespace feedline::gui
