// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/app/live_run_controller.h"

#include <QObject>

#include <memory>

namespace feedline::gui::inline checking {
class BadFilesView;
class CheckWindow;
}  // namespace feedline::gui::inline checking

namespace feedline::gui::inline app {

/// Looks through the data of graphs, and shows what a run left out at its end.
class DataCheckController : public QObject {
  Q_OBJECT

 public:
  DataCheckController(Workspace& workspace, Actions& actions, LiveRunController& live_run, QWidget* window);

  /// Made when it is wanted first.
  [[nodiscard]] CheckWindow& check_window();
  /// Begins to check the current tab's graph and shows the window.
  void check();
  /// What the last run left out; null where it was nothing.
  [[nodiscard]] const std::vector<BadRecord>* left_out() const { return left_out_.get(); }
  void show_left_out();

 Q_SIGNALS:
  void message(const QString& text);  ///< for the status bar

 private:
  void note_end(const RunResult& result);

  Workspace& workspace_;
  Actions& actions_;
  LiveRunController& live_run_;
  QWidget* window_;
  CheckWindow* check_window_ = nullptr;
  QPointer<DocumentTab> checked_{};
  std::shared_ptr<const std::vector<BadRecord>> left_out_{};
  QString run_name_{};
};

}  // namespace feedline::gui::inline app
