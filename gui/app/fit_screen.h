// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QRect>

class QWidget;

namespace feedline::gui::inline app {

/// The part of a widget's screen that its window can fill: what panels of the desktop leave, without the room that a
/// window manager takes for title and frame.
[[nodiscard]] QRect usable_screen(const QWidget& widget);

/// Every window that belongs to another (dialogues, the gallery, help) comes up no larger than the screen, however
/// small that is. Installed for the application.
class FitScreen : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
};

}  // namespace feedline::gui::inline app
