// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

namespace feedline::gui::inline base {

/// The wheel scrolls: over a slider, a choice or a number in something that scrolls, it changes no value. Installed
/// for the application, so that no form has to think of it.
class WheelGuard : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
};

}  // namespace feedline::gui::inline base
