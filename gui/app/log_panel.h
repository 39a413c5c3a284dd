// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/session/run_controller.h"

#include <QPlainTextEdit>
#include <QString>

#include <vector>

namespace feedline::gui::inline app {

/// The facts of the runs, a line each, newest below. Bounded.
class LogPanel : public QPlainTextEdit {
  Q_OBJECT

 public:
  enum class Level { Info, Good, Warning, Error };

  explicit LogPanel(QWidget* parent = nullptr);
  void add(Level level, const QString& text);
  /// Writes what the controller reports from now on.
  void follow(RunController& runs);

 private:
  void append_line(Level level, const QString& time, const QString& text);
  void write_again();

  struct Line {
    Level level;
    QString time;
    QString text;
  };
  std::vector<Line> lines_{};
};

}  // namespace feedline::gui::inline app
