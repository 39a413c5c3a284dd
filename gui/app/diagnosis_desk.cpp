// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/diagnosis_desk.h"

#include "diagnosis/diagnosis_panel.h"

#include <QEvent>

#include <utility>

namespace feedline::gui {

DiagnosisDesk::DiagnosisDesk(RunDesk& desk, QWidget* window)
    : QObject(window), panel(new DiagnosisPanel(window)), desk_(desk) {
  connect_run();
  connect_panel();
  connect_lab();
  panel->installEventFilter(this);
}

/// What was proven so far is read when it can be seen first.
bool DiagnosisDesk::eventFilter(QObject* watched, QEvent* event) {
  if (watched == panel && event->type() == QEvent::Show) {
    panel->removeEventFilter(this);
    lab_.read_record();
  }
  return QObject::eventFilter(watched, event);
}

void DiagnosisDesk::connect_run() {
  RunController& runs = desk_.runs();
  connect(&runs, &RunController::state_changed, this, [this](RunController::State state) {
    if (state != RunController::State::Preparing || desk_.tab() == nullptr) return;
    document_ = desk_.tab()->document().document();
    panel->reset();
  });
  connect(&runs, &RunController::started, this, [this](const Started& fact) { panel->begin(document_, fact); });
  connect(&runs, &RunController::snapshot_taken, panel, [this](const Snapshot& now) { panel->show_snapshot(now); });
}

void DiagnosisDesk::connect_panel() {
  connect(panel, &DiagnosisPanel::apply_wanted, this, &DiagnosisDesk::apply);
  connect(panel, &DiagnosisPanel::prove_wanted, this, &DiagnosisDesk::prove);
  connect(panel, &DiagnosisPanel::tune_wanted, this, &DiagnosisDesk::tune);
  connect(panel, &DiagnosisPanel::gain_wanted, this, &DiagnosisDesk::measure_gain);
  connect(panel, &DiagnosisPanel::stop_wanted, &lab_, &Lab::stop);
}

void DiagnosisDesk::connect_lab() {
  connect(&lab_, &Lab::busy_changed, panel, &DiagnosisPanel::set_busy);
  connect(&lab_, &Lab::busy_changed, this, [this](bool busy) {
    if (!busy) rest_run(false);
  });
  connect(&lab_, &Lab::progressed, panel, &DiagnosisPanel::show_progress);
  connect(&lab_, &Lab::proven, panel, &DiagnosisPanel::show_proof);
  connect(&lab_, &Lab::tuned, panel, &DiagnosisPanel::show_tuned);
  connect(&lab_, &Lab::gain_measured, panel, &DiagnosisPanel::show_gain);
  connect(&lab_, &Lab::recorded, panel, &DiagnosisPanel::show_record);
  connect(&lab_, &Lab::failed, this, [this](const Error& error) {
    if (error.code != ErrorCode::Cancelled) Q_EMIT message(QString::fromStdString(error.line()));
  });
}

void DiagnosisDesk::apply(const Fix& fix) {
  if (desk_.tab() == nullptr) return;
  const DocumentController::Named named(desk_.tab()->document(), tr("Fix: %1").arg(QString::fromStdString(fix.title)));
  const auto applied = desk_.tab()->document().apply(fix.edit);
  Q_EMIT message(
      applied ? tr("Applied: %1. Run again to see it; Undo takes it back.").arg(QString::fromStdString(fix.title))
              : QString::fromStdString(applied.error().line()));
}

void DiagnosisDesk::prove(const Fix& fix) {
  const auto& found = panel->live().diagnosis();
  if (lab_.busy() || !found) return;
  rest_run(true);
  const QString name = desk_.tab() != nullptr ? desk_.tab()->display_name() : tr("a closed graph");
  lab_.prove(document_, fix, name, found->verdict.kind);
}

void DiagnosisDesk::tune() {
  if (lab_.busy()) return;
  if (document_.nodes().empty()) {
    Q_EMIT message(tr("Run the graph first: tuning begins from its diagnosis"));
    return;
  }
  rest_run(true);
  lab_.tune(document_);
}

void DiagnosisDesk::measure_gain(const QString& node, double factor) {
  if (lab_.busy()) return;
  rest_run(true);
  lab_.measure_gain(document_, node, factor);
}

void DiagnosisDesk::rest_run(bool rest) {
  RunController& runs = desk_.runs();
  if (rest && runs.state() == RunController::State::Running) {
    rests_ = true;
    runs.pause();
  } else if (!rest && std::exchange(rests_, false) && runs.state() == RunController::State::Paused) {
    runs.resume();
  }
}

}  // namespace feedline::gui
