// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>
#include <QApplication>
#include <QMessageBox>
#include <QObject>
#include <QTest>
#include <QTimer>

namespace feedline::test {

/// Answers the next message box by the text of one of its buttons, and keeps what it said.
class Answer : public QObject {
 public:
  explicit Answer(const QString& button) : button_(button) {
    connect(&timer_, &QTimer::timeout, this, [this] { look(); });
    timer_.start(10);
  }
  [[nodiscard]] bool given() const { return given_; }
  [[nodiscard]] const QString& text() const { return text_; }

 private:
  void look() {
    auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
    if (box == nullptr || given_) return;
    for (QAbstractButton* button : box->buttons()) {
      if (button->text().remove('&') != button_) continue;
      given_ = true;
      text_ = box->text() + ' ' + box->informativeText();
      QTest::mouseClick(button, Qt::LeftButton);
      return;
    }
  }
  QString button_;
  QTimer timer_{};
  bool given_ = false;
  QString text_{};
};

}  // namespace feedline::test
