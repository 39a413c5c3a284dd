// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/diagnosis_panel.h"

#include "app/in_view.h"
#include "app/theme.h"
#include "diagnosis/fix_list.h"
#include "diagnosis/rate_bars.h"
#include "diagnosis/whatif_form.h"
#include "models/text.h"
#include "plots/plot_panel.h"

#include <QBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QResizeEvent>
#include <QScrollArea>

namespace feedline::gui {
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
    case LimitKind::Step:
      break;
  }
  return DiagnosisPanel::tr("set by the training step");
}

QLabel* caption(const QString& text, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  label->setFont(Theme::instance().bold_font());
  return label;
}

QLabel* paragraph(QWidget* parent) {
  auto* label = new QLabel(parent);
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  label->setAlignment(Qt::AlignLeft | Qt::AlignTop);
  return label;
}

/// The one thing that the sliders make faster; none: nothing, several, or something else too.
std::optional<std::pair<std::string, double>> one_faster(const WhatIf& change, const std::string& trainer) {
  if (change.cores || change.memory || change.disk_bytes_per_s || change.batch) return std::nullopt;
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
  parts_->addWidget(make_verdict(), 4);
  parts_->addWidget(make_what_if(), 3);
  parts_->addWidget(make_fixes(), 4);
  area->setWidget(content);
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  outer->addWidget(area);
  new Lookout(content, [this] {
    if (untold_) QMetaObject::invokeMethod(this, &DiagnosisPanel::catch_up, Qt::QueuedConnection);
  });
  reset();
}

QWidget* DiagnosisPanel::make_verdict() {
  auto* part = new QWidget(this);
  auto* column = new QVBoxLayout(part);
  column->setContentsMargins(0, 0, 0, 0);
  headline_ = paragraph(part);
  headline_->setFont(Theme::instance().bold_font());
  evidence_ = paragraph(part);
  bars_ = new RateBars(part);
  column->addWidget(headline_);
  column->addWidget(evidence_);
  column->addSpacing(Theme::kUnit);
  column->addWidget(bars_);
  column->addStretch();
  return part;
}

QWidget* DiagnosisPanel::make_what_if() {
  auto* part = new QWidget(this);
  auto* column = new QVBoxLayout(part);
  column->setContentsMargins(0, 0, 0, 0);
  auto* title = new QHBoxLayout;
  title->addWidget(caption(tr("What if"), part));
  title->addStretch();
  measure_ = new QPushButton(tr("Measure"), part);
  measure_->setObjectName(QStringLiteral("measure_gain"));
  measure_->setToolTip(
      tr("Measures what one faster node (or a faster step) brings: the graph runs, and everything else is delayed in "
         "proportion. It sees contention, caches and queues, which the formula behind the sliders does not."));
  title->addWidget(measure_);
  auto* clear = new QPushButton(tr("As it is"), part);
  clear->setToolTip(tr("Puts all sliders back"));
  title->addWidget(clear);
  what_if_ = new WhatIfForm(part);
  column->addLayout(title);
  gain_ = paragraph(part);
  column->addWidget(what_if_);
  column->addWidget(gain_);
  column->addStretch();
  connect(measure_, &QPushButton::clicked, this, &DiagnosisPanel::ask_for_gain);
  connect(clear, &QPushButton::clicked, what_if_, &WhatIfForm::clear);
  connect(what_if_, &WhatIfForm::changed, this, &DiagnosisPanel::solve);
  return part;
}

QWidget* DiagnosisPanel::make_fixes() {
  auto* part = new QWidget(this);
  auto* column = new QVBoxLayout(part);
  column->setContentsMargins(0, 0, 0, 0);
  auto* title = new QHBoxLayout;
  title->addWidget(caption(tr("Fixes"), part));
  title->addStretch();
  tune_ = new QPushButton(tr("Tune"), part);
  tune_->setToolTip(tr("Tries what is predicted to help, in the background, and offers the fastest settings found"));
  title->addWidget(tune_);
  fixes_ = new FixList(part);
  progress_ = paragraph(part);
  record_ = paragraph(part);
  record_->setFont(Theme::instance().small_font());
  column->addLayout(title);
  column->addWidget(progress_);
  column->addWidget(fixes_);
  column->addSpacing(Theme::kUnit);
  column->addWidget(record_);
  column->addStretch();
  connect(fixes_, &FixList::apply_wanted, this, &DiagnosisPanel::apply_wanted);
  connect(fixes_, &FixList::prove_wanted, this, &DiagnosisPanel::prove_wanted);
  connect(tune_, &QPushButton::clicked, this, [this] {
    if (busy_) {
      Q_EMIT stop_wanted();
    } else {
      Q_EMIT tune_wanted();
    }
  });
  return part;
}

void DiagnosisPanel::reset() {
  live_.reset();
  untold_ = false;
  tuned_.reset();
  headline_->setText(tr("Press Run to learn what limits it."));
  evidence_->setText(tr("A verdict needs twenty steps after the first twenty."));
  bars_->hide();
  gain_->clear();
  gain_->hide();
  measure_->setEnabled(false);
  fixes_->show_fixes({});
  fixes_->hide();
}

void DiagnosisPanel::begin(const Document& document, const Started& fact) {
  reset();
  live_.begin(document, fact);
  headline_->setText(tr("Measuring..."));
}

void DiagnosisPanel::show_snapshot(const Snapshot& now) {
  if (!live_.add(now)) return;
  untold_ = true;
  if (in_view(*this)) retell();
}

void DiagnosisPanel::catch_up() {
  if (untold_) retell();
}

void DiagnosisPanel::retell() {
  untold_ = false;
  const Diagnosis& found = *live_.diagnosis();
  headline_->setText(QString::fromStdString(found.verdict.headline));
  QStringList sentences;
  for (const std::string& sentence : found.verdict.evidence) sentences << QString::fromStdString(sentence);
  for (const std::string& sentence : found.verdict.concerns) sentences << QString::fromStdString(sentence);
  if (found.verdict.confidence > 0) sentences << tr("Confidence %1.").arg(percent(found.verdict.confidence));
  evidence_->setText(sentences.join(QLatin1Char(' ')));
  what_if_->set_facts(live_.facts(), found.profile);
  bars_->setVisible(found.profile.samples > 0);
  show_fixes();
  solve();
}

void DiagnosisPanel::show_fixes() {
  std::vector<Fix> fixes = live_.fixes();
  if (tuned_) fixes.insert(fixes.begin(), *tuned_);
  fixes_->show();
  fixes_->show_fixes(fixes);
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
  progress_->setText(
      result.improved
          ? tr("Tuning found settings that are %1 times as fast.").arg(QString::number(result.gain.ratio, 'f', 2))
          : tr("Tuning found nothing faster."));
  progress_->show();
}

void DiagnosisPanel::solve() {
  const WhatIf change = what_if_->change();
  measure_->setEnabled(!busy_ && live_.diagnosis() && one_faster(change, live_.facts().trainer_node));
  if (!live_.diagnosis()) return;
  const Diagnosis& found = *live_.diagnosis();
  RateBars::Rates rates{
      .measured = found.measured(), .ceiling = found.ceiling.samples_per_s, .ceiling_limit = limit_text(found.ceiling)};
  if (!change.nothing()) {
    const WhatIfAnswer answer = what_if(live_.facts(), found, change);
    rates.what_if = answer.rate();
    rates.what_if_limit = limit_text(answer.solution);
  }
  bars_->show_rates(rates);
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
  if (busy) progress_->clear();
  progress_->setVisible(busy || !progress_->text().isEmpty());
}

void DiagnosisPanel::show_progress(const QString& what, double seconds_left) {
  progress_->setText(tr("%1 · %2 to go").arg(what, clock_text(seconds_left)));
}

void DiagnosisPanel::show_proof(const Fix& fix, const Proof& proof) { fixes_->show_proof(fix, proof); }

void DiagnosisPanel::show_record(const std::vector<Prediction>& predictions) {
  if (predictions.empty()) {
    record_->setText(tr("No prediction was put to the proof yet."));
    return;
  }
  const TrackRecord record = track_record(predictions);
  record_->setText(tr("Track record: %n prediction(s), median error %1, right direction %2 of %3.", nullptr,
                      static_cast<int>(record.count))
                       .arg(percent(record.median_error))
                       .arg(record.right_direction)
                       .arg(record.count));
}

QString DiagnosisPanel::verdict_text() const { return headline_->text() + QLatin1Char(' ') + evidence_->text(); }
QString DiagnosisPanel::gain_text() const { return gain_->text(); }
QString DiagnosisPanel::record_text() const { return record_->text(); }
QSize DiagnosisPanel::sizeHint() const { return {720, 260}; }
QSize DiagnosisPanel::minimumSizeHint() const { return {220, 100}; }

void DiagnosisPanel::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  const auto wanted = event->size().width() < kSideBySide ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight;
  if (parts_->direction() != wanted) parts_->setDirection(wanted);
}

}  // namespace feedline::gui
