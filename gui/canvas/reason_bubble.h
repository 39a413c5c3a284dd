// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <QFrame>
#include <QLabel>
#include <QPushButton>
#include <QStringList>
#include <QTimer>

#include <vector>

namespace feedline::gui::inline canvas {

/// The reason for a refused wire, beside the cursor, with what to do instead. Goes by itself after a while.
class ReasonBubble : public QFrame {
  Q_OBJECT

 public:
  explicit ReasonBubble(QWidget* parent);

  /// Shows it beside `pos` (in the parent), inside the parent. `keep`: until hidden, else for some seconds.
  void show_reason(const Error& error, QPoint pos, bool keep);
  /// The same with ways out, each a button; stays until one is chosen or it is hidden.
  void show_offers(const Error& error, QPoint pos, const QStringList& offers);
  [[nodiscard]] QString text() const;
  /// Does it offer something now?
  [[nodiscard]] bool offers() const { return isVisible() && !buttons_.empty(); }
  [[nodiscard]] const std::vector<QPushButton*>& buttons() const { return buttons_; }

 Q_SIGNALS:
  void chosen(int offer);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void restyle();
  void place(QPoint pos);
  void set_offers(const QStringList& offers);

  QLabel reason_{this};
  QLabel remedy_{this};
  std::vector<QPushButton*> buttons_{};
  QTimer timer_{};
};

}  // namespace feedline::gui::inline canvas
