// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/runs/study_window.h"
#include "gui/session/experiments.h"

#include <QObject>
#include <QPointer>

namespace feedline::gui::inline base {
class Actions;
}  // namespace feedline::gui::inline base

namespace feedline::gui::inline workspace {
class Workspace;
}  // namespace feedline::gui::inline workspace

namespace feedline::gui::inline app {

class LiveRunController;

/// Studies of the current tab's graph: the window in which one asks for them, and the thread on which they run.
class StudyController : public QObject {
  Q_OBJECT

 public:
  StudyController(Workspace& workspace, Actions& actions, LiveRunController& live_run, QWidget* window);

  /// Made when it is wanted first.
  [[nodiscard]] StudyWindow& study_window();
  /// Shows the window for the current tab's graph, unless a study is going on: then as it is.
  void open();
  /// May a study that is going on be given up? Asks, unless there is none.
  [[nodiscard]] bool may_leave();

 private:
  void start(const StudyRequest& request);

  Workspace& workspace_;
  LiveRunController& live_run_;
  QWidget* window_;
  Experiments experiments_{};
  QPointer<StudyWindow> study_window_{};
  Document document_{};
  RunSource source_{};
};

}  // namespace feedline::gui::inline app
