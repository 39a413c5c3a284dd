// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels.h"

#include "app/history_panel.h"
#include "app/log_panel.h"
#include "app/problems_panel.h"
#include "diagnosis/diagnosis_panel.h"
#include "inspector/inspector_panel.h"
#include "inspector/palette_panel.h"
#include "plots/levels_panel.h"
#include "plots/loss_panel.h"
#include "plots/mistakes_panel.h"
#include "plots/queues_panel.h"
#include "plots/resources_panel.h"
#include "plots/stages_panel.h"
#include "plots/step_panel.h"
#include "plots/throughput_panel.h"
#include "plots/timeline_panel.h"
#include "preview/preview_panel.h"
#include "runs/runs_panel.h"

#include <QDockWidget>
#include <QMainWindow>

namespace feedline::gui {

Panels::Panels(Workspace& workspace, RunDesk& desk, DiagnosisDesk& diagnosis, RunsDesk& runs, QMainWindow* window)
    : QObject(window),
      palette(new PalettePanel(window)),
      history(new HistoryPanel(workspace.undo_group(), window)),
      inspector(new InspectorPanel(workspace.current().document(), window)),
      problems(new ProblemsPanel(window)),
      preview(new PreviewPanel(window)),
      verdicts(diagnosis.panel),
      window_(window),
      docks_(window) {
  place(desk, diagnosis, runs);
}

void Panels::place(RunDesk& desk, DiagnosisDesk& diagnosis, RunsDesk& runs) {
  QDockWidget* nodes = docks_.add("palette", tr("Nodes"), palette, Qt::LeftDockWidgetArea);
  docks_.stack(nodes, docks_.add("history", tr("History"), history, Qt::LeftDockWidgetArea));
  Docks::show(nodes);
  docks_.add("inspector", tr("Inspector"), inspector, Qt::RightDockWidgetArea);
  QDockWidget* stages = docks_.add("stages", tr("Stages"), desk.stages, Qt::BottomDockWidgetArea);
  QDockWidget* loss = docks_.add("loss", tr("Loss and accuracy"), desk.loss, Qt::BottomDockWidgetArea);
  QDockWidget* queues = docks_.add("queues", tr("Queues"), desk.queues, Qt::BottomDockWidgetArea);
  QDockWidget* throughput = docks_.add("throughput", tr("Throughput"), desk.throughput, Qt::BottomDockWidgetArea);
  QDockWidget* step = docks_.add("step", tr("Step breakdown"), desk.step, Qt::BottomDockWidgetArea);
  QDockWidget* faults = docks_.add("problems", tr("Problems"), problems, Qt::BottomDockWidgetArea);
  QDockWidget* log = docks_.add("log", tr("Log"), desk.log, Qt::BottomDockWidgetArea);
  docks_.stack(loss, docks_.add("diagnosis", tr("Diagnosis"), diagnosis.panel, Qt::BottomDockWidgetArea));
  docks_.stack(loss, docks_.add("mistakes", tr("Mistakes"), desk.mistakes, Qt::BottomDockWidgetArea));
  docks_.stack(loss, docks_.add("runs", tr("Runs"), runs.panel, Qt::BottomDockWidgetArea));
  docks_.stack(stages, step);
  docks_.stack(stages, queues);
  docks_.stack(stages, docks_.add("levels", tr("Queues over time"), desk.levels, Qt::BottomDockWidgetArea));
  docks_.stack(stages, docks_.add("timeline", tr("Timeline"), desk.timeline, Qt::BottomDockWidgetArea));
  docks_.stack(throughput, docks_.add("resources", tr("Resources"), desk.resources, Qt::BottomDockWidgetArea));
  docks_.stack(throughput, faults);
  docks_.stack(throughput, log);
  docks_.stack(throughput, docks_.add("preview", tr("Preview"), preview, Qt::BottomDockWidgetArea));
  Docks::show(stages);
  Docks::show(loss);
  Docks::show(throughput);
}

QDockWidget* Panels::dock_of(QWidget* panel) { return static_cast<QDockWidget*>(panel->parentWidget()); }

void Panels::show(QWidget* panel) { Docks::show(dock_of(panel)); }

void Panels::arrange() {
  const auto dock = [this](const char* name) { return window_->findChild<QDockWidget*>(QLatin1String(name)); };
  const int width = window_->width();
  window_->resizeDocks({dock("palette"), dock("inspector")}, {width * 16 / 100, width * 21 / 100}, Qt::Horizontal);
  window_->resizeDocks({dock("stages"), dock("loss"), dock("throughput")},
                       {width * 34 / 100, width * 38 / 100, width * 28 / 100}, Qt::Horizontal);
  window_->resizeDocks({dock("stages")}, {window_->height() * 31 / 100}, Qt::Vertical);
}

}  // namespace feedline::gui
