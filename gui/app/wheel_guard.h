// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

namespace feedline::gui {

/// The wheel scrolls: over a slider, a choice or a number in something that scrolls, it changes no value. Watches all
/// widgets of the application, so that no form has to think of it.
class WheelGuard : public QObject {
  Q_OBJECT

 public:
  /// Installed once, however often it is asked for; it lives as long as the application.
  static void install();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  using QObject::QObject;
};

}  // namespace feedline::gui
