// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>
#include <QList>
#include <QString>

#include <functional>

class QVBoxLayout;

namespace feedline::gui::inline workspace {

/// What a graph's owner should know and decide, above its canvas, in a line for each matter: nothing waits for it.
class NoticeBar : public QWidget {
  Q_OBJECT

 public:
  explicit NoticeBar(QWidget* parent = nullptr);

  struct Answer {
    QString text{};
    std::function<void()> act{};
  };
  /// `matter` names the line: what it said before goes. Every answer takes the line away, and so does its cross.
  void tell(const QString& matter, const QString& text, const QList<Answer>& answers);
  void take_back(const QString& matter);
  /// What a line says; empty if there is none.
  [[nodiscard]] QString text(const QString& matter) const;

 private:
  [[nodiscard]] QFrame* line(const QString& matter) const;
  void style();

  QVBoxLayout* layout_;
};

}  // namespace feedline::gui::inline workspace
