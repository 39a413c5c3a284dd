// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/data_check_controller.h"

#include "base/left_out.h"
#include "gui/app/log_panel.h"
#include "gui/base/actions.h"
#include "gui/canvas/graph_view.h"
#include "gui/checking/bad_files_view.h"
#include "gui/checking/check_window.h"
#include "gui/models/text.h"
#include "training/report.h"

#include <QAction>
#include <QDialog>
#include <QVBoxLayout>

namespace feedline::gui::inline app {

DataCheckController::DataCheckController(Workspace& workspace, Actions& actions, LiveRunController& live_run,
                                         QWidget* window)
    : QObject(window), workspace_(workspace), actions_(actions), live_run_(live_run), window_(window) {
  actions_.left_out->setEnabled(false);
  connect(actions_.check_data, &QAction::triggered, this, &DataCheckController::check);
  connect(actions_.left_out, &QAction::triggered, this, &DataCheckController::show_left_out);
  connect(&live_run_.runs(), &RunController::finished, this, &DataCheckController::note_end);
}

CheckWindow& DataCheckController::check_window() {
  if (check_window_ != nullptr) return *check_window_;
  check_window_ = new CheckWindow(window_);
  connect(check_window_, &CheckWindow::node_wanted, this, [this](const QString& node) {
    if (!checked_) return;
    workspace_.show(*checked_);
    checked_->view().select_node(node);
  });
  connect(check_window_, &CheckWindow::done, this, [this](const QString& name, const QString& summary) {
    const CheckReport* report = check_window_->report();
    const bool fine = report != nullptr && report->findings.empty() && report->complete;
    live_run_.log->add(fine ? LogPanel::Level::Info : LogPanel::Level::Warning,
                       tr("Check of %1: %2").arg(name, summary));
  });
  return *check_window_;
}

void DataCheckController::check() {
  checked_ = &workspace_.current();
  CheckWindow& shown = check_window();
  shown.check(checked_->display_name(), checked_->document().document());
  shown.show();
  shown.raise();
  shown.activateWindow();
}

void DataCheckController::note_end(const RunResult& result) {
  left_out_.reset();
  actions_.left_out->setEnabled(!result.bad_records.empty());
  if (result.bad_records.empty()) return;
  left_out_ = std::make_shared<const std::vector<BadRecord>>(result.bad_records);
  run_name_ = live_run_.tab() != nullptr ? live_run_.tab()->display_name() : tr("a closed graph");
  std::uint64_t times = 0;
  for (const BadRecord& record : *left_out_) times += record.times;
  const QString more = left_out_->size() >= BadRecords::kMost ? tr(" and more") : QString();
  const QString words = tr("Left out: %1%2. Run > Records left out lists them")
                            .arg(to_qstring(left_out_text(left_out_->size(), times)), more);
  live_run_.log->add(LogPanel::Level::Warning, words);
  Q_EMIT message(words);
}

void DataCheckController::show_left_out() {
  if (!left_out_) return;
  auto* dialog = new QDialog(window_, Qt::Window);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setObjectName("left_out");
  dialog->setWindowTitle(tr("Records that the run of %1 left out").arg(run_name_));
  auto* files = new BadFilesView(dialog);
  files->show_files(files_of(left_out_), left_out_->size(), [all = left_out_] { return bad_records_csv(*all); });
  (new QVBoxLayout(dialog))->addWidget(files);
  dialog->resize(860, 420);
  dialog->show();
}

}  // namespace feedline::gui::inline app
