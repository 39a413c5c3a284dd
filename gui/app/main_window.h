// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actions.h"
#include "app/docks.h"
#include "app/files.h"
#include "app/theme.h"
#include "commands/document_controller.h"
#include "session/prober.h"
#include "session/run_controller.h"

#include <QMainWindow>
#include <QString>

class QLabel;
class QToolButton;

namespace feedline::gui {

class GraphView;
class InspectorPanel;
class LogPanel;
class LossPanel;
class PalettePanel;
class ProblemsPanel;
class QueuesPanel;
class RunBar;
class StagesPanel;
class StepPanel;
class ThroughputPanel;

/// The window: it owns the parts and connects them, and decides nothing itself.
class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  explicit MainWindow(QWidget* parent = nullptr);
  ~MainWindow() override;

  [[nodiscard]] Files& files() { return *files_; }
  [[nodiscard]] DocumentController& document() { return document_; }
  [[nodiscard]] RunController& runs() { return runs_; }
  [[nodiscard]] Actions& actions() { return *actions_; }
  [[nodiscard]] RunBar& run_bar() { return *run_bar_; }
  [[nodiscard]] ProblemsPanel& problems() { return *problems_; }
  [[nodiscard]] LossPanel& loss() { return *loss_; }
  [[nodiscard]] QueuesPanel& queues() { return *queues_; }

  /// Starts a run of the graph, or shows why it cannot.
  void start_run();
  /// Gives every panel its share of the window's present size.
  void arrange();
  /// Closes without a question (a run is still stopped first): for --screenshot.
  void close_quietly();

 protected:
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void make_tool_bar();
  void make_docks();
  void make_status_bar();
  void connect_files();
  void connect_editing();
  void connect_view();
  void connect_run();
  void connect_queues();
  void fill_recent();
  void update_title();
  void update_problems();
  void update_run_actions();
  void show_snapshot(const Snapshot& now, const Snapshot& earlier);
  void show_process(const Snapshot& now, const Snapshot& earlier);
  void show_end(const RunResult& result);
  void show_whole_run(const RunResult& result);
  void show_about();
  void set_theme(Theme::Mode mode);
  [[nodiscard]] bool may_close();

  DocumentController document_;
  RunController runs_;
  Prober prober_;
  Files* files_ = nullptr;
  Actions* actions_ = nullptr;
  Docks* docks_ = nullptr;

  GraphView* graph_ = nullptr;
  PalettePanel* palette_ = nullptr;
  InspectorPanel* inspector_ = nullptr;
  RunBar* run_bar_ = nullptr;
  StagesPanel* stages_ = nullptr;
  QueuesPanel* queues_ = nullptr;
  StepPanel* step_ = nullptr;
  LossPanel* loss_ = nullptr;
  ThroughputPanel* throughput_ = nullptr;
  ProblemsPanel* problems_ = nullptr;
  LogPanel* log_ = nullptr;
  QDockWidget* problems_dock_ = nullptr;
  QDockWidget* queues_dock_ = nullptr;
  QToolButton* problems_button_ = nullptr;
  QLabel* process_ = nullptr;
  Nanos process_shown_ = 0;

  bool quiet_ = false;                 ///< close without questions
  bool leaving_ = false;               ///< all questions are answered; waiting for the run to end
  bool given_up_ = false;              ///< on a run that does not end
  bool run_is_of_this_graph_ = false;  ///< false once another document has been opened over the run's
};

}  // namespace feedline::gui
