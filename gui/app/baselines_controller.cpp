// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/baselines_controller.h"

#include "gui/app/ask_to_stop.h"
#include "gui/app/live_run_controller.h"
#include "gui/app/run_source.h"
#include "gui/base/actions.h"
#include "gui/models/text.h"
#include "gui/workspace/workspace.h"

#include <QAction>

#include <utility>

namespace feedline::gui::inline app {

BaselinesController::BaselinesController(Workspace& workspace, Actions& actions, LiveRunController& live_run,
                                         QWidget* window)
    : QObject(window), workspace_(workspace), live_run_(live_run), window_(window) {
  connect(actions.baselines, &QAction::triggered, this, &BaselinesController::open);
}

BaselinesWindow& BaselinesController::baselines_window() {
  if (shown_) return *shown_;
  shown_ = new BaselinesWindow(window_);
  connect(shown_, &BaselinesWindow::start_wanted, this, &BaselinesController::start);
  connect(shown_, &BaselinesWindow::stop_wanted, &experiments_, &Experiments::stop);
  connect(shown_, &BaselinesWindow::use_wanted, this, &BaselinesController::use);
  connect(&experiments_, &Experiments::busy_changed, shown_, &BaselinesWindow::set_busy);
  connect(&experiments_, &Experiments::progressed, shown_, &BaselinesWindow::show_progress);
  connect(&experiments_, &Experiments::baseline_fitted, shown_, &BaselinesWindow::show_baselines);
  connect(&experiments_, &Experiments::baselines_found, shown_, &BaselinesWindow::show_baselines);
  connect(&experiments_, &Experiments::failed, shown_, &BaselinesWindow::show_error);
  return *shown_;
}

void BaselinesController::open() {
  BaselinesWindow& shown = baselines_window();
  if (!experiments_.busy()) {
    tab_ = &workspace_.current();
    shown.show_graph(tab_->display_name());
  }
  shown.show();
  shown.raise();
  shown.activateWindow();
}

bool BaselinesController::may_leave() {
  return !experiments_.measuring() ||
         ask_to_stop({.title = tr("Baselines are being fitted"),
                      .text = tr("Stop them and close?"),
                      .loss = tr("The runs so far are in the record; models that are still to come stay unfitted."),
                      .stop = tr("&Stop and close"),
                      .keep = tr("&Keep comparing")},
                     window_);
}

void BaselinesController::start(const BaselinesRequest& request) {
  if (live_run_.active()) {
    baselines_window().show_error({.reason = "a run is going on, and both would slow each other down",
                                   .remedy = tr("Wait for its end, or stop it").toStdString()});
    return;
  }
  if (!tab_) {
    baselines_window().show_error({.reason = "the graph has been closed", .remedy = tr("Open it again").toStdString()});
    return;
  }
  experiments_.baselines(tab_->document().document(),
                         {.name = new_baselines_name(), .folds = request.folds, .budget_s = request.budget_s},
                         run_source(*tab_));
}

void BaselinesController::use(const QString& title, const ModelPart& part) {
  if (!tab_) {
    baselines_window().show_used(tr("The graph has been closed."));
    return;
  }
  workspace_.show(*tab_);  // what changes is seen
  const auto edit = replace_model(tab_->document().document(), part);
  if (!edit) {
    baselines_window().show_error(edit.error());
    return;
  }
  const DocumentController::Named named(tab_->document(), tr("Use %1").arg(title));
  if (const Status applied = tab_->document().apply(*edit); !applied) {
    baselines_window().show_error(applied.error());
    return;
  }
  baselines_window().show_used(tr("%1: it stands in the graph now; undo takes it back.").arg(title));
}

}  // namespace feedline::gui::inline app
