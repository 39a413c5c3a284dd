// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/runs/baselines_window.h"
#include "gui/session/experiments.h"
#include "gui/workspace/document_tab.h"

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

/// Baselines of the current tab's graph: the window in which one asks for them, the thread on which they run, and the
/// graph that gets the model which one chooses.
class BaselinesController : public QObject {
  Q_OBJECT

 public:
  BaselinesController(Workspace& workspace, Actions& actions, LiveRunController& live_run, QWidget* window);

  /// Made when it is wanted first.
  [[nodiscard]] BaselinesWindow& baselines_window();
  /// Shows the window for the current tab's graph, unless a comparison is going on: then as it is.
  void open();
  /// May a comparison that is going on be given up? Asks, unless there is none.
  [[nodiscard]] bool may_leave();

 private:
  void start(const BaselinesRequest& request);
  void use(const QString& title, const ModelPart& part);

  Workspace& workspace_;
  LiveRunController& live_run_;
  QWidget* window_;
  Experiments experiments_{};
  QPointer<BaselinesWindow> shown_{};
  QPointer<DocumentTab> tab_{};
};

}  // namespace feedline::gui::inline app
