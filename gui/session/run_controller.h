// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "exporting/event_file.h"
#include "graph/document.h"
#include "gui/session/rank_helpers.h"
#include "gui/session/stop_outcome.h"
#include "recording/run_log.h"
#include "telemetry/snapshot.h"
#include "telemetry/trace_export.h"
#include "training/run.h"

#include <QObject>
#include <QString>
#include <QThreadPool>

#include <atomic>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

namespace feedline::gui::inline session {

/// The only place in the window that touches a run's threads. Numbers are polled 20 times a second by a thread of their
/// own (/proc and a GPU's driver take their time); facts arrive as queued calls with the id of their run, and
/// those of an older run are dropped. Nothing here waits for the backend.
class RunController : public QObject {
  Q_OBJECT

 public:
  enum class State { Idle, Preparing, Running, Paused, Stopping };
  Q_ENUM(State)

  explicit RunController(QObject* parent = nullptr);
  /// Stops what is still active and waits for it, five seconds at most: a backend that hangs must not hang the window.
  ~RunController() override;

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool active() const { return state_ != State::Idle; }
  /// Starts a run of a copy of the document; ignored while one is active. `log`: where it is recorded; null: nowhere.
  /// `events`: what TensorBoard follows; null: nothing. `helpers`: the other processes that it is shared out among;
  /// null: none.
  void start(const Document& document, RunOptions options = {}, std::shared_ptr<RunLog> log = {},
             std::shared_ptr<EventFile> events = {}, std::shared_ptr<RankHelpers> helpers = {});
  void pause();
  void resume();
  /// A run that keeps checkpoints ends behind its step, with a last one; a step that takes long is broken off.
  void stop();
  /// Gives a node of the data side so many workers from now on, while a run is active. Returns at once: threads are
  /// started elsewhere.
  void set_workers(const QString& node, std::size_t workers);
  /// The run that is on, or was last, keeps checkpoints.
  [[nodiscard]] bool keeps_checkpoints() const { return !checkpoint_folder_.empty(); }
  /// What a run that is on would leave if it were stopped now.
  [[nodiscard]] StopOutcome outcome_of_stop() const;
  /// Where; empty: it keeps none.
  [[nodiscard]] const std::filesystem::path& checkpoint_folder() const { return checkpoint_folder_; }
  /// The number in the record of the run that is on or was last; 0: it has none yet, or is not recorded.
  [[nodiscard]] qint64 run_number() const { return log_ ? log_->id() : number_; }
  /// The timeline of the run that is on; null without one.
  [[nodiscard]] std::shared_ptr<const Trace> trace() const { return run_ ? run_->trace() : nullptr; }
  /// Finds the files of its records, also when it has ended; call it once the run has started.
  [[nodiscard]] Locate locator() const { return run_ ? run_->locator() : Locate(); }
  /// How long nodes took over single records, in the run that is on or was last; answered by durations_read().
  void ask_for_durations();
  /// Neither a run is active nor is anything left of one: no thread, and no process that it was shared out among.
  [[nodiscard]] bool at_rest() const { return !active() && leaving_ == 0; }
  /// The window closes: processes that runs were shared out among are told to end, and soon made to.
  void hurry() { *hurry_ = true; }
  /// Writes a timeline as a trace file, elsewhere; answered by trace_exported().
  void export_trace(const QString& path, std::shared_ptr<const Trace> trace, const Locate& locate);

 Q_SIGNALS:
  void state_changed(feedline::gui::RunController::State state);
  /// 20 times a second while a run is active, and once more at its end. `earlier` is about one second older (for
  /// rates), or the run's first snapshot; its loss curve is left out.
  void snapshot_taken(const feedline::Snapshot& now, const feedline::Snapshot& earlier);
  void preparing(const QString& what, double fraction);
  void started(const feedline::Started& fact);
  void record_failed(const feedline::Error& error);
  void noticed(const feedline::Error& error);
  void epoch_done(const feedline::EpochResult& result);
  void finished(const feedline::RunResult& result);
  /// A line of one of the other processes, or how one has failed.
  void helper_said(const QString& line);
  /// They cannot be started; the run is stopped.
  void helpers_failed(const feedline::Error& error);
  /// From now on at_rest().
  void came_to_rest();
  /// All of a finished run is in the record.
  void recorded(qint64 run);
  void durations_read(const std::vector<feedline::NodeDurations>& durations);
  /// `fault`: what went wrong; empty: the file is there.
  void trace_exported(const QString& path, const QString& fault);

 private:
  class Relay;
  void receive(quint64 run_id, const Fact& fact);
  void receive(quint64 run_id, const Snapshot& now);
  [[nodiscard]] RankHelpers::HelperNews told_by_helpers() const;
  void begin_polling();
  void show(const Snapshot& now);
  void finish(const RunResult& result);
  void set_state(State state);

  State state_ = State::Idle;
  quint64 run_id_ = 0;
  std::filesystem::path checkpoint_folder_{};
  bool has_older_ = false;  ///< a checkpoint, of the run that is on, from before this moment
  bool estimates_ = false;  ///< an estimator learns, which has no checkpoint before its end
  qint64 number_ = 0;
  std::shared_ptr<Relay> relay_{};          ///< carries the facts of the present run; cut before this object goes
  std::shared_ptr<RankHelpers> helpers_{};  ///< of the run that is on
  std::shared_ptr<std::atomic<bool>> hurry_ = std::make_shared<std::atomic<bool>>(false);
  int leaving_ = 0;  ///< finished runs of which something is left
  std::shared_ptr<Run> run_{};
  std::shared_ptr<RunLog> log_{};
  std::shared_ptr<EventFile> events_{};
  std::jthread reaper_{};                        ///< takes the finished run and its log apart, off this thread
  QThreadPool command_thread_{};                 ///< one thread, so that commands arrive in their order
  QThreadPool scribe_{};                         ///< one thread: writes files
  std::jthread poller_{};                        ///< reads snapshots while a run is active
  std::vector<NodeDurations> last_durations_{};  ///< of the run that has ended
  std::vector<Snapshot> recent_{};               ///< the last second, oldest first
};

}  // namespace feedline::gui::inline session
