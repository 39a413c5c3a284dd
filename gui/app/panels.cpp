// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/panels.h"

#include "gui/app/history_panel.h"
#include "gui/app/log_panel.h"
#include "gui/app/problems_panel.h"
#include "gui/diagnosis/diagnosis_panel.h"
#include "gui/inspector/inspector_panel.h"
#include "gui/inspector/palette_panel.h"
#include "gui/plots/levels_panel.h"
#include "gui/plots/loss_panel.h"
#include "gui/plots/mistakes_panel.h"
#include "gui/plots/queues_panel.h"
#include "gui/plots/resources_panel.h"
#include "gui/plots/stages_panel.h"
#include "gui/plots/step_panel.h"
#include "gui/plots/throughput_panel.h"
#include "gui/plots/timeline_panel.h"
#include "gui/preview/preview_panel.h"
#include "gui/runs/runs_panel.h"

#include <QDockWidget>
#include <QMainWindow>

namespace feedline::gui {

Panels::Panels(Workspace& workspace, LiveRunController& live_run, DiagnosisController& diagnosis,
               RunHistoryController& runs, QMainWindow* window)
    : QObject(window),
      palette(new PalettePanel(window)),
      history(new HistoryPanel(workspace.undo_group(), window)),
      inspector(new InspectorPanel(workspace.current().document(), window)),
      problems(new ProblemsPanel(window)),
      preview(new PreviewPanel(window)),
      verdicts(diagnosis.panel),
      docks_(window) {
  place(live_run, diagnosis, runs);
}

void Panels::place(LiveRunController& live_run, DiagnosisController& diagnosis, RunHistoryController& runs) {
  docks_.add("palette", tr("Nodes"), palette, Qt::LeftDockWidgetArea);
  docks_.add("history", tr("History"), history, Qt::LeftDockWidgetArea);
  docks_.add("inspector", tr("Inspector"), inspector, Qt::RightDockWidgetArea);
  const auto below = [this](const char* name, const QString& title, QWidget* panel) {
    docks_.add(QString::fromLatin1(name), title, panel, Qt::BottomDockWidgetArea);
  };
  below("stages", tr("Stages"), live_run.stages);
  below("loss", tr("Loss and metrics"), live_run.loss);
  below("queues", tr("Queues"), live_run.queues);
  below("throughput", tr("Throughput"), live_run.throughput);
  below("step", tr("Step breakdown"), live_run.step);
  below("problems", tr("Problems"), problems);
  below("log", tr("Log"), live_run.log);
  below("diagnosis", tr("Diagnosis"), diagnosis.panel);
  below("mistakes", tr("Mistakes"), live_run.mistakes);
  below("runs", tr("Runs"), runs.panel);
  below("levels", tr("Queues over time"), live_run.levels);
  below("timeline", tr("Timeline"), live_run.timeline);
  below("resources", tr("Resources"), live_run.resources);
  below("preview", tr("Preview"), preview);
}

QDockWidget* Panels::dock_of(QWidget* panel) { return static_cast<QDockWidget*>(panel->parentWidget()); }

void Panels::show(QWidget* panel) { Docks::show(dock_of(panel)); }

}  // namespace feedline::gui
