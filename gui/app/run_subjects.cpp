// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/run_subjects.h"

#include "gui/app/live_run_controller.h"
#include "gui/app/panels.h"
#include "gui/app/run_bar.h"
#include "gui/app/run_overlay.h"
#include "gui/diagnosis/diagnosis_panel.h"
#include "gui/workspace/workspace.h"

#include <QTimer>

namespace feedline::gui::inline app {

RunSubjects::RunSubjects(Workspace& workspace, LiveRunController& live_run, Panels& panels, QObject* parent)
    : QObject(parent), workspace_(workspace), live_run_(live_run), panels_(panels) {
  for (QWidget* panel : panels.of_runs()) {
    auto* overlay = new RunOverlay(panel);
    connect(overlay, &RunOverlay::show_wanted, &live_run_, &LiveRunController::show_tab);
    overlays_ << overlay;
  }
  connect(&live_run_, &LiveRunController::subject_changed, this, &RunSubjects::update);
  connect(&live_run_, &LiveRunController::state_changed, this, &RunSubjects::update);
  connect(&workspace_, &Workspace::current_tab_changed, this, &RunSubjects::update);
  connect(&workspace_, &Workspace::removed, this, [this] { QTimer::singleShot(0, this, &RunSubjects::update); });
  // A document that takes the place of another in the same tab has not run.
  connect(&workspace_, &Workspace::current_titled, this, &RunSubjects::update);
}

RunOverlay* RunSubjects::overlay(const QWidget* panel) const {
  for (RunOverlay* overlay : overlays_)
    if (overlay->parentWidget() == panel) return overlay;
  return nullptr;
}

void RunSubjects::update() {
  const bool any = !live_run_.graph_name().isEmpty();
  const bool elsewhere = any && live_run_.tab() != &workspace_.current();
  const QString subject = live_run_.subject();
  const QList<QWidget*>& panels = panels_.of_runs();
  for (qsizetype i = 0; i < panels.size(); ++i) {
    if (elsewhere) {
      overlays_[i]->cover(live_run_.tab() != nullptr ? subject : QString());
    } else {
      overlays_[i]->lift();
    }
    if (panels[i] == panels_.verdicts) continue;  // it says by itself what it is about, and on what it rests
    panels_.docks().set_subject(Panels::dock_of(panels[i]), elsewhere ? QString() : subject);
  }
  live_run_.bar->set_elsewhere(elsewhere, live_run_.graph_name());
  Q_EMIT told(subject, elsewhere);
}

}  // namespace feedline::gui::inline app
