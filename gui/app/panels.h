// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/app/diagnosis_controller.h"
#include "gui/app/live_run_controller.h"
#include "gui/app/run_history_controller.h"
#include "gui/base/docks.h"

#include <QHash>
#include <QList>
#include <QObject>

namespace feedline::gui::inline diagnosis {
class DiagnosisPanel;
}  // namespace feedline::gui::inline diagnosis

namespace feedline::gui::inline inspector {
class InspectorPanel;
class PalettePanel;
}  // namespace feedline::gui::inline inspector

namespace feedline::gui::inline preview {
class DataPanel;
class PreviewPanel;
}  // namespace feedline::gui::inline preview

namespace feedline::gui::inline app {

class HistoryPanel;
class ProblemsPanel;

/// The panels around the canvas; where they stand, WorkModes knows. What they show is wired by MainWindow.
class Panels : public QObject {
  Q_OBJECT

 public:
  /// The panels of runs and of their diagnosis are the desks'; the others are made here.
  Panels(Workspace& workspace, LiveRunController& live_run, DiagnosisController& diagnosis, RunHistoryController& runs,
         QMainWindow* window);

  PalettePanel* palette;
  HistoryPanel* history;
  InspectorPanel* inspector;
  ProblemsPanel* problems;
  PreviewPanel* preview;
  DataPanel* data;
  DiagnosisPanel* verdicts;

  [[nodiscard]] Docks& docks() { return docks_; }
  /// The panels that speak of a run: those of run_panels() and the diagnosis.
  [[nodiscard]] const QList<QWidget*>& of_runs() const { return of_runs_; }
  /// Brings a panel into view, whatever hid it.
  static void show(QWidget* panel);
  /// The dock that holds a panel.
  [[nodiscard]] static QDockWidget* dock_of(QWidget* panel);
  /// The help page that tells of the panel in which the keyboard is; empty: in none that has one.
  [[nodiscard]] QString help_page() const;

 private:
  void place(LiveRunController& live_run, RunHistoryController& runs);
  void place_run_panels(LiveRunController& live_run);

  Docks docks_;
  QList<QWidget*> of_runs_{};
  QHash<const QWidget*, QString> help_{};
};

}  // namespace feedline::gui::inline app
