// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/plots/run_panel.h"
#include "gui/session/run_controller.h"
#include "gui/workspace/workspace.h"
#include "telemetry/snapshot_history.h"

#include <QObject>
#include <QPointer>
#include <QString>

#include <cstdlib>
#include <optional>
#include <vector>

namespace feedline::gui::inline base {
class Actions;
}  // namespace feedline::gui::inline base

namespace feedline::gui::inline plots {
class PlotCursor;
}  // namespace feedline::gui::inline plots

namespace feedline::gui::inline session {
class RunNotice;
}  // namespace feedline::gui::inline session

namespace feedline::gui::inline app {

class LogPanel;
class RunBar;

/// All that shows and steers runs. One run goes on at a time, since the cores are one budget; it belongs to the tab
/// whose graph it trains, wherever the user looks meanwhile.
class LiveRunController : public QObject {
  Q_OBJECT

 public:
  /// Makes the panels, children of `window` until somebody places them, and wires the run actions.
  LiveRunController(Workspace& workspace, Actions& actions, QWidget* window);

  [[nodiscard]] RunController& runs() { return runs_; }
  /// Whose graph is being trained or was trained last; null if it has been closed or replaced.
  [[nodiscard]] DocumentTab* tab() const { return tab_; }
  [[nodiscard]] bool active() const { return runs_.active(); }
  /// The run that the panels show: "naive, run 12"; empty before the first one.
  [[nodiscard]] QString subject() const;
  /// The name of its graph, as it was when the run began.
  [[nodiscard]] const QString& graph_name() const { return graph_name_; }
  /// Brings its graph to the front, if that is still open.
  void show_tab();
  /// Marks the node that the verdict names, wherever nodes are shown; empty: none.
  void show_bottleneck(const QString& node);

  /// Starts a run of the tab's graph, or emits refused(). `resume`: it goes on from there, and writes its checkpoints
  /// where that lies.
  void start(DocumentTab& tab, const ResumeOptions& resume = {});
  /// May the run be stopped, to close? Asks, unless none is active (or, with a tab, none of its graph).
  [[nodiscard]] bool may_stop(const DocumentTab* only = nullptr);
  /// May the run that goes on give way to a new one? Asks, unless none is active.
  [[nodiscard]] bool may_start_again();
  /// The window is closing: how a run ended is no longer told in a dialog.
  void leave() { leaving_ = true; }

  /// One of each of run_panels(), in its order.
  [[nodiscard]] const std::vector<RunPanel>& panels() const { return panels_; }
  /// The one of this class, for who knows that it is there.
  template <class Panel>
  [[nodiscard]] Panel& panel() const {
    for (const RunPanel& one : panels_)
      if (auto* found = qobject_cast<Panel*>(one.widget)) return *found;
    qFatal("no such panel");
    std::abort();
  }

  RunBar* bar;
  LogPanel* log;

 Q_SIGNALS:
  void refused(feedline::gui::DocumentTab& tab);  ///< its graph has errors
  void queues_wanted();                           ///< a run begins that shows every queue
  void message(const QString& text);              ///< for the status bar
  void process_measured(const QString& text);
  void state_changed();
  void phase_changed(const feedline::gui::RunPhase& phase);
  void subject_changed();  ///< another run, or its number has become known

 private:
  void make_panels();
  void connect_actions();
  void connect_run();
  void set_phase(const RunPhase& phase);
  void follow_phase(RunController::State state);
  void follow(DocumentTab* tab);
  void update_actions();
  void show_snapshot(const Snapshot& now, const Snapshot& earlier);
  void show_moment();
  void show_process(const Snapshot& now, const Snapshot& earlier);
  void show_durations(const QString& node, QPoint place);
  void show_end(const RunResult& result);
  void show_whole_run(const RunResult& result);
  void tell_failure(const Error& failure);
  /// What is lost by stopping now, or not.
  [[nodiscard]] QString left_by_stop() const;
  [[nodiscard]] bool asks_to_stop(const QString& question, const QString& stop);
  [[nodiscard]] static CheckpointOptions checkpoints_of(const DocumentTab& tab, const ResumeOptions& resume);
  [[nodiscard]] std::shared_ptr<RunLog> new_log(DocumentTab& tab, const RunOptions& options);
  [[nodiscard]] std::shared_ptr<EventFile> new_events(DocumentTab& tab);
  [[nodiscard]] std::function<void(const Error&)> warning_to_log();

  Workspace& workspace_;
  Actions& actions_;
  QWidget* window_;
  std::vector<RunPanel> panels_{};
  PlotCursor* cursor_;         ///< of all plots
  SnapshotHistory history_{};  ///< of the run, for what shows it where the cursor points
  Locate locate_{};            ///< finds the files of the run's records
  RunController runs_{};
  QPointer<DocumentTab> tab_{};
  RunNotice* notice_;
  QMetaObject::Connection replaced_{};
  QString graph_name_{};
  qint64 number_told_ = 0;
  std::optional<Moment> whole_{};  ///< of a run that has ended
  RunPhase phase_{};
  Nanos process_shown_ = 0;
  bool leaving_ = false;
};

}  // namespace feedline::gui::inline app
