// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/study_controller.h"

#include "gui/app/ask_to_stop.h"
#include "gui/app/live_run_controller.h"
#include "gui/app/run_source.h"
#include "gui/base/actions.h"
#include "gui/workspace/workspace.h"

#include <QAction>

#include <utility>

namespace feedline::gui::inline app {

StudyController::StudyController(Workspace& workspace, Actions& actions, LiveRunController& live_run, QWidget* window)
    : QObject(window), workspace_(workspace), live_run_(live_run), window_(window) {
  connect(actions.study, &QAction::triggered, this, &StudyController::open);
}

StudyWindow& StudyController::study_window() {
  if (study_window_) return *study_window_;
  study_window_ = new StudyWindow(window_);
  connect(study_window_, &StudyWindow::start_wanted, this, &StudyController::start);
  connect(study_window_, &StudyWindow::stop_wanted, &experiments_, &Experiments::stop);
  connect(&experiments_, &Experiments::busy_changed, study_window_, &StudyWindow::set_busy);
  connect(&experiments_, &Experiments::progressed, study_window_, &StudyWindow::show_progress);
  connect(&experiments_, &Experiments::trial_over, study_window_, &StudyWindow::show_study);
  connect(&experiments_, &Experiments::studied, study_window_, &StudyWindow::show_study);
  connect(&experiments_, &Experiments::failed, study_window_, &StudyWindow::show_error);
  return *study_window_;
}

void StudyController::open() {
  StudyWindow& shown = study_window();
  if (!experiments_.busy()) {
    const DocumentTab& tab = workspace_.current();
    document_ = tab.document().document();
    source_ = run_source(tab);
    shown.show_graph(tab.display_name(), document_);
  }
  shown.show();
  shown.raise();
  shown.activateWindow();
}

bool StudyController::may_leave() {
  return !experiments_.measuring() ||
         ask_to_stop({.title = tr("A study is going on"),
                      .text = tr("Stop the study and close?"),
                      .loss = tr("Its runs are in the record; what it has not tried yet stays untried."),
                      .stop = tr("&Stop and close"),
                      .keep = tr("&Keep studying")},
                     window_);
}

void StudyController::start(const StudyRequest& request) {
  if (live_run_.active()) {
    study_window().show_error({.reason = "a run is going on, which would slow the study's runs down",
                               .remedy = tr("Wait for its end, or stop it").toStdString()});
    return;
  }
  auto settings = study_grid(document_, request.variations);
  if (!settings) {
    study_window().show_error(settings.error());
    return;
  }
  experiments_.study(
      std::move(*settings),
      {.name = new_study_name(), .seeds = request.seeds, .budget_s = request.budget_s, .target = request.target},
      source_);
}

}  // namespace feedline::gui::inline app
