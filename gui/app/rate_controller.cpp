// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/rate_controller.h"

#include "gui/base/actions.h"
#include "gui/diagnosis/find_rate_window.h"
#include "gui/inspector/inspector_panel.h"
#include "gui/models/text.h"

#include <QAction>

#include <utility>

namespace feedline::gui::inline app {

RateController::RateController(Workspace& workspace, Actions& actions, LiveRunController& live_run,
                               DiagnosisController& diagnosis, InspectorPanel& inspector, QWidget* window)
    : QObject(window),
      workspace_(workspace),
      live_run_(live_run),
      diagnosis_(diagnosis),
      inspector_(inspector),
      window_(window) {
  connect(actions.find_rate, &QAction::triggered, this, &RateController::find);
  connect(&inspector_, &InspectorPanel::find_rate_wanted, this, &RateController::find);
  follow_run();
  connect_test();
}

RateController::~RateController() = default;

FindRateWindow* RateController::find_window() const { return shown_; }

void RateController::follow_run() {
  connect(&live_run_.runs(), &RunController::snapshot_taken, this, [this](const Snapshot& now) { mark(&now.trainer); });
  connect(&live_run_.runs(), &RunController::state_changed, this, [this] {
    if (!live_run_.active()) mark(nullptr);
  });
}

/// Of the graph that is looked at alone.
void RateController::mark(const TrainerSample* now) {
  inspector_.show_training(live_run_.active() && live_run_.tab() == &workspace_.current() ? now : nullptr);
}

void RateController::connect_test() {
  Experiments& experiments = diagnosis_.experiments();
  connect(&experiments, &Experiments::rate_found, this, [this](const FoundRate& found) {
    if (shown_) shown_->show_found(found);
  });
  connect(&experiments, &Experiments::failed, this, [this](const Error& error) {
    if (testing_ && shown_) shown_->show_failure(error);
  });
  connect(&experiments, &Experiments::busy_changed, this, [this](bool busy) {
    if (!busy) testing_ = false;
  });
}

void RateController::find() { test(workspace_.current(), FindRateOptions{}.steps); }

/// An unsure proposal becomes surer with more steps between the same rates.
void RateController::test_longer() {
  if (tested_) test(*tested_, FindRateWindow::kMoreSteps * steps_);
}

void RateController::test(DocumentTab& tab, std::uint64_t steps) {
  if (!tab.document().analysis().ok()) {
    Q_EMIT refused(tab);
    return;
  }
  if (!diagnosis_.find_rate(tab.document().document(), steps)) {
    Q_EMIT message(tr("Something is being measured: wait for its end, or stop it in Diagnosis"));
    return;
  }
  steps_ = steps;
  testing_ = true;
  tested_ = &tab;
  if (!shown_) {
    shown_ = new FindRateWindow(window_);
    shown_->setAttribute(Qt::WA_DeleteOnClose);
    connect(shown_, &FindRateWindow::use_wanted, this, &RateController::use);
    connect(shown_, &FindRateWindow::more_wanted, this, &RateController::test_longer);
    connect(shown_, &FindRateWindow::stop_wanted, &diagnosis_.experiments(), &Experiments::stop);
  }
  shown_->begin(tab.display_name());
  shown_->show();
  shown_->raise();
}

void RateController::use(const QString& node, double rate) {
  if (!tested_) {
    shown_->show_used(tr("The graph has been closed."));
    return;
  }
  workspace_.show(*tested_);  // what changes is seen
  const QString number = QString::number(rate, 'g', 2);
  const DocumentController::Named named(tested_->document(), tr("Learning rate %1").arg(number));
  const auto applied =
      tested_->document().apply({SetParam{.node = node.toStdString(), .param = "learning_rate", .value = Value(rate)}});
  shown_->show_used(applied ? tr("%1 has it now; undo takes it back.").arg(node) : to_qstring(applied.error().line()));
}

}  // namespace feedline::gui::inline app
