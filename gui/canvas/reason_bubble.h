// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <QFrame>
#include <QLabel>
#include <QTimer>

namespace feedline::gui {

/// The reason for a refused wire, beside the cursor, with what to do instead. Goes by itself after a while.
class ReasonBubble : public QFrame {
  Q_OBJECT

 public:
  explicit ReasonBubble(QWidget* parent);

  /// Shows it beside `pos` (in the parent), inside the parent. `keep`: until hidden, else for some seconds.
  void show_reason(const Error& error, QPoint pos, bool keep);
  [[nodiscard]] QString text() const;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void restyle();

  QLabel reason_{this};
  QLabel remedy_{this};
  QTimer timer_{};
};

}  // namespace feedline::gui
