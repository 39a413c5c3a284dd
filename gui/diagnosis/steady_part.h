// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace feedline::gui::inline diagnosis {

/// Holds texts that change while somebody reads what stands below: it grows with them, but does not become lower again
/// before forget(), so that shorter words move nothing.
class SteadyPart : public QWidget {
  Q_OBJECT

 public:
  using QWidget::QWidget;

  void forget();

 protected:
  bool event(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void grow();
};

}  // namespace feedline::gui::inline diagnosis
