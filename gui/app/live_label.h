// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>

namespace feedline::gui {

/// One line of words that change many times a second. QLabel has its whole window laid out anew with each change; this
/// one takes more room when it needs more, and keeps it until it is cleared. It stands on a panel's ground.
class LiveLabel : public QWidget {
  Q_OBJECT

 public:
  explicit LiveLabel(QWidget* parent = nullptr);

  [[nodiscard]] const QString& text() const { return text_; }
  void set_text(const QString& text);
  void clear();

  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  [[nodiscard]] int width_of_text() const;

  QString text_{};
  int room_ = 0;
};

}  // namespace feedline::gui
