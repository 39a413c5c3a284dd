// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QPointF>

namespace feedline::gui::inline base {

/// What goes away under the mouse at the first click must not let the second click of a double one through to what
/// lies below. For as long as a double click may last, presses near `place` (on the screen) are swallowed, and their
/// releases; elsewhere nothing is.
class SecondClick : public QObject {
  Q_OBJECT

 public:
  /// Where the mouse is now.
  static void swallow();
  static void swallow(QPointF place);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  explicit SecondClick(QPointF place);
  QPointF place_;
  bool held_ = false;
};

}  // namespace feedline::gui::inline base
