// SPDX-License-Identifier: GPL-3.0-or-later
// The part of the window that follows a run.
#include "app/log_panel.h"
#include "app/main_window.h"
#include "app/problems_panel.h"
#include "app/run_bar.h"
#include "app/settings.h"
#include "canvas/graph_view.h"
#include "plots/loss_panel.h"
#include "plots/queues_panel.h"
#include "plots/stages_panel.h"
#include "plots/step_panel.h"
#include "plots/throughput_panel.h"
#include "training/report.h"

#include <QAction>
#include <QDockWidget>
#include <QLabel>
#include <QMessageBox>
#include <QStatusBar>

#include <algorithm>

namespace feedline::gui {

namespace {
constexpr Nanos kProcessInterval = 500'000'000;
}

void MainWindow::connect_run() {
  connect(actions_->run, &QAction::triggered, this, &MainWindow::start_run);
  connect(actions_->stop, &QAction::triggered, &runs_, &RunController::stop);
  connect(actions_->pause, &QAction::triggered, this,
          [this] { runs_.state() == RunController::State::Paused ? runs_.resume() : runs_.pause(); });
  log_->follow(runs_);
  connect(&runs_, &RunController::state_changed, this, [this](RunController::State state) {
    run_bar_->set_state(state);
    update_run_actions();
    update_title();
    if (state == RunController::State::Idle && leaving_) close();
  });
  connect(&runs_, &RunController::preparing, run_bar_, &RunBar::show_preparing);
  connect(&runs_, &RunController::snapshot_taken, this, &MainWindow::show_snapshot);
  connect(&runs_, &RunController::epoch_done, loss_, &LossPanel::add_epoch);
  connect(&runs_, &RunController::finished, this, &MainWindow::show_end);
}

void MainWindow::connect_queues() {
  actions_->show_queues->setChecked(Settings::show_queues());
  connect(actions_->show_queues, &QAction::toggled, this, [this](bool on) {
    Settings::set_show_queues(on);
    if (runs_.active())
      statusBar()->showMessage(on ? tr("The next run shows every queue") : tr("The next run is as fast as it can be"),
                               6000);
  });
  connect(queues_, &QueuesPanel::workers_wanted, &runs_,
          [this](const QString& node, int workers) { runs_.set_workers(node, static_cast<std::size_t>(workers)); });
}

void MainWindow::start_run() {
  if (runs_.active()) return;
  if (!document_.analysis().ok()) {
    Docks::show(problems_dock_);
    if (const QString node = problems_->first_error_node(); !node.isEmpty()) graph_->select_node(node);
    statusBar()->showMessage(tr("The graph cannot run yet: see Problems"), 6000);
    return;
  }
  stages_->reset();
  step_->reset();
  loss_->reset();
  throughput_->reset();
  RunOptions options;
  options.staged = actions_->show_queues->isChecked();
  queues_->begin(options.staged);
  if (options.staged) Docks::show(queues_dock_);
  graph_->show_staged(options.staged);
  graph_->clear_run();
  graph_->show_run_active(true);
  run_is_of_this_graph_ = true;
  const QString run = options.staged ? tr("Run of %1, every queue shown") : tr("Run of %1");
  log_->add(LogPanel::Level::Info, run.arg(files_->display_name()));
  run_bar_->show_staged(options.staged);
  runs_.start(document_.document(), std::move(options));
}

void MainWindow::update_run_actions() {
  using State = RunController::State;
  const State state = runs_.state();
  actions_->run->setEnabled(state == State::Idle);
  actions_->pause->setEnabled(state == State::Running || state == State::Paused);
  actions_->pause->setText(state == State::Paused ? tr("&Resume") : tr("&Pause"));
  actions_->stop->setEnabled(state != State::Idle && state != State::Stopping);
}

void MainWindow::show_snapshot(const Snapshot& now, const Snapshot& earlier) {
  if (run_is_of_this_graph_) graph_->show_snapshot(now, earlier);
  run_bar_->show_snapshot(now, earlier);
  stages_->show_snapshot(now, earlier);
  queues_->show_snapshot(now);
  step_->show_snapshot(now, earlier);
  loss_->show_snapshot(now, earlier);
  throughput_->show_snapshot(now, earlier);
  show_process(now, earlier);
}

void MainWindow::show_process(const Snapshot& now, const Snapshot& earlier) {
  if (now.at - process_shown_ < kProcessInterval || now.at <= earlier.at) return;
  process_shown_ = now.at;
  const double cores =
      static_cast<double>(now.process.cpu - earlier.process.cpu) / static_cast<double>(now.at - earlier.at);
  QString text = tr("%1 cores busy · %2 MiB").arg(cores, 0, 'f', 1).arg(now.process.rss_bytes >> 20);
  for (const GpuSample& gpu : now.process.gpus) {
    text += tr(" · GPU %1, %2 MiB").arg(percent(gpu.utilisation)).arg(gpu.memory_used >> 20);
  }
  process_->setText(text);
}

void MainWindow::show_end(const RunResult& result) {
  run_bar_->show_end(result);
  update_title();
  show_whole_run(result);
  queues_->end();
  graph_->show_run_active(false);
  if (result.end != RunResult::End::Failed || !result.failure) return;
  const Error& failure = *result.failure;
  const QString line = QString::fromStdString(failure.line());
  if (run_is_of_this_graph_ && !failure.node.empty()) {
    const QString node = QString::fromStdString(failure.node);
    graph_->mark_failed(node, line);
    graph_->select_node(node);
  }
  if (quiet_ || leaving_) return;
  auto* box = new QMessageBox(QMessageBox::Critical, tr("The run failed"), tr("The run failed"), QMessageBox::Ok, this);
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->setInformativeText(line);
  box->open();
}

void MainWindow::show_whole_run(const RunResult& result) {
  // The last second of a run is its idle end; what stays in view is the mean of all of it.
  if (result.last.stages.empty() || result.last.at <= result.first.at) return;
  if (run_is_of_this_graph_) graph_->show_snapshot(result.last, result.first);
  stages_->show_snapshot(result.last, result.first);
  step_->reset();
  step_->show_snapshot(result.last, result.first);
}

void MainWindow::show_about() {
  QString versions;
  for (const auto& [name, version] : library_versions()) {
    versions += QStringLiteral("<tr><td>%1&nbsp;&nbsp;</td><td>%2</td></tr>")
                    .arg(QString::fromStdString(name).toHtmlEscaped(), QString::fromStdString(version).toHtmlEscaped());
  }
  QMessageBox box(this);
  box.setWindowTitle(tr("About Feedline"));
  box.setIconPixmap(QIcon(QStringLiteral(":/icons/feedline.svg")).pixmap(64, 64));
  box.setText(tr("<h3>Feedline</h3><p>Draw, run and profile a training pipeline.</p>"));
  box.setInformativeText(tr("<table>%1<tr><td>Qt&nbsp;&nbsp;</td><td>%2</td></tr></table>"
                            "<p>Free software under the GNU General Public License, version 3 or later.</p>")
                             .arg(versions, QString::fromLatin1(qVersion())));
  box.exec();
}

}  // namespace feedline::gui
