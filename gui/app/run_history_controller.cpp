// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/run_history_controller.h"

#include "graph/json.h"
#include "graph/subgraph.h"
#include "gui/app/live_run_controller.h"
#include "gui/base/in_view.h"
#include "gui/base/settings.h"
#include "gui/models/text.h"
#include "gui/runs/model_export.h"
#include "gui/runs/report_pdf.h"
#include "gui/runs/runs_panel.h"
#include "gui/workspace/workspace.h"
#include "recording/checkpoint_places.h"
#include "recording/figure_text.h"
#include "training/resume.h"
#include "training/run_progress.h"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace feedline::gui::inline app {

namespace {
constexpr int kMostEpochs = 1'000'000;  ///< that a trainer can be asked for
}  // namespace

RunHistoryController::RunHistoryController(Workspace& workspace, LiveRunController& runs, QWidget* window)
    : QObject(window), panel(new RunsPanel(window)), workspace_(workspace), live_run_(runs), window_(window) {
  connect_panel();
  connect_archive();
  // The end of a run is in the record a moment later; who looks sees it then.
  connect(&runs, &LiveRunController::state_changed, this, [this] {
    panel->set_run_on(live_run_.active());
    if (in_view(*panel)) archive_.refresh();
  });
}

void RunHistoryController::connect_panel() {
  connect(panel, &RunsPanel::looked_at, &archive_, &RunArchive::look);
  connect(panel, &RunsPanel::search_changed, &archive_, &RunArchive::set_search);
  connect(panel, &RunsPanel::open_wanted, this, &RunHistoryController::open_graph);
  connect(panel, &RunsPanel::resumable_wanted, this, &RunHistoryController::look_for_checkpoint);
  connect(panel, &RunsPanel::resume_wanted, this, &RunHistoryController::resume);
  connect(panel, &RunsPanel::compare_wanted, this, &RunHistoryController::compare);
  connect(panel, &RunsPanel::report_wanted, this, &RunHistoryController::report);
  connect(panel, &RunsPanel::export_wanted, this, &RunHistoryController::export_model);
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

void RunHistoryController::look_for_checkpoint(qint64 run) {
  auto hindrance = std::make_shared<QString>();
  archive_.write(
      run,
      [hindrance](const RunRecord& record) -> Status {
        const std::filesystem::path folder = checkpoints_of(record);
        if (folder.empty())
          *hindrance = tr("It kept no checkpoints");
        else if (list_checkpoints(folder).empty())
          *hindrance =
              tr("It has no checkpoint: it ended before the first was written, newer runs needed the room, or somebody "
                 "deleted them");
        return {};
      },
      [this, run, hindrance] { panel->show_resumable(run, *hindrance); });
}

/// What a run goes on with.
struct RunHistoryController::Resumed {
  qint64 run = 0;
  QString name{};
  Loaded graph{};
  ResumeOptions from{};
  std::uint32_t epochs_done = 0;  ///< by the end of its newest checkpoint
  QStringList damaged{};          ///< newer checkpoints that were passed over
};

void RunHistoryController::resume(qint64 run) {
  if (live_run_.active()) {
    Q_EMIT message(tr("A run is going on: stop it first"));
    return;
  }
  auto resumed = std::make_shared<Resumed>();
  archive_.write(
      run,
      [resumed](const RunRecord& record) -> Status {
        auto found = find_checkpoint(checkpoints_of(record));
        if (!found) return fail(std::move(found.error()));
        if (!*found) return fail("it has no checkpoint", tr("Run its graph anew").toStdString());
        auto graph = from_json(record.graph);
        if (!graph) return fail(std::move(graph.error()));
        for (const Error& error : (*found)->damaged) resumed->damaged << QString::fromStdString(error.line());
        if (const auto text = (*found)->state.texts.find(std::string(kProgressText));
            text != (*found)->state.texts.end())
          if (const auto progress = run_progress_of(text->second))
            resumed->epochs_done = progress->epochs.empty() ? 0 : progress->epochs.back().epoch;
        put_damaged_aside(**found);
        resumed->run = record.id;
        resumed->name = QString::fromStdString(graph_name(record));
        resumed->graph = std::move(*graph);
        resumed->from = {std::make_shared<const TrainingState>(std::move((*found)->state)), (*found)->path.string()};
        return {};
      },
      [this, resumed] {
        const Document& graph = resumed->graph.document;
        const Node* trainer = graph.find(find_role(graph, Role::Trainer));
        const NodeSpec* spec = trainer == nullptr ? nullptr : Registry::instance().find(trainer->type);
        if (spec == nullptr) return;
        const std::int64_t epochs = spec->trainer(spec->complete(trainer->params)).epochs;
        epochs > 0 && resumed->epochs_done >= epochs ? ask_for_epochs(resumed) : go_on(*resumed);
      });
}

void RunHistoryController::ask_for_epochs(const std::shared_ptr<Resumed>& resumed) {
  auto* dialog = new QInputDialog(window_);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setObjectName(QStringLiteral("resume_epochs"));
  dialog->setWindowTitle(tr("Resume run %1").arg(resumed->run));
  dialog->setInputMode(QInputDialog::IntInput);
  dialog->setLabelText(tr("It has had all its %1. How many epochs shall it have in all?")
                           .arg(count_text(resumed->epochs_done, tr("1 epoch"), tr("%1 epochs"))));
  dialog->setOkButtonText(tr("&Resume"));
  const int done = static_cast<int>(resumed->epochs_done);
  dialog->setIntRange(done + 1, kMostEpochs);
  dialog->setIntValue(std::min(2 * done, kMostEpochs));
  connect(dialog, &QInputDialog::intValueSelected, this, [this, resumed](int epochs) {
    Document& graph = resumed->graph.document;
    const Edit more{SetParam{
        .node = find_role(graph, Role::Trainer), .param = "epochs", .value = Value(static_cast<std::int64_t>(epochs))}};
    if (const auto set = graph.apply(more); !set) {
      Q_EMIT message(QString::fromStdString(set.error().line()));
      return;
    }
    go_on(*resumed);
  });
  dialog->open();
}

/// In the tab that has this very graph, or in one of its own.
void RunHistoryController::go_on(const Resumed& resumed) {
  if (live_run_.active()) {
    Q_EMIT message(tr("A run is going on: stop it first"));
    return;
  }
  for (const QString& damaged : resumed.damaged)
    Q_EMIT message(tr("Goes on from the checkpoint before: %1").arg(damaged));
  DocumentTab* shown = nullptr;
  for (DocumentTab* tab : workspace_.documents())
    if (tab->document().document() == resumed.graph.document) shown = tab;
  if (shown == nullptr) {
    shown = &workspace_.free_tab();
    shown->take_copy(resumed.graph, tr("%1 (run %2)").arg(resumed.name).arg(resumed.run));
  }
  workspace_.show(*shown);
  live_run_.start(*shown, resumed.from);
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

void RunHistoryController::export_model(qint64 run) {
  const QString first = QDir(Settings::last_folder()).filePath(tr("model%1").arg(run));
  auto* dialog = new QFileDialog(window_, tr("Model of run %1").arg(run), first);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setNameFilters(export_filters());
  dialog->selectFile(first);
  connect(dialog, &QFileDialog::filterSelected, dialog,
          [dialog](const QString& filter) { dialog->setDefaultSuffix(export_ending(filter)); });
  connect(dialog, &QFileDialog::fileSelected, this, [this, run, dialog](const QString& file) {
    Settings::set_last_folder(QFileInfo(file).absolutePath());
    const ExportTargets targets = export_targets(dialog->selectedNameFilter(), file);
    archive_.write(
        run, [targets](const RunRecord& record) { return export_run(record, targets); },
        [this, file] { Q_EMIT message(tr("Model written: %1").arg(QDir::toNativeSeparators(file))); });
  });
  dialog->open();
}

}  // namespace feedline::gui::inline app
