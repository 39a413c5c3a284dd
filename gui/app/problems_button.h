// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QToolButton>

namespace feedline::gui::inline app {

/// How the graph stands, in a word and an icon for the status bar.
class ProblemsButton : public QToolButton {
  Q_OBJECT

 public:
  explicit ProblemsButton(QWidget* parent = nullptr);

  /// `blank`: there is no node yet, which is a beginning and no mistake.
  void show_state(bool blank, int problems, int errors);

 private:
  void restyle();

  QString icon_ = QStringLiteral("check");
};

}  // namespace feedline::gui::inline app
