// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/live_run_controller.h"

#include "base/user_path.h"
#include "exporting/event_file.h"
#include "graph/path.h"
#include "graph/subgraph.h"
#include "gui/app/ask_to_stop.h"
#include "gui/app/log_panel.h"
#include "gui/app/run_bar.h"
#include "gui/app/run_source.h"
#include "gui/base/actions.h"
#include "gui/base/pace.h"
#include "gui/base/settings.h"
#include "gui/canvas/graph_view.h"
#include "gui/models/text.h"
#include "gui/plots/durations_popup.h"
#include "gui/plots/plot_cursor.h"
#include "gui/plots/plot_panel.h"
#include "gui/plots/run_panels.h"
#include "gui/session/hand_over.h"
#include "gui/session/run_notice.h"
#include "recording/checkpoint_places.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QMessageBox>
#include <QThreadPool>

#include <filesystem>

namespace feedline::gui::inline app {

namespace {
constexpr Nanos kProcessInterval = 500'000'000;
}  // namespace

LiveRunController::LiveRunController(Workspace& workspace, Actions& actions, QWidget* window)
    : QObject(window),
      bar(new RunBar(window)),
      log(new LogPanel(window)),
      workspace_(workspace),
      actions_(actions),
      window_(window),
      cursor_(new PlotCursor(this)),
      notice_(new RunNotice(window)) {
  make_panels();
  connect_actions();
  connect_run();
  update_actions();
}

void LiveRunController::make_panels() {
  for (const RunPanelSpec& spec : run_panels()) {
    RunPanel panel = spec.make(window_, runs_);
    panel.view->share_cursor(cursor_);
    connect(this, &LiveRunController::phase_changed, &panel.view->empty_state(), &EmptyState::show_phase);
    panels_.push_back(panel);
  }
  connect(cursor_, &PlotCursor::moved, this, &LiveRunController::show_moment);
}

void LiveRunController::connect_actions() {
  connect(actions_.run, &QAction::triggered, this, [this] { start(workspace_.current()); });
  connect(actions_.stop, &QAction::triggered, &runs_, &RunController::stop);
  connect(actions_.pause, &QAction::triggered, this,
          [this] { runs_.state() == RunController::State::Paused ? runs_.resume() : runs_.pause(); });
  connect(actions_.show_queues, &QAction::toggled, this, [this](bool on) {
    bar->show_next_staged(on);
    const QString text = on ? tr("Every node has its own workers and queue from the next run on")
                            : tr("In the next run nodes share their workers");
    Q_EMIT message(runs_.active() ? text + tr(". This run goes on as it is") : text);
  });
  connect(actions_.processes, &QActionGroup::triggered, this,
          [this](const QAction* chosen) { Q_EMIT message(chosen->statusTip()); });
}

void LiveRunController::connect_run() {
  log->follow(runs_);
  connect(&runs_, &RunController::state_changed, this, [this](RunController::State state) {
    bar->set_state(state);
    follow_phase(state);
    workspace_.mark_running(runs_.active() ? tab_.data() : nullptr);
    update_actions();
    Q_EMIT state_changed();
  });
  connect(&runs_, &RunController::preparing, bar, &RunBar::show_preparing);
  connect(&runs_, &RunController::preparing, this, [this](const QString& what, double fraction) {
    set_phase({.kind = RunPhase::Kind::Preparing, .preparing = what, .done = fraction});
  });
  connect(&runs_, &RunController::snapshot_taken, this, &LiveRunController::show_snapshot);
  connect(&runs_, &RunController::epoch_done, this, [this](const EpochResult& result) {
    for (const RunPanel& panel : panels_) panel.view->add_epoch(result);
  });
  connect(&runs_, &RunController::finished, this, &LiveRunController::show_end);
  connect(&runs_, &RunController::started, this, [this](const Started& fact) {
    locate_ = runs_.locator();
    if (tab_) tab_->look_at_made_data();
    for (const RunPanel& panel : panels_) {
      panel.view->show_started(locate_);
      if (!fact.earlier) continue;  // what came before a run that goes on is its history too
      for (const EpochResult& epoch : fact.earlier->epochs) panel.view->add_epoch(epoch);
    }
  });
  connect(&runs_, &RunController::helper_said, log,
          [this](const QString& line) { log->add(LogPanel::Level::Info, line); });
  connect(&runs_, &RunController::helpers_failed, this, &LiveRunController::tell_failure);
  connect(&runs_, &RunController::trace_exported, this, [this](const QString& path, const QString& fault) {
    Q_EMIT message(fault.isEmpty() ? tr("Timeline written to %1").arg(path)
                                   : tr("%1 was not written: %2").arg(path, fault));
  });
}

void LiveRunController::set_phase(const RunPhase& phase) {
  phase_ = phase;
  Q_EMIT phase_changed(phase_);
}

/// What comes after the end is known from its result alone.
void LiveRunController::follow_phase(RunController::State state) {
  using State = RunController::State;
  if (state == State::Preparing) set_phase({.kind = RunPhase::Kind::Preparing});
  if (state == State::Running) set_phase({.kind = RunPhase::Kind::Running});
  if (state == State::Paused) set_phase({.kind = RunPhase::Kind::Paused});
}

void LiveRunController::follow(DocumentTab* tab) {
  disconnect(replaced_);
  tab_ = tab;
  if (tab != nullptr)
    replaced_ = connect(&tab->document(), &DocumentController::replaced, this, [this] { follow(nullptr); });
}

/// How long a node takes over its records, in a pop-up beside it.
void LiveRunController::show_durations(const QString& node, QPoint place) {
  auto* popup = new DurationsPopup(node, window_);
  connect(popup, &DurationsPopup::refresh_wanted, &runs_, &RunController::ask_for_durations);
  connect(&runs_, &RunController::durations_read, popup, [this, popup](const std::vector<NodeDurations>& all) {
    Durations sum;
    const std::string path = popup->node().toStdString();
    for (const NodeDurations& one : all)
      if (one.node == path || is_within(one.node, path) || drawn_path(one.node) == path) sum += one.durations;
    popup->show_durations(sum, [this](std::uint64_t record) { return locate_ ? locate_({}, record) : std::string(); });
  });
  popup->move(place);
  popup->show();
  runs_.ask_for_durations();
}

/// As the command line does: the newest two and the best, in the folder for the user's data.
CheckpointOptions LiveRunController::checkpoints_of(const DocumentTab& tab, const ResumeOptions& resume) {
  if (resume.state) return {.folder = std::filesystem::path(resume.path).parent_path()};
  if (!Settings::checkpoints()) return {};
  start_on(*QThreadPool::globalInstance(), &make_room_for_checkpoints);
  const QString& file = tab.document().file();
  return {.folder = new_checkpoint_folder((file.isEmpty() ? tab.display_name() : file).toStdString())};
}

void LiveRunController::start(DocumentTab& tab, const ResumeOptions& resume) {
  if (runs_.active()) return;
  if (!tab.document().analysis().ok()) {
    Q_EMIT refused(tab);
    return;
  }
  RunOptions options;
  const int processes = actions_.processes->checkedAction()->data().toInt();
  std::shared_ptr<RankHelpers> helpers;
  if (processes > 1) {
    auto prepared = prepare_helpers(processes);
    if (!prepared) return tell_failure(prepared.error());
    helpers = std::move(*prepared);
    options.world = helpers->world();
  }
  options.staged = actions_.show_queues->isChecked();
  options.resume = resume;
  options.checkpoints = checkpoints_of(tab, resume);
  for (const RunPanel& panel : panels_) panel.view->begin_run(tab.document().document(), options.staged);
  history_.clear();
  cursor_->reset();
  whole_.reset();
  graph_name_ = tab.display_name();
  number_told_ = 0;
  if (tab_ && tab_ != &tab) tab_->view().clear_run();
  follow(&tab);
  connect(&tab.view(), &GraphView::durations_wanted, this, &LiveRunController::show_durations, Qt::UniqueConnection);
  tab.view().show_staged(options.staged);
  tab.view().show_run_active(true);
  if (resume.state)
    log->add(LogPanel::Level::Info,
             tr("%1 continues after step %2").arg(tab.display_name()).arg(resume.state->position.step));
  const QString run = options.staged ? tr("Run of %1, every queue shown") : tr("Run of %1");
  log->add(LogPanel::Level::Info, run.arg(tab.display_name()));
  if (helpers) log->add(LogPanel::Level::Info, tr("Shared out among %1 processes").arg(processes));
  bar->show_staged(options.staged);
  bar->show_resumed(resume.state ? resume.state->position.step : 0);
  notice_->run_started();
  auto record = new_log(tab, options);
  options.checkpoints.recorded = [of = std::weak_ptr<RunLog>(record)] {
    const std::shared_ptr<RunLog> kept = of.lock();
    return kept ? kept->recorded_as() : RecordedAs{};
  };
  const bool staged = options.staged;
  runs_.start(tab.document().document(), std::move(options), std::move(record), new_events(tab), std::move(helpers));
  if (staged) Q_EMIT queues_wanted();
  for (const RunPanel& panel : panels_) panel.view->follow_run(runs_);
  Q_EMIT subject_changed();
}

QString LiveRunController::subject() const {
  if (graph_name_.isEmpty() || runs_.run_number() == 0) return graph_name_;
  return tr("%1, run %2").arg(graph_name_).arg(runs_.run_number());
}

void LiveRunController::show_tab() {
  if (tab_) workspace_.show(*tab_);
}

void LiveRunController::show_bottleneck(const QString& node) {
  const QString trainer = tab_ ? to_qstring(find_role(tab_->document().document(), Role::Trainer)) : QString();
  for (const RunPanel& panel : panels_)
    panel.view->show_bottleneck(!node.isEmpty() && node == trainer ? kTrainerRow : node);
  if (!tab_) return;
  tab_->view().show_bottleneck(node);
  if (!whole_) return;
  tab_->view().show_run_active(false);  // what it shows is drawn anew at once
  tab_->view().show_snapshot(whole_->now, whole_->earlier);
}

std::shared_ptr<RunLog> LiveRunController::new_log(DocumentTab& tab, const RunOptions& options) {
  return std::make_shared<RunLog>(tab.document().document(), options, run_source(tab), warning_to_log());
}

/// What TensorBoard follows, in a folder of the run's own; null: nobody wants it.
std::shared_ptr<EventFile> LiveRunController::new_events(DocumentTab& tab) {
  const QString all = Settings::tensorboard_folder();
  if (all.isEmpty()) return nullptr;
  const auto folder = event_folder(user_path(all.toStdString()), tab.display_name().toStdString());
  return std::make_shared<EventFile>(folder, tab.document().document(), warning_to_log());
}

/// For threads of their own, which may outlive this object.
std::function<void(const Error&)> LiveRunController::warning_to_log() {
  return [live_run = QPointer<LiveRunController>(this)](const Error& error) {
    post_to(qApp, [live_run, text = QString::fromStdString(error.line())] {
      if (live_run) live_run->log->add(LogPanel::Level::Warning, text);
    });
  };
}

bool LiveRunController::may_stop(const DocumentTab* only) {
  if (!runs_.active() || (only != nullptr && only != tab_)) return true;
  return asks_to_stop(tr("Stop the run and close?"), tr("&Stop and close"));
}

bool LiveRunController::may_start_again() {
  return !runs_.active() || asks_to_stop(tr("Stop this run and start again?"), tr("&Stop and start again"));
}

QString LiveRunController::left_by_stop() const {
  switch (runs_.outcome_of_stop()) {
    case StopOutcome::Kept:
      return tr("It can go on from its checkpoint: Resume, in Runs.");
    case StopOutcome::Older:
      return tr("Its steps take too long for a checkpoint of now. It can go on from the one before: Resume, in Runs.");
    case StopOutcome::NothingYet:
      return tr("It has not ended a step yet: there is nothing to lose, and nothing to go on from.");
    case StopOutcome::Lost:
      break;
  }
  return tr("What it has learnt so far is lost.");
}

bool LiveRunController::asks_to_stop(const QString& question, const QString& stop) {
  return ask_to_stop({.title = tr("A run is going on"),
                      .text = question,
                      .loss = left_by_stop(),
                      .stop = stop,
                      .keep = tr("&Keep running")},
                     window_);
}

void LiveRunController::update_actions() {
  using State = RunController::State;
  const State state = runs_.state();
  actions_.run->setEnabled(state == State::Idle);
  actions_.pause->setEnabled(state == State::Running || state == State::Paused);
  actions_.pause->setText(state == State::Paused ? tr("&Resume") : tr("&Pause"));
  actions_.stop->setEnabled(state != State::Idle && state != State::Stopping);
}

void LiveRunController::show_snapshot(const Snapshot& now, const Snapshot& earlier) {
  Pace::instance().tick();
  cursor_->track(now);
  // Caches are filled after the run has been announced.
  if (phase_.kind == RunPhase::Kind::Preparing && now.started != 0) set_phase({.kind = RunPhase::Kind::Running});
  history_.add(now);
  if (tab_) tab_->view().show_snapshot(now, earlier);
  bar->show_snapshot(now, earlier);
  for (const RunPanel& panel : panels_) panel.view->show_snapshot(now, earlier);
  show_process(now, earlier);
  if (const qint64 number = runs_.run_number(); number != number_told_) {
    number_told_ = number;
    Q_EMIT subject_changed();
  }
}

/// Bars over no time show that of the cursor, so that a dip in one plot is explained by the others.
void LiveRunController::show_moment() {
  const auto moment = cursor_->seconds() ? history_.at(*cursor_->seconds()) : std::nullopt;
  for (const RunPanel& panel : panels_) panel.view->show_moment(moment);
}

void LiveRunController::show_process(const Snapshot& now, const Snapshot& earlier) {
  if (now.at - process_shown_ < kProcessInterval || now.at <= earlier.at) return;
  process_shown_ = now.at;
  const double cores =
      static_cast<double>(now.process.cpu - earlier.process.cpu) / static_cast<double>(now.at - earlier.at);
  QString text = tr("%1: %2 cores busy · %3 MiB").arg(subject()).arg(cores, 0, 'f', 1).arg(now.process.rss_bytes >> 20);
  for (const GpuSample& gpu : now.process.gpus) {
    text += tr(" · GPU %1, %2 MiB").arg(percent(gpu.utilisation)).arg(gpu.memory_used >> 20);
  }
  Q_EMIT process_measured(text);
}

void LiveRunController::show_end(const RunResult& result) {
  bar->show_end(result);
  Q_EMIT process_measured(tr("%1: %2").arg(subject(), end_word(result.end).toLower()));
  set_phase({.kind = result.end == RunResult::End::Failed ? RunPhase::Kind::Failed : RunPhase::Kind::Ended});
  if (!leaving_) notice_->run_ended(tab_ ? tab_->display_name() : tr("Feedline"), end_text(result));
  Q_EMIT state_changed();
  if (tab_) tab_->view().show_run_active(false);
  show_whole_run(result);
  for (const RunPanel& panel : panels_) panel.view->end_run(result);
  if (result.end == RunResult::End::Failed && result.failure) tell_failure(*result.failure);
}

void LiveRunController::tell_failure(const Error& failure) {
  const QString line = QString::fromStdString(failure.line());
  if (tab_ && !failure.node.empty()) {
    const QString node = QString::fromStdString(failure.node);
    tab_->view().mark_failed(node, line);
    tab_->view().select_node(node);
  }
  if (leaving_) return;
  auto* box =
      new QMessageBox(QMessageBox::Critical, tr("The run failed"), tr("The run failed"), QMessageBox::Ok, window_);
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->setInformativeText(line);
  box->open();
}

void LiveRunController::show_whole_run(const RunResult& result) {
  if (!has_whole(result)) return;
  if (tab_) tab_->view().show_snapshot(result.last, result.first);
  whole_ = Moment{counters_of(result.first), counters_of(result.last)};
}

}  // namespace feedline::gui::inline app
