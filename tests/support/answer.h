// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>
#include <QApplication>
#include <QMessageBox>
#include <QObject>
#include <QPushButton>
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
  /// Presses Enter in the next message box, as one does who has not read it.
  [[nodiscard]] static QString enter() { return QStringLiteral("\n"); }

  [[nodiscard]] bool given() const { return given_; }
  [[nodiscard]] const QString& text() const { return text_; }
  /// The button that Enter presses.
  [[nodiscard]] const QString& default_button() const { return default_; }

 private:
  void look() {
    auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
    if (box == nullptr || given_) return;
    if (button_ == enter()) {
      note(*box);
      QTest::keyClick(box, Qt::Key_Return);
      return;
    }
    for (QAbstractButton* button : box->buttons()) {
      if (button->text().remove('&') != button_) continue;
      note(*box);
      QTest::mouseClick(button, Qt::LeftButton);
      return;
    }
  }
  void note(const QMessageBox& box) {
    given_ = true;
    text_ = box.text() + ' ' + box.informativeText();
    default_ = box.defaultButton() == nullptr ? QString() : box.defaultButton()->text().remove('&');
  }
  QString button_;
  QTimer timer_{};
  bool given_ = false;
  QString text_{};
  QString default_{};
};

}  // namespace feedline::test
