// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/run_history_controller.h"

#include "graph/json.h"
#include "gui/app/live_run_controller.h"
#include "gui/base/in_view.h"
#include "gui/base/settings.h"
#include "gui/runs/report_pdf.h"
#include "gui/runs/runs_panel.h"
#include "gui/workspace/workspace.h"
#include "recording/figure_text.h"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>

#include <algorithm>

namespace feedline::gui::inline app {

RunHistoryController::RunHistoryController(Workspace& workspace, LiveRunController& runs, QWidget* window)
    : QObject(window), panel(new RunsPanel(window)), workspace_(workspace), window_(window) {
  connect_panel();
  connect_archive();
  // The end of a run is in the record a moment later; who looks sees it then.
  connect(&runs, &LiveRunController::state_changed, this, [this] {
    if (in_view(*panel)) archive_.refresh();
  });
}

void RunHistoryController::connect_panel() {
  connect(panel, &RunsPanel::looked_at, &archive_, &RunArchive::look);
  connect(panel, &RunsPanel::search_changed, &archive_, &RunArchive::set_search);
  connect(panel, &RunsPanel::open_wanted, this, &RunHistoryController::open_graph);
  connect(panel, &RunsPanel::compare_wanted, this, &RunHistoryController::compare);
  connect(panel, &RunsPanel::report_wanted, this, &RunHistoryController::report);
  connect(panel, &RunsPanel::pin_wanted, &archive_, &RunArchive::set_pinned);
  connect(panel, &RunsPanel::remove_wanted, this, [this](const std::vector<qint64>& runs) {
    archive_.remove(runs);
    panel->offer_restore(runs);
  });
  connect(panel, &RunsPanel::restore_wanted, &archive_, &RunArchive::restore);
  connect(&panel->model(), &RunsModel::note_edited, &archive_, &RunArchive::set_note);
  connect(&panel->model(), &RunsModel::tags_edited, &archive_, &RunArchive::set_tags);
}

void RunHistoryController::connect_archive() {
  connect(&archive_, &RunArchive::listed, panel, &RunsPanel::show_runs);
  connect(&archive_, &RunArchive::failed, this,
          [this](const Error& error) { Q_EMIT message(QString::fromStdString(error.line())); });
}

void RunHistoryController::open_graph(qint64 run) {
  archive_.load({run}, [this](const std::vector<RunRecord>& runs) {
    auto loaded = from_json(runs.front().graph);
    if (!loaded) {
      Q_EMIT message(QString::fromStdString(loaded.error().line()));
      return;
    }
    DocumentTab& tab = workspace_.free_tab();
    const QString name = QString::fromStdString(graph_name(runs.front()));
    tab.take_copy(std::move(*loaded), tr("%1 (run %2)").arg(name).arg(runs.front().id));
    workspace_.show(tab);
  });
}

void RunHistoryController::compare(std::vector<qint64> runs) {
  std::sort(runs.begin(), runs.end());  // what changed is told from the older to the newer
  archive_.load(runs, [this](const std::vector<RunRecord>& records) {
    if (!comparison_) {
      comparison_ = new CompareWindow(window_);
      comparison_->setAttribute(Qt::WA_DeleteOnClose);
    }
    comparison_->show_runs(records);
    comparison_->show();
    comparison_->raise();
  });
}

void RunHistoryController::report(qint64 run) {
  const QString first = QDir(Settings::last_folder()).filePath(tr("run%1.html").arg(run));
  auto* dialog =
      new QFileDialog(window_, tr("Report of run %1").arg(run), first, tr("Web page (*.html);;PDF document (*.pdf)"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->selectFile(first);
  connect(dialog, &QFileDialog::filterSelected, dialog, [dialog](const QString& filter) {
    dialog->setDefaultSuffix(filter.contains(QLatin1String("pdf")) ? QStringLiteral("pdf") : QStringLiteral("html"));
  });
  connect(dialog, &QFileDialog::fileSelected, this, [this, run](const QString& file) {
    Settings::set_last_folder(QFileInfo(file).absolutePath());
    write_report(run, file);
  });
  dialog->open();
}

void RunHistoryController::write_report(qint64 run, const QString& file) {
  const bool pdf = file.endsWith(QLatin1String(".pdf"), Qt::CaseInsensitive);
  archive_.write(
      run,
      [pdf, file](const RunRecord& record) {
        return pdf ? write_report_pdf(record, file) : write_report_page(record, file);
      },
      [this, file] { Q_EMIT message(tr("Report written: %1").arg(QDir::toNativeSeparators(file))); });
}

}  // namespace feedline::gui::inline app
