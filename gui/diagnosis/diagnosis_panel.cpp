// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/diagnosis/diagnosis_panel.h"

#include "gui/base/in_view.h"
#include "gui/base/theme.h"
#include "gui/diagnosis/curve_verdicts.h"
#include "gui/diagnosis/fix_list.h"
#include "gui/diagnosis/node_links.h"
#include "gui/diagnosis/rate_bars.h"
#include "gui/diagnosis/scaling_plot.h"
#include "gui/diagnosis/steady_part.h"
#include "gui/diagnosis/whatif_form.h"
#include "gui/models/text.h"
#include "gui/plots/plot_panel.h"
#include "tuning/curve_points.h"

#include <QBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QResizeEvent>
#include <QScrollArea>
#include <QToolButton>

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::gui::inline diagnosis {
namespace {

/// Narrower than this, the parts stand one above the other.
constexpr int kSideBySide = 760;

QString limit_text(const Solution& solution) {
  if (solution.limits.empty()) return {};
  const Limit& limit = solution.tightest();
  const QString node = QString::fromStdString(limit.node);
  switch (limit.kind) {
    case LimitKind::Cores:
      return DiagnosisPanel::tr("set by the cores, most on %1").arg(node);
    case LimitKind::Workers:
      return DiagnosisPanel::tr("set by the workers, longest in %1").arg(node);
    case LimitKind::Sequential:
      return DiagnosisPanel::tr("set by %1, one at a time").arg(node);
    case LimitKind::Disk:
      return DiagnosisPanel::tr("set by the disk");
    case LimitKind::Turns:
      return DiagnosisPanel::tr("loading and step take turns");
    case LimitKind::Exchange:
      return DiagnosisPanel::tr("set by the exchange of gradients");
    case LimitKind::Step:
      break;
  }
  return DiagnosisPanel::tr("set by the training step");
}

/// The one thing that the sliders make faster; none: nothing, several, or something else too.
std::optional<std::pair<std::string, double>> one_faster(const WhatIf& change, const std::string& trainer) {
  if (change.cores || change.memory || change.disk_bytes_per_s || change.batch || change.of_ranks())
    return std::nullopt;
  std::vector<std::pair<std::string, double>> faster = change.faster;
  if (change.step_speedup > 1) faster.emplace_back(trainer, change.step_speedup);
  return faster.size() == 1 ? std::optional(faster.front()) : std::nullopt;
}

}  // namespace

DiagnosisPanel::DiagnosisPanel(QWidget* parent) : QWidget(parent) {
  auto* area = new QScrollArea(this);
  area->setWidgetResizable(true);
  area->setFrameShape(QFrame::NoFrame);
  area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* content = new QWidget;
  content->setObjectName(QStringLiteral("ground"));
  parts_ = new QBoxLayout(QBoxLayout::LeftToRight, content);
  parts_->setContentsMargins(Theme::kUnit * 3 / 2, Theme::kUnit, Theme::kUnit * 3 / 2, Theme::kUnit);
  parts_->setSpacing(Theme::kUnit * 3);
  parts_->addWidget(make_advice(), 5);
  parts_->addWidget(make_rates(), 4);
  area->setWidget(content);
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  outer->addWidget(area);
  outer->addWidget(make_applied());  // below all, so that no row moves when it comes
  new PaintNotifier(content, [this] {
    if (untold_) QMetaObject::invokeMethod(this, &DiagnosisPanel::catch_up, Qt::QueuedConnection);
  });
  reset();
}

void DiagnosisPanel::reset() {
  live_.reset();
  untold_ = false;
  tuned_.reset();
  verdict_part_->forget();
  tell_wait();
  bars_->hide();
  for (QToolButton* unfold : {unfold_, unfold_scaling_}) {
    unfold->setChecked(false);
    unfold->hide();
  }
  ranks_seen_ = false;
  gain_->clear();
  gain_->hide();
  outcome_->clear();
  outcome_->hide();
  measure_->setEnabled(false);
  curves_->clear();
  fixes_->clear();
  fixes_->hide();
  no_fixes_yet_->show();
  show_applied({}, {});
  tell_subject();
  if (!std::exchange(bottleneck_, {}).isEmpty()) Q_EMIT verdict_changed();
  Q_EMIT judged();
}

void DiagnosisPanel::begin(const Document& document, const Started& fact) {
  phase_ = {.kind = RunPhase::Kind::Running};
  reset();
  live_.begin(document, fact);
}

void DiagnosisPanel::show_phase(const RunPhase& phase) {
  phase_ = phase;
  if (!live_.diagnosis()) tell_wait();
}

void DiagnosisPanel::set_subject(const QString& subject) {
  about_ = subject;
  tell_subject();
}

void DiagnosisPanel::tell_subject() {
  QStringList words;
  if (!about_.isEmpty()) words << about_;
  switch (live_.basis()) {
    case LiveDiagnosis::Basis::None:
      break;
    case LiveDiagnosis::Basis::Recent:
      words << tr("last %1 s of training").arg(seconds_measured());
      break;
    case LiveDiagnosis::Basis::Earlier:
      words << tr("the last verdict; measuring again");
      break;
    case LiveDiagnosis::Basis::WholeRun:
      words << tr("the whole run, training only, after the warm-up");
      break;
  }
  subject_->setText(words.join(QStringLiteral(" · ")));
  subject_->setVisible(!words.isEmpty());
}

void DiagnosisPanel::show_snapshot(const Snapshot& now) {
  if (!live_.add(now)) return;
  note_bottleneck();
  Q_EMIT judged();
  untold_ = true;
  if (in_view(*this)) retell();
}

void DiagnosisPanel::finish(const RunResult& result) {
  live_.finish(result);
  curves_->show_findings(judge_run(live_.document(), result.epochs), live_.document());
  note_bottleneck();
  Q_EMIT judged();
  retell();
}

void DiagnosisPanel::note_bottleneck() {
  const auto& found = live_.diagnosis();
  const QString named = found ? QString::fromStdString(found->verdict.node) : QString();
  if (named == bottleneck_) return;
  bottleneck_ = named;
  Q_EMIT verdict_changed();
}

void DiagnosisPanel::catch_up() {
  if (untold_) retell();
}

void DiagnosisPanel::retell() {
  untold_ = false;
  tell_subject();
  if (!live_.diagnosis()) return tell_wait();
  const Diagnosis& found = *live_.diagnosis();
  std::vector<std::string> sentences = found.verdict.evidence;
  sentences.insert(sentences.end(), found.verdict.concerns.begin(), found.verdict.concerns.end());
  if (found.verdict.confidence > 0)
    sentences.push_back(tr("Confidence %1.").arg(percent(found.verdict.confidence)).toStdString());
  if (!live_.disturbance().empty())
    sentences.push_back(tr("Just now: %1").arg(QString::fromStdString(live_.disturbance())).toStdString());
  std::vector<std::string> nodes;
  for (const NodeCost& node : found.profile.nodes) nodes.push_back(node.node);
  QStringList plain;
  QStringList rich;
  const auto linked = [&](const std::string& sentence) {
    return with_node_links(sentence, found.verdict, nodes, live_.facts().trainer_node);
  };
  for (const std::string& sentence : sentences) {
    plain << QString::fromStdString(sentence);
    rich << linked(sentence);
  }
  headline_plain_ = QString::fromStdString(found.verdict.headline);
  evidence_plain_ = plain.join(QLatin1Char(' '));
  headline_->setText(linked(found.verdict.headline));
  evidence_->setText(rich.join(QLatin1Char(' ')));
  what_if_->set_facts(live_.facts(), found.profile);
  bars_->setVisible(found.profile.samples > 0);
  unfold_->setVisible(found.profile.samples > 0);
  // Estimators learn in one process, and so do networks that are cut into stages.
  const bool scales = found.profile.samples > 0 && live_.facts().network && live_.facts().execution.stages < 2;
  unfold_scaling_->setVisible(scales);
  if (scales && found.profile.ranks.size() > 1 && !std::exchange(ranks_seen_, true)) unfold_scaling_->setChecked(true);
  show_fixes();
  solve();
}

void DiagnosisPanel::tell_wait() {
  headline_plain_ = wait_headline();
  evidence_plain_ = wait_evidence();
  headline_->setText(headline_plain_.toHtmlEscaped());
  evidence_->setText(evidence_plain_.toHtmlEscaped());
}

QString DiagnosisPanel::wait_headline() const {
  switch (phase_.kind) {
    case RunPhase::Kind::None:
      break;
    case RunPhase::Kind::Preparing:
      return phase_.preparing_text() + QLatin1Char('.');
    case RunPhase::Kind::Running:
      return tr("Measuring…");
    case RunPhase::Kind::Paused:
      return tr("Paused before there was a verdict.");
    case RunPhase::Kind::Ended:
      return tr("The run ended before there was a verdict.");
    case RunPhase::Kind::Failed:
      return tr("The run failed before there was a verdict. The reason is in Log.");
  }
  return tr("Press Run to learn what limits it.");
}

QString DiagnosisPanel::wait_evidence() const {
  const auto missing = static_cast<qsizetype>(live_.steps_missing());
  const bool measures = phase_.kind == RunPhase::Kind::Running || phase_.kind == RunPhase::Kind::Paused;
  if (!measures || missing == 0) return tr("A verdict needs twenty steps after the warm-up.");
  if (!live_.warm()) return tr("Warming up. The verdict needs %1 steps of training after that.").arg(missing);
  return count_text(missing, tr("The verdict needs one more step of training."),
                    tr("The verdict needs %1 more steps of training."));
}

void DiagnosisPanel::show_fixes() {
  if (live_.basis() == LiveDiagnosis::Basis::Earlier && !fixes_->fixes().empty()) return fixes_->set_stale(true);
  std::vector<Fix> fixes = live_.fixes();
  if (tuned_) fixes.insert(fixes.begin(), *tuned_);
  const bool others = live_.diagnosis() && live_.diagnosis()->verdict.kind == VerdictKind::Contention;
  fixes_->set_empty_text(others ? tr("Fixes are sought when other programs leave the cores alone.")
                                : tr("No fix is predicted to help."));
  fixes_->show_fixes(fixes);
  fixes_->show();
  no_fixes_yet_->hide();
}

void DiagnosisPanel::show_tuned(const TuneResult& result) {
  QStringList changes;
  for (const TuneStep& step : result.steps)
    if (step.kept) changes << QString::fromStdString(step.title);
  if (result.improved) {
    tuned_ = Fix{.id = "tuned",
                 .title = tr("Tuned: %1").arg(changes.join(QStringLiteral("; "))).toStdString(),
                 .why = tr("Measured side by side with the graph as it was.").toStdString(),
                 .edit = result.edit(),
                 .predicted_ratio = result.gain.ratio};
  } else {
    tuned_.reset();
  }
  show_fixes();
  outcome_->setText(
      result.improved
          ? tr("Tuning found settings that are %1 times as fast.").arg(QString::number(result.gain.ratio, 'f', 2))
          : tr("Tuning found nothing faster."));
  outcome_->show();
}

/// Of training, that the verdict rests on: with slow steps it takes longer until there are enough.
int DiagnosisPanel::seconds_measured() const {
  return std::max(1, static_cast<int>(std::lround(live_.diagnosis() ? live_.diagnosis()->profile.seconds : 0)));
}

QString DiagnosisPanel::measured_when() const {
  switch (live_.basis()) {
    case LiveDiagnosis::Basis::WholeRun:
      return tr("training only, after the warm-up");
    case LiveDiagnosis::Basis::Earlier:
      return tr("training only, %1 s earlier in the run").arg(seconds_measured());
    case LiveDiagnosis::Basis::None:
    case LiveDiagnosis::Basis::Recent:
      break;
  }
  return tr("training only, last %1 s").arg(seconds_measured());
}

void DiagnosisPanel::solve() {
  const WhatIf change = what_if_->change();
  measure_->setEnabled(!busy_ && live_.diagnosis() && one_faster(change, live_.facts().trainer_node));
  if (!live_.diagnosis()) return;
  const Diagnosis& found = *live_.diagnosis();
  RateBars::Rates rates{.measured = found.measured(),
                        .measured_when = measured_when(),
                        .ceiling = found.ceiling.samples_per_s,
                        .ceiling_limit = limit_text(found.ceiling)};
  if (!found.cached_at.empty()) {
    rates.cached = found.cached_ceiling.samples_per_s;
    rates.cached_limit =
        tr("behind %1, %2").arg(QString::fromStdString(found.cached_at), limit_text(found.cached_ceiling));
  }
  if (!change.nothing()) {
    const WhatIfAnswer answer = what_if(live_.facts(), found, change);
    rates.what_if = answer.rate();
    rates.what_if_limit = limit_text(answer.solution);
  }
  bars_->show_rates(rates);
  show_scaling();
}

/// With what the sliders say of machines and batch.
void DiagnosisPanel::show_scaling() {
  if (!unfold_scaling_->isChecked() || !live_.diagnosis() || live_.diagnosis()->profile.samples == 0) return;
  scaling_->show_scaling(scaling_with(live_.facts(), *live_.diagnosis(), what_if_->change()));
}

void DiagnosisPanel::ask_for_gain() {
  if (const auto faster = one_faster(what_if_->change(), live_.facts().trainer_node))
    Q_EMIT gain_wanted(QString::fromStdString(faster->first), faster->second);
}

void DiagnosisPanel::show_gain(const VirtualGain& gain) {
  gain_->setText(
      tr("Measured: with %1 looking %2 times faster, %3 times as many samples/s (%4 to %5). The formula says %6 "
         "times: %7")
          .arg(QString::fromStdString(gain.node))
          .arg(gain.factor, 0, 'g', 3)
          .arg(gain.ratio.ratio, 0, 'f', 2)
          .arg(gain.ratio.low, 0, 'f', 2)
          .arg(gain.ratio.high, 0, 'f', 2)
          .arg(gain.predicted, 0, 'f', 2)
          .arg(gain.agree() ? tr("they agree.")
                            : tr("they do not agree. Trust the measurement: it sees contention, caches and "
                                 "queues.")));
  gain_->show();
}

void DiagnosisPanel::set_busy(bool busy) {
  busy_ = busy;
  fixes_->set_busy(busy);
  tune_->setText(busy ? tr("Stop") : tr("Tune"));
  solve();
  progress_->clear();
  progress_->setVisible(busy);
  if (busy) outcome_->hide();
}

void DiagnosisPanel::show_progress(const QString& what, double seconds_left) {
  progress_->setText(tr("%1 · %2 to go").arg(what, clock_text(seconds_left)));
}

void DiagnosisPanel::show_pairs(const Fix& fix, const Proof& so_far) { fixes_->show_pairs(fix, so_far); }
void DiagnosisPanel::show_proof(const Fix& fix, const Proof& proof) { fixes_->show_proof(fix, proof); }

void DiagnosisPanel::show_applied(const QString& id, const QString& title) {
  applied_->setText(id.isEmpty() ? QString() : tr("Applied: %1.").arg(title));
  applied_part_->setVisible(!id.isEmpty());
  fixes_->set_applied(id);
}

void DiagnosisPanel::show_record(const std::vector<Prediction>& predictions) {
  if (predictions.empty()) {
    record_->setText(tr("No prediction has been proved yet."));
    return;
  }
  const TrackRecord record = track_record(predictions);
  record_->setText(count_text(static_cast<qsizetype>(record.count), tr("Track record: 1 prediction"),
                              tr("Track record: %1 predictions")) +
                   tr(", median error %1, right direction %2 of %3.")
                       .arg(percent(record.median_error))
                       .arg(record.right_direction)
                       .arg(record.count));
}

QWidget* DiagnosisPanel::verdict_part() const { return verdict_part_; }
QString DiagnosisPanel::verdict_text() const { return headline_plain_ + QLatin1Char(' ') + evidence_plain_; }
QString DiagnosisPanel::subject_text() const { return subject_->text(); }
QString DiagnosisPanel::bottleneck() const { return bottleneck_; }
QString DiagnosisPanel::progress_text() const { return progress_->text(); }
QString DiagnosisPanel::applied_text() const { return applied_->text(); }
QString DiagnosisPanel::gain_text() const { return gain_->text(); }
QString DiagnosisPanel::record_text() const { return record_->text(); }
QSize DiagnosisPanel::sizeHint() const { return {720, 260}; }
QSize DiagnosisPanel::minimumSizeHint() const { return {220, 100}; }

void DiagnosisPanel::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  const auto wanted = event->size().width() < kSideBySide ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight;
  if (parts_->direction() != wanted) parts_->setDirection(wanted);
}

}  // namespace feedline::gui::inline diagnosis
