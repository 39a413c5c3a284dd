// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/run_controller.h"

#include "gui/session/hand_over.h"
#include "gui/session/step_back.h"

#include <QSaveFile>
#include <QTimer>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <utility>

namespace feedline::gui::inline session {

namespace {

constexpr std::chrono::milliseconds kPoll{50};
constexpr std::chrono::seconds kJoinDeadline{5};
/// A step that has not ended by then is broken off: its checkpoint is the one before.
constexpr std::chrono::seconds kStepDeadline{3};

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

/// Stands between a run's thread and the controller, which may go first.
class RunController::Relay : public std::enable_shared_from_this<Relay> {
 public:
  Relay(RunController* target, quint64 run_id, std::shared_ptr<RunLog> log, std::shared_ptr<EventFile> events)
      : log_(std::move(log)), events_(std::move(events)), target_(target), run_id_(run_id) {}

  void send(const Fact& fact) {
    if (std::this_thread::get_id() != owner_ && !stepped_back_.exchange(true)) step_back();
    if (log_) log_->take(fact);
    if (events_) events_->take(fact);
    call([id = run_id_, fact](RunController& target) { target.receive(id, fact); });
  }

  void send(Snapshot now) {
    waiting_ = true;
    call([this, keep = shared_from_this(), now = std::move(now)](RunController& target) {
      waiting_ = false;
      target.receive(run_id_, now);
    });
  }
  /// A snapshot is on its way to the window.
  [[nodiscard]] bool waiting() const { return waiting_; }

  /// On the controller's thread, if it is still there.
  template <class Work>
  void call(Work work) {
    const std::lock_guard lock(mutex_);
    if (target_ == nullptr) return;
    post_to(target_, [target = target_, work = std::move(work)] { work(*target); });
  }

  void cut() {
    const std::lock_guard lock(mutex_);
    target_ = nullptr;
  }

 private:
  const std::thread::id owner_ = std::this_thread::get_id();  ///< the window's thread
  std::atomic<bool> stepped_back_{false};
  std::atomic<bool> waiting_{false};
  std::shared_ptr<RunLog> log_;  ///< hears of a run's end even when nobody else is left
  std::shared_ptr<EventFile> events_;
  std::mutex mutex_{};
  RunController* target_;
  quint64 run_id_;
};

RunController::RunController(QObject* parent) : QObject(parent) {
  command_thread_.setMaxThreadCount(1);
  scribe_.setMaxThreadCount(1);
}

RunController::~RunController() {
  if (relay_) relay_->cut();
  hurry();
  if (!run_) return;
  run_->stop();
  if (!run_->wait_for(kJoinDeadline)) static_cast<void>(new std::shared_ptr<Run>(run_));  // never to be joined
}

void RunController::start(const Document& document, RunOptions options, std::shared_ptr<RunLog> log,
                          std::shared_ptr<EventFile> events, std::shared_ptr<RankHelpers> helpers) {
  if (active()) return;
  recent_.clear();
  last_durations_.clear();
  number_ = 0;
  log_ = std::move(log);
  options.watch = events_ = std::move(events);
  relay_ = std::make_shared<Relay>(this, ++run_id_, log_, events_);
  checkpoint_folder_ = options.checkpoints.folder;
  has_older_ = options.resume.state != nullptr;
  estimates_ = false;
  set_state(State::Preparing);
  helpers_ = std::move(helpers);
  if (helpers_) {
    options.world = helpers_->world();
    helpers_->start(document, options, told_by_helpers(), hurry_);
  }
  run_ = Run::start(document, std::move(options), [relay = relay_](const Fact& fact) { relay->send(fact); });
  begin_polling();
}

/// What the other processes say arrives as facts do: of this run only, while there is somebody to hear it.
RankHelpers::HelperNews RunController::told_by_helpers() const {
  return {.line =
              [relay = relay_, id = run_id_](std::string_view said) {
                relay->call([id, line = QString::fromUtf8(said.data(), static_cast<qsizetype>(said.size()))](
                                RunController& target) {
                  if (id == target.run_id_) Q_EMIT target.helper_said(line);
                });
              },
          .failed =
              [relay = relay_, id = run_id_](const Error& error) {
                relay->call([id, error](RunController& target) {
                  if (id != target.run_id_ || !target.run_) return;
                  Q_EMIT target.helpers_failed(error);
                  target.run_->stop();  // it would wait for them in vain
                });
              }};
}

void RunController::pause() {
  if (state_ != State::Running) return;
  run_->pause();
  set_state(State::Paused);
}

void RunController::resume() {
  if (state_ != State::Paused) return;
  run_->resume();
  set_state(State::Running);
}

StopOutcome RunController::outcome_of_stop() const {
  return session::outcome_of_stop({.keeps = keeps_checkpoints() && !estimates_,
                                   .has_older = has_older_,
                                   .now = recent_.empty() ? Snapshot{} : recent_.back()},
                                  std::chrono::duration<double>(kStepDeadline).count());
}

void RunController::stop() {
  if (!active() || state_ == State::Stopping) return;
  if (keeps_checkpoints()) {
    run_->stop_behind_step();
    QTimer::singleShot(kStepDeadline, this, [this, id = run_id_] {
      if (id == run_id_ && run_) run_->stop();
    });
  } else {
    run_->stop();
  }
  set_state(State::Stopping);
}

void RunController::set_workers(const QString& node, std::size_t workers) {
  if (!run_) return;
  start_on(command_thread_,
           [run = run_, id = node.toStdString(), workers] { static_cast<void>(run->set_workers(id, workers)); });
}

void RunController::export_trace(const QString& path, std::shared_ptr<const Trace> trace, const Locate& locate) {
  if (trace == nullptr) return;
  start_on(scribe_, [this, path, trace = std::move(trace), locate] {  // the pool waits for it before this object goes
    QSaveFile file(path);
    const bool written = file.open(QIODevice::WriteOnly) &&
                         file.write(QByteArray::fromStdString(trace_json(trace->read(), locate))) >= 0 && file.commit();
    const QString fault = written ? QString() : file.errorString();
    post_to(this, [this, path, fault] { Q_EMIT trace_exported(path, fault); });
  });
}

void RunController::ask_for_durations() {
  if (!run_) {
    Q_EMIT durations_read(last_durations_);
    return;
  }
  start_on(command_thread_, [run = run_, relay = relay_] {
    relay->call([all = run->durations()](RunController& target) { Q_EMIT target.durations_read(all); });
  });
}

void RunController::receive(quint64 run_id, const Fact& fact) {
  if (run_id != run_id_ || !run_) return;
  std::visit(Overloaded{
                 [this](const Preparing& f) { Q_EMIT preparing(QString::fromStdString(f.what), f.fraction); },
                 [this](const Started& f) {
                   estimates_ = !f.estimator.empty();
                   if (state_ == State::Preparing) set_state(State::Running);
                   Q_EMIT started(f);
                 },
                 [this](const RecordFailed& f) { Q_EMIT record_failed(f.error); },
                 [this](const Noticed& f) { Q_EMIT noticed(f.error); },
                 [this](const EpochDone& f) {
                   has_older_ = has_older_ || (keeps_checkpoints() && !estimates_);
                   Q_EMIT epoch_done(f.result);
                 },
                 [this](const Finished& f) { finish(f.result); },
             },
             fact);
}

void RunController::finish(const RunResult& result) {
  poller_.request_stop();
  if (result.last.at != 0) show(result.last);
  last_durations_ = result.durations;
  relay_->cut();
  number_ = run_number();
  if (helpers_) helpers_->over();
  ++leaving_;
  reaper_ = std::jthread([this, before = std::move(reaper_), poller = std::move(poller_), run = std::move(run_),
                          log = std::move(log_), events = std::move(events_), relay = std::move(relay_),
                          helpers = std::move(helpers_)]() mutable {
    poller.join();
    run.reset();  // the last of the run's threads lets go of the relay
    relay.reset();
    events.reset();                                // waits until all is written
    const qint64 number = log ? log->close() : 0;  // waits until all is written
    log.reset();
    if (number != 0) post_to(this, [this, number] { Q_EMIT recorded(number); });
    helpers.reset();  // waits until they have ended
    before = std::jthread();
    post_to(this, [this] {
      if (--leaving_ == 0 && !active()) Q_EMIT came_to_rest();
    });
  });
  set_state(State::Idle);
  Q_EMIT finished(result);
}

void RunController::begin_polling() {
  poller_ = std::jthread([run = run_, relay = relay_, log = log_, events = events_](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, stop, kPoll, [] { return false; }) && !stop.stop_requested()) {
      Snapshot now = run->snapshot();
      if (log) log->take(now);
      if (events) events->take(now);
      // A window that is late misses points, and nothing piles up.
      if (!relay->waiting()) relay->send(std::move(now));
    }
  });
}

void RunController::receive(quint64 run_id, const Snapshot& now) {
  if (run_id == run_id_ && run_) show(now);
}

void RunController::show(const Snapshot& now) {
  // The newest one that is at least a second old, or the first.
  const Nanos second = from_seconds(1);
  const auto young =
      std::find_if(recent_.begin(), recent_.end(), [&](const Snapshot& s) { return now.at - s.at < second; });
  if (young - recent_.begin() > 1) recent_.erase(recent_.begin(), young - 1);
  recent_.push_back(now);
  recent_.back().loss_curve.clear();
  Q_EMIT snapshot_taken(now, recent_.front());
}

void RunController::set_state(State state) {
  if (state == state_) return;
  state_ = state;
  Q_EMIT state_changed(state);
}

}  // namespace feedline::gui::inline session
