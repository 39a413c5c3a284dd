// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/panels.h"

#include "gui/app/history_panel.h"
#include "gui/app/log_panel.h"
#include "gui/app/problems_panel.h"
#include "gui/diagnosis/diagnosis_panel.h"
#include "gui/inspector/inspector_panel.h"
#include "gui/inspector/palette_panel.h"
#include "gui/plots/run_panels.h"
#include "gui/preview/data_panel.h"
#include "gui/preview/preview_panel.h"
#include "gui/runs/runs_panel.h"

#include <QAction>
#include <QApplication>
#include <QDockWidget>
#include <QMainWindow>

namespace feedline::gui::inline app {

Panels::Panels(Workspace& workspace, LiveRunController& live_run, DiagnosisController& diagnosis,
               RunHistoryController& runs, QMainWindow* window)
    : QObject(window),
      palette(new PalettePanel(window)),
      history(new HistoryPanel(workspace.undo_group(), window)),
      inspector(new InspectorPanel(workspace.current().document(), window)),
      problems(new ProblemsPanel(window)),
      preview(new PreviewPanel(window)),
      data(new DataPanel(window)),
      verdicts(diagnosis.panel),
      docks_(window) {
  place(live_run, runs);
}

void Panels::place(LiveRunController& live_run, RunHistoryController& runs) {
  docks_.add("palette", tr("Nodes"), palette, Qt::LeftDockWidgetArea);
  docks_.add("history", tr("History"), history, Qt::LeftDockWidgetArea);
  docks_.add("inspector", tr("Inspector"), inspector, Qt::RightDockWidgetArea);
  place_run_panels(live_run);
  const auto below = [this](const char* name, const QString& title, QWidget* panel) {
    docks_.add(QString::fromLatin1(name), title, panel, Qt::BottomDockWidgetArea);
  };
  below("diagnosis", tr("Diagnosis"), verdicts);
  of_runs_ << verdicts;
  below("problems", tr("Problems"), problems);
  below("log", tr("Log"), live_run.log);
  below("runs", tr("Runs"), runs.panel);
  below("preview", tr("Preview"), preview);
  below("data", tr("Data"), data);
  help_[data] = QStringLiteral("tables.md");
}

/// As their descriptors say.
void Panels::place_run_panels(LiveRunController& live_run) {
  for (std::size_t i = 0; i < run_panels().size(); ++i) {
    const RunPanelSpec& spec = run_panels()[i];
    QWidget* panel = live_run.panels()[i].widget;
    QDockWidget* dock = docks_.add(QString::fromLatin1(spec.name), spec.title_text(), panel, Qt::BottomDockWidgetArea);
    help_[panel] = QString::fromLatin1(spec.help);
    QAction* toggle = dock->toggleViewAction();
    toggle->setToolTip(spec.shows_text());
    toggle->setStatusTip(spec.shows_text());
    toggle->setShortcut(QKeySequence::fromString(QLatin1String(spec.shortcut)));
    of_runs_ << panel;
  }
}

QString Panels::help_page() const {
  for (const QWidget* at = QApplication::focusWidget(); at != nullptr; at = at->parentWidget())
    if (const auto page = help_.find(at); page != help_.end()) return *page;
  return {};
}

QDockWidget* Panels::dock_of(QWidget* panel) { return static_cast<QDockWidget*>(panel->parentWidget()); }

void Panels::show(QWidget* panel) { Docks::show(dock_of(panel)); }

}  // namespace feedline::gui::inline app
