// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/diagnosis_controller.h"

#include "gui/app/ask_to_stop.h"
#include "gui/canvas/graph_view.h"
#include "gui/diagnosis/diagnosis_panel.h"
#include "tuning/prove.h"

#include <QEvent>
#include <QTimer>
#include <QUndoStack>

#include <utility>

namespace feedline::gui::inline app {

DiagnosisController::DiagnosisController(LiveRunController& live_run, QWidget* window)
    : QObject(window), panel(new DiagnosisPanel(window)), live_run_(live_run), window_(window) {
  connect_run();
  connect_panel();
  connect_lab();
  panel->installEventFilter(this);
}

/// What was proven so far is read when it can be seen first.
bool DiagnosisController::eventFilter(QObject* watched, QEvent* event) {
  if (watched == panel && event->type() == QEvent::Show) {
    panel->removeEventFilter(this);
    experiments_.read_record();
  }
  return QObject::eventFilter(watched, event);
}

void DiagnosisController::connect_run() {
  RunController& runs = live_run_.runs();
  connect(&runs, &RunController::state_changed, this, [this](RunController::State state) {
    if (state != RunController::State::Preparing || live_run_.tab() == nullptr) return;
    document_ = live_run_.tab()->document().document();
    applied_ = {};
    panel->reset();
  });
  connect(&runs, &RunController::started, this, [this](const Started& fact) { panel->begin(document_, fact); });
  connect(&runs, &RunController::snapshot_taken, panel, [this](const Snapshot& now) { panel->show_snapshot(now); });
  connect(&runs, &RunController::finished, this, [this](const RunResult& result) {
    panel->finish(result);
    if (std::exchange(start_again_, false)) QTimer::singleShot(0, this, &DiagnosisController::start_again);
  });
  connect(&runs, &RunController::recorded, this, [this](qint64 run) {
    if (compare_with_ != 0 && run != compare_with_) Q_EMIT compare_wanted(std::exchange(compare_with_, 0), run);
  });
  connect(&live_run_, &LiveRunController::phase_changed, panel, &DiagnosisPanel::show_phase);
  connect(&live_run_, &LiveRunController::subject_changed, panel, [this] { panel->set_subject(live_run_.subject()); });
}

void DiagnosisController::connect_panel() {
  connect(panel, &DiagnosisPanel::apply_wanted, this, &DiagnosisController::apply);
  connect(panel, &DiagnosisPanel::prove_wanted, this, &DiagnosisController::prove);
  connect(panel, &DiagnosisPanel::tune_wanted, this, &DiagnosisController::tune);
  connect(panel, &DiagnosisPanel::gain_wanted, this, &DiagnosisController::measure_gain);
  connect(panel, &DiagnosisPanel::stop_wanted, &experiments_, &Experiments::stop);
  connect(panel, &DiagnosisPanel::verdict_changed, this, [this] { live_run_.show_bottleneck(panel->bottleneck()); });
  connect(panel, &DiagnosisPanel::node_wanted, this, [this](const QString& node) {
    if (live_run_.tab() == nullptr) return;
    live_run_.show_tab();
    live_run_.tab()->view().select_node(node);
  });
  connect(panel, &DiagnosisPanel::nodes_pointed_at, this, [this](const QStringList& nodes) {
    if (live_run_.tab() != nullptr) live_run_.tab()->view().point_out(nodes);
  });
  connect(panel, &DiagnosisPanel::undo_wanted, this, &DiagnosisController::undo);
  connect(panel, &DiagnosisPanel::rerun_wanted, this, &DiagnosisController::rerun);
}

void DiagnosisController::connect_lab() {
  connect(&experiments_, &Experiments::busy_changed, panel, &DiagnosisPanel::set_busy);
  connect(&experiments_, &Experiments::busy_changed, this, [this](bool busy) {
    if (!busy) rest_run(false);
  });
  connect(&experiments_, &Experiments::progressed, panel, &DiagnosisPanel::show_progress);
  connect(&experiments_, &Experiments::pair_measured, panel, &DiagnosisPanel::show_pairs);
  connect(&experiments_, &Experiments::proven, panel, &DiagnosisPanel::show_proof);
  connect(&experiments_, &Experiments::tuned, panel, &DiagnosisPanel::show_tuned);
  connect(&experiments_, &Experiments::gain_measured, panel, &DiagnosisPanel::show_gain);
  connect(&experiments_, &Experiments::recorded, panel, &DiagnosisPanel::show_record);
  connect(&experiments_, &Experiments::failed, this, [this](const Error& error) {
    if (error.code != ErrorCode::Cancelled) Q_EMIT message(QString::fromStdString(error.line()));
  });
}

void DiagnosisController::apply(const Fix& fix) {
  const QString title = QString::fromStdString(fix.title);
  DocumentTab* tab = live_run_.tab();
  if (tab == nullptr) {
    Q_EMIT message(tr("%1 is a fix of %2, which has been closed or replaced: open it and run it again")
                       .arg(title, live_run_.graph_name()));
    return;
  }
  live_run_.show_tab();  // what changes is seen
  const auto changed = with_edit(tab->document().document(), fix.edit);
  const bool there = changed && *changed == tab->document().document();
  if (there || (still_applied() && applied_.id == QString::fromStdString(fix.id))) {
    Q_EMIT message(tr("%1 is in the graph already: Run again to see what it brings, or Undo").arg(title));
    return;
  }
  const DocumentController::Named named(tab->document(), tr("Fix: %1").arg(title));
  if (const auto applied = tab->document().apply(fix.edit); !applied) {
    Q_EMIT message(tr("%1 does not fit the graph as it is now: %2. Run it again for a new verdict")
                       .arg(title, QString::fromStdString(applied.error().line())));
    return;
  }
  applied_ = {QString::fromStdString(fix.id), tab->document().undo_stack().index(), tab};
  panel->show_applied(applied_.id, title);
  connect(&tab->document().undo_stack(), &QUndoStack::indexChanged, this, &DiagnosisController::follow_undo,
          Qt::UniqueConnection);
  Q_EMIT message(tr("Applied: %1. Undo, or Run again and compare, in Diagnosis").arg(title));
}

bool DiagnosisController::still_applied() const {
  return applied_.tab && applied_.tab->document().undo_stack().index() >= applied_.index;
}

void DiagnosisController::follow_undo() {
  if (applied_.id.isEmpty() || still_applied()) return;
  applied_ = {};
  panel->show_applied({}, {});
}

void DiagnosisController::undo() {
  if (!still_applied()) return;
  QUndoStack& stack = applied_.tab->document().undo_stack();
  if (stack.index() > applied_.index) {
    Q_EMIT message(tr("Other changes came after it: Ctrl+Z takes them back one by one"));
    return;
  }
  stack.undo();
}

/// A run that goes on gives way to the one that it is compared with, if the user says so.
void DiagnosisController::rerun() {
  if (live_run_.tab() == nullptr || !live_run_.may_start_again() || live_run_.tab() == nullptr) return;
  compare_with_ = live_run_.runs().run_number();
  if (!live_run_.active()) return start_again();
  start_again_ = true;
  live_run_.runs().stop();
}

void DiagnosisController::start_again() {
  if (live_run_.tab() == nullptr) return;
  Q_EMIT message(tr("The comparison opens when this run has ended or is stopped"));
  live_run_.start(*live_run_.tab());
}

void DiagnosisController::prove(const Fix& fix) {
  const auto& found = panel->live().diagnosis();
  if (experiments_.busy() || !found) return;
  rest_run(true);
  const QString name = live_run_.tab() != nullptr ? live_run_.tab()->display_name() : tr("a closed graph");
  // What is predicted of an exchange is measured with as many ranks.
  experiments_.prove(document_, fix, name, found->verdict.kind, static_cast<int>(found->profile.rank_count()));
}

void DiagnosisController::tune() {
  if (experiments_.busy()) return;
  if (document_.nodes().empty()) {
    Q_EMIT message(tr("Run the graph first: tuning begins from its diagnosis"));
    return;
  }
  rest_run(true);
  experiments_.tune(document_);
}

void DiagnosisController::measure_gain(const QString& node, double factor) {
  if (experiments_.busy()) return;
  rest_run(true);
  experiments_.measure_gain(document_, node, factor);
}

bool DiagnosisController::find_rate(const Document& document, std::uint64_t steps) {
  if (experiments_.busy()) return false;
  rest_run(true);
  experiments_.find_rate(document, steps);
  return true;
}

bool DiagnosisController::may_leave() {
  return !experiments_.measuring() ||
         ask_to_stop({.title = tr("A measurement is going on"),
                      .text = tr("Stop measuring and close?"),
                      .loss = tr("What the proof or the tuning has measured so far is lost."),
                      .stop = tr("&Stop and close"),
                      .keep = tr("&Keep measuring")},
                     window_);
}

void DiagnosisController::rest_run(bool rest) {
  RunController& runs = live_run_.runs();
  if (rest && runs.state() == RunController::State::Running) {
    rests_ = true;
    runs.pause();
  } else if (!rest && std::exchange(rests_, false) && runs.state() == RunController::State::Paused) {
    runs.resume();
  }
}

}  // namespace feedline::gui::inline app
