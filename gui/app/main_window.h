// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/app/live_run_controller.h"
#include "gui/app/panels.h"
#include "gui/app/work_modes.h"
#include "gui/base/actions.h"
#include "gui/looks/looks.h"
#include "gui/start/welcome.h"
#include "gui/workspace/autosave.h"
#include "gui/workspace/files.h"
#include "gui/workspace/workspace.h"

#include <QEventLoopLocker>
#include <QMainWindow>
#include <QString>

#include <optional>

namespace feedline::gui::inline canvas {
class CanvasEditor;
class GraphView;
}  // namespace feedline::gui::inline canvas

namespace feedline::gui::inline app {

class BaselinesController;
class DataCheckController;
class LiveLabel;
class ProblemsButton;
class RateController;
class RunSubjects;
class StudyController;
class VerdictLink;

/// The window: it owns the parts and connects them, and decides nothing itself.
class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  explicit MainWindow(QWidget* parent = nullptr);
  ~MainWindow() override;

  [[nodiscard]] Workspace& workspace() { return *workspace_; }
  [[nodiscard]] Files& files() { return *files_; }
  /// Of the current tab.
  [[nodiscard]] DocumentController& document() { return workspace_->current().document(); }
  [[nodiscard]] GraphView& view() { return workspace_->current().view(); }
  [[nodiscard]] LiveRunController& live_run() { return *live_run_; }
  [[nodiscard]] DataCheckController& data_check() { return *check_; }
  [[nodiscard]] RunController& runs() { return live_run_->runs(); }
  [[nodiscard]] DiagnosisController& diagnosis() { return *diagnosis_; }
  [[nodiscard]] RateController& rates() { return *rates_; }
  [[nodiscard]] RunSubjects& subjects() { return *subjects_; }
  [[nodiscard]] RunHistoryController& history() { return *history_; }
  [[nodiscard]] RunBar& run_bar() { return *live_run_->bar; }
  [[nodiscard]] Actions& actions() { return *actions_; }
  [[nodiscard]] Panels& panels() { return *panels_; }
  [[nodiscard]] Looks& looks() { return *looks_; }
  [[nodiscard]] Welcome& welcome() { return *welcome_; }
  [[nodiscard]] ProblemsPanel& problems() { return *panels_->problems; }

  /// Starts a run of the current graph, or shows why it cannot.
  void start_run() { live_run_->start(workspace_->current()); }
  /// Gives every panel its share of the window's present size.
  void arrange() { modes_->fit(); }
  [[nodiscard]] WorkModes& modes() { return *modes_; }
  /// Asks what becomes of what an earlier window left unsaved; false if it left nothing.
  bool offer_recovery();
  /// Closes without a question (a run is still stopped first): for --screenshot.
  void close_quietly();

 protected:
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  bool focusNextPrevChild(bool next) override;

 private:
  void make_tool_bar();
  void make_status_bar();
  void make_modes();
  void make_welcome();
  void place();  ///< as the user left it
  void connect_files();
  void connect_tabs();
  void connect_tab(DocumentTab& tab);
  void connect_editing();
  void connect_view();
  void connect_run();
  void connect_autosave();
  /// The action does this to the canvas of the current tab.
  void on_view(QAction* action, void (GraphView::*command)());
  void on_editor(QAction* action, void (CanvasEditor::*command)());  ///< the same of its editor
  void close_tab(DocumentTab& tab);
  void show_tab(DocumentTab& tab);
  void show_nodes(const QStringList& nodes);
  void show_problem(const QString& node, const QString& param);
  void show_refusal(DocumentTab& tab);
  void say(const QString& text);
  void update_title();
  void update_problems();
  [[nodiscard]] bool may_close();

  Workspace* workspace_ = nullptr;
  Files* files_ = nullptr;
  Actions* actions_ = nullptr;
  LiveRunController* live_run_ = nullptr;
  DataCheckController* check_ = nullptr;
  DiagnosisController* diagnosis_ = nullptr;
  RunHistoryController* history_ = nullptr;
  Panels* panels_ = nullptr;
  StudyController* study_ = nullptr;
  BaselinesController* baselines_ = nullptr;
  RateController* rates_ = nullptr;
  RunSubjects* subjects_ = nullptr;
  Looks* looks_ = nullptr;
  WorkModes* modes_ = nullptr;
  Welcome* welcome_ = nullptr;
  Autosave* autosave_ = nullptr;
  ProblemsButton* problems_button_ = nullptr;
  VerdictLink* verdict_link_ = nullptr;
  LiveLabel* process_ = nullptr;

  bool quiet_ = false;                          ///< close without questions
  bool leaving_ = false;                        ///< all questions are answered
  std::optional<QEventLoopLocker> ends_run_{};  ///< the window is gone, the program still waits for the run to end
};

}  // namespace feedline::gui::inline app
