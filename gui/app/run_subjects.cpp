// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/run_subjects.h"

#include "gui/app/panels.h"
#include "gui/app/run_bar.h"
#include "gui/app/run_curtain.h"
#include "gui/app/run_desk.h"
#include "gui/diagnosis/diagnosis_panel.h"
#include "gui/workspace/workspace.h"

#include <QTimer>

namespace feedline::gui {

RunSubjects::RunSubjects(Workspace& workspace, RunDesk& desk, Panels& all, const QList<QWidget*>& panels,
                         QObject* parent)
    : QObject(parent), workspace_(workspace), desk_(desk), all_(all), panels_(panels) {
  for (QWidget* panel : panels_) {
    auto* curtain = new RunCurtain(panel);
    connect(curtain, &RunCurtain::show_wanted, &desk_, &RunDesk::show_tab);
    curtains_ << curtain;
  }
  connect(&desk_, &RunDesk::subject_changed, this, &RunSubjects::update);
  connect(&desk_, &RunDesk::state_changed, this, &RunSubjects::update);
  connect(&workspace_, &Workspace::current_tab_changed, this, &RunSubjects::update);
  connect(&workspace_, &Workspace::removed, this, [this] { QTimer::singleShot(0, this, &RunSubjects::update); });
  // A document that takes the place of another in the same tab has not run.
  connect(&workspace_, &Workspace::current_titled, this, &RunSubjects::update);
}

RunCurtain* RunSubjects::curtain(const QWidget* panel) const {
  for (RunCurtain* curtain : curtains_)
    if (curtain->parentWidget() == panel) return curtain;
  return nullptr;
}

void RunSubjects::update() {
  const bool any = !desk_.graph_name().isEmpty();
  const bool elsewhere = any && desk_.tab() != &workspace_.current();
  const QString subject = desk_.subject();
  for (qsizetype i = 0; i < panels_.size(); ++i) {
    if (elsewhere) {
      curtains_[i]->cover(desk_.tab() != nullptr ? subject : QString());
    } else {
      curtains_[i]->lift();
    }
    if (panels_[i] == all_.verdicts) continue;  // it says by itself what it is about, and on what it rests
    all_.docks().set_subject(Panels::dock_of(panels_[i]), elsewhere ? QString() : subject);
  }
  desk_.bar->set_elsewhere(elsewhere, desk_.graph_name());
  Q_EMIT told(subject, elsewhere);
}

}  // namespace feedline::gui
