// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/run_bar.h"

#include "gui/app/live_label.h"
#include "gui/base/pace.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/plots/plot_panel.h"

#include <QFontMetrics>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline app {

namespace {

constexpr int kProgressWidth = 560;

QString count(std::uint64_t n) {
  return QLocale(QLocale::English, QLocale::UnitedKingdom).toString(static_cast<qulonglong>(n));
}

/// The whole first, then ever shorter.
QStringList progress_forms(const TrainerSample& trainer) {
  const QString epoch = RunBar::tr("Epoch %1").arg(trainer.epoch);
  const QString epochs = trainer.epochs > 0 ? epoch + RunBar::tr(" of %1").arg(trainer.epochs) : epoch;
  const QString step = epochs + RunBar::tr(" · step %1").arg(count(trainer.steps));
  const QString steps = trainer.total_steps > 0 ? step + RunBar::tr(" of %1").arg(count(trainer.total_steps)) : step;
  if (!trainer.validating && !trainer.fitting) return {steps, step, epochs, epoch};
  const QString now =
      trainer.validating ? RunBar::tr(" · validating") : RunBar::tr(" · fitting %1").arg(percent(*trainer.fitting));
  return {steps + now, step + now, epochs + now, epochs, epoch};
}

/// What a run that was not cut short by a fault has come to.
struct Outcome {
  QString epochs{};
  QString time{};
  QString quality{};
  QString brief_quality{};
  double rate = 0;  ///< samples/s, training only, whole run; 0: no step was taken

  explicit Outcome(const RunResult& result)
      : epochs(
            count_text(static_cast<qsizetype>(result.epochs.size()), RunBar::tr("1 epoch"), RunBar::tr("%1 epochs"))),
        time(clock_text(result.earlier_wall_s + result.last.elapsed())),  // as its epochs are all of them
        rate(training_rate({}, result.last.trainer)) {
    if (result.epochs.empty()) return;
    const EpochResult& last = *result.final_epoch();
    if (const MetricValue* metric = headline(last.metrics, kValSplit)) {
      brief_quality = to_qstring(metric_text(*metric));
      quality = QStringLiteral("%1 %2").arg(to_qstring(metric_title(*metric)), brief_quality);
    } else if (std::isfinite(last.loss(kTrainSplit))) {
      brief_quality = RunBar::tr("loss %1").arg(short_number(last.loss(kTrainSplit)));
      quality = RunBar::tr("training %1").arg(brief_quality);
    }
    if (last.epoch != result.epochs.back().epoch && !quality.isEmpty())
      quality = RunBar::tr("%1 (weights of epoch %2)").arg(quality).arg(last.epoch);
  }
};

QString listed(QStringList parts) {
  parts.removeAll(QString());
  return parts.join(RunBar::tr(", "));
}

/// The whole first, then without what the state beside it says already, the definition of the rate, and so on.
QStringList end_forms(const RunResult& result) {
  QStringList forms{end_text(result)};
  if (result.end == RunResult::End::Failed) {
    Error failure = result.failure.value_or(Error{});
    failure.remedy.clear();
    forms << to_qstring(failure.line());
    failure.file.clear();
    forms << to_qstring(failure.line()) << to_qstring(Error{.reason = failure.reason}.line());
    if (!failure.node.empty()) forms << RunBar::tr("at %1").arg(to_qstring(failure.node));
    return forms << RunBar::tr("see Log");
  }
  const Outcome outcome(result);
  const QString number = outcome.rate > 0 ? short_number(outcome.rate) : QString();
  const QString rate = number.isEmpty() ? number : RunBar::tr("%1 samples/s").arg(number);
  const QString brief_rate = number.isEmpty() ? number : RunBar::tr("%1/s").arg(number);
  const QString lasted = RunBar::tr("%1 in %2").arg(outcome.epochs, outcome.time);
  forms << listed({lasted, outcome.quality, rate}) << listed({lasted, outcome.brief_quality, brief_rate})
        << listed({outcome.epochs, outcome.brief_quality, brief_rate}) << listed({outcome.brief_quality, brief_rate})
        << (number.isEmpty() ? outcome.time : brief_rate);
  return forms;
}

}  // namespace

QString end_word(RunResult::End end) {
  switch (end) {
    case RunResult::End::Completed:
      break;
    case RunResult::End::Stopped:
      return RunBar::tr("Stopped");
    case RunResult::End::Failed:
      return RunBar::tr("Failed");
  }
  return RunBar::tr("Finished");
}

QString end_text(const RunResult& result) {
  const QString word = end_word(result.end);
  if (result.end == RunResult::End::Failed)
    return RunBar::tr("%1: %2").arg(word, result.failure ? to_qstring(result.failure->line()) : RunBar::tr("unknown"));
  const Outcome outcome(result);
  const QString rate = outcome.rate > 0
                           ? RunBar::tr("%1 samples/s (training only, whole run)").arg(short_number(outcome.rate))
                           : QString();
  return listed({RunBar::tr("%1 after %2 in %3").arg(word, outcome.epochs, outcome.time), outcome.quality, rate});
}

RunBar::RunBar(QWidget* parent) : QWidget(parent) {
  chip_ = new QLabel(this);
  chip_->setAlignment(Qt::AlignCenter);
  chip_->setObjectName("chip");
  progress_text_ = new LiveLabel(this);
  progress_text_->setObjectName("progress");
  progress_ = new QProgressBar(this);
  progress_->setTextVisible(false);
  progress_->setFixedHeight(6);
  progress_->setRange(0, 1000);
  progress_->setMinimumWidth(6 * Theme::kUnit);  // of itself it would want room for a percentage
  progress_->setMaximumWidth(kProgressWidth);
  rate_ = new LiveLabel(this);
  rate_->setToolTip(tr("Training only, last second"));
  eta_ = new LiveLabel(this);

  auto* column = new QVBoxLayout;
  column->setSpacing(3);
  column->setContentsMargins(0, 0, 0, 0);
  column->addStretch();
  column->addWidget(progress_text_);
  column->addWidget(progress_);
  column->addStretch();
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(Theme::kUnit, 0, Theme::kUnit, 0);
  row->setSpacing(2 * Theme::kUnit);
  row->addWidget(chip_, 0, Qt::AlignVCenter);
  row->addLayout(column, 1);
  row->addWidget(rate_);
  row->addWidget(eta_);
  row->addStretch();
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  connect(&Theme::instance(), &Theme::changed, this, &RunBar::style);
  style();
  set_state(RunController::State::Idle);
}

QSize RunBar::sizeHint() const { return {minimumSizeHint().width(), QWidget::sizeHint().height()}; }
QString RunBar::state_text() const { return chip_->text(); }
QString RunBar::progress_text() const { return progress_text_->text(); }
QString RunBar::progress_shown() const { return progress_text_->shown(); }
QString RunBar::eta_text() const { return eta_->text(); }

void RunBar::set_chip(const QString& text, Tone tone) {
  tone_ = tone;
  chip_->setText(text);
  style();
}

void RunBar::style() {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  const QColor tones[] = {c.muted, c.good, c.warning, c.good, c.error};
  const QColor color = tones[static_cast<int>(tone_)];
  QColor back = color;
  back.setAlpha(36);
  chip_->setFont(theme.bold_font());
  chip_->setStyleSheet(
      QStringLiteral("QLabel#chip { color: %1; background: %2; border-radius: 10px; padding: 4px 10px; }")
          .arg(color.name(), back.name(QColor::HexArgb)));
  // Room for the longest word, so that nothing jumps when the state changes.
  chip_->setMinimumWidth(QFontMetrics(theme.bold_font()).horizontalAdvance(tr("Preparing")) + 24);
  const auto numbers = {rate_, eta_};
  for (LiveLabel* label : numbers) label->setFont(theme.bold_font());
  rate_->setMinimumWidth(QFontMetrics(theme.bold_font()).horizontalAdvance(QStringLiteral("00,000 samples/s")));
  eta_->setMinimumWidth(QFontMetrics(theme.bold_font()).horizontalAdvance(QStringLiteral("0:00:00 to go")));
  progress_text_->setFont(theme.small_font());
  const QFontMetrics small(theme.small_font());
  const int longest = small.horizontalAdvance(QStringLiteral("Epoch 10 of 10 · step 0,000 of 0,000"));
  progress_text_->setMinimumWidth(brief_ ? small.horizontalAdvance(QStringLiteral("Epoch 10")) : longest);
  full_ = chip_->minimumWidth() + longest + rate_->minimumWidth() + eta_->minimumWidth() + 8 * Theme::kUnit;
}

void RunBar::set_state(RunController::State state) {
  using State = RunController::State;
  const bool starts = state_ == State::Idle && state == State::Preparing;
  if (state_ == State::Preparing && state == State::Running) eta_->clear();
  state_ = state;
  switch (state) {
    case State::Idle:
      set_chip(tr("Ready"), Tone::Quiet);
      if (progress_text_->text().isEmpty()) tell_idle();
      break;
    case State::Preparing:
      set_chip(tr("Preparing"), Tone::Waiting);
      break;
    case State::Running:
      set_chip(staged_ ? tr("Running, staged") : tr("Running"), Tone::Active);
      break;
    case State::Paused:
      set_chip(tr("Paused"), Tone::Waiting);
      break;
    case State::Stopping:
      set_chip(tr("Stopping"), Tone::Waiting);
      break;
  }
  if (!starts) return;
  end_ = {};
  progress_->show();
  progress_text_->set_lines(1);
  last_at_ = active_ = last_text_ = 0;
  progress_->setValue(0);
  progress_text_->clear();
  progress_text_->set_text(tr("Preparing"));
  preparing_.clear();
  for (LiveLabel* label : {rate_, eta_}) {
    label->clear();
    label->setVisible(!brief_);
  }
}

void RunBar::tell_idle() { progress_text_->set_forms({tr("Press Run to train"), tr("Press Run"), {}}); }

void RunBar::show_next_staged(bool staged) {
  if (state_ != RunController::State::Idle) return;
  tell_idle();
  if (staged) progress_text_->set_forms({tr("Next run: every queue is shown"), tr("Every queue"), {}});
}

void RunBar::set_brief(bool brief) {
  if (brief == brief_) return;
  brief_ = brief;
  const bool numbers = !brief && end_.chip.isEmpty();
  rate_->setVisible(numbers);
  eta_->setVisible(numbers);
  style();
  layout()->invalidate();  // while it is hidden for want of room, it would keep its old size
  layout()->activate();
}

void RunBar::show_preparing(const QString& what, double fraction) {
  progress_text_->set_forms({what, fraction > 0 ? percent(fraction) : QString()});
  progress_->setValue(static_cast<int>(std::clamp(fraction, 0.0, 1.0) * 1000));
  const QString step = what.section(QLatin1Char(':'), 0, 0);  // Preparing::step()
  if (step != preparing_) {
    preparing_ = step;
    preparing_since_ = Clock::system().now();
    eta_->clear();
  }
  const double lasted = seconds(Clock::system().now() - preparing_since_);
  if (lasted > 1 && fraction > 0.01 && fraction < 1) tell_left(lasted * (1 - fraction) / fraction);
}

void RunBar::tell_left(double left) {
  const QString time = clock_text(left);
  eta_->set_forms({tr("%1 to go").arg(time), time});
}

void RunBar::show_snapshot(const Snapshot& now, const Snapshot& earlier) {
  if (now.started == 0) return;
  const Nanos since = last_at_ == 0 ? now.started : last_at_;
  if (state_ == RunController::State::Running) active_ += now.at - since;
  last_at_ = now.at;
  const bool last = now.trainer.total_steps > 0 && now.trainer.steps >= now.trainer.total_steps;
  if (now.at - last_text_ < Pace::instance().interval() && !last) return;
  last_text_ = now.at;
  show_numbers(now, earlier);
}

void RunBar::show_numbers(const Snapshot& now, const Snapshot& earlier) {
  const TrainerSample& t = now.trainer;
  QStringList forms = progress_forms(t);
  if (elsewhere_)
    for (QString& form : forms) form = tr("%1: %2").arg(graph_, form);
  progress_text_->set_forms(forms);
  // Of whole steps: where none has ended in the last second, the rate of the one before still holds.
  if (const double rate = training_rate(earlier.trainer, t); rate > 0) {
    const QString number = short_number(rate);
    rate_->set_forms({tr("%1 samples/s").arg(number), tr("%1/s").arg(number)});
  }
  if (t.total_steps == 0) return;
  const double done = static_cast<double>(t.steps) / static_cast<double>(t.total_steps);
  progress_->setValue(static_cast<int>(std::clamp(done, 0.0, 1.0) * 1000));
  // The first second says little about the rest.
  if (seconds(active_) < 1 || t.steps <= first_step_) return;
  const auto taken = static_cast<double>(t.steps - first_step_);
  tell_left(seconds(active_) * static_cast<double>(t.total_steps - std::min(t.steps, t.total_steps)) / taken);
}

void RunBar::show_end(const RunResult& result) {
  const Tone tones[] = {Tone::Good, Tone::Quiet, Tone::Bad};
  end_ = {end_word(result.end), tones[static_cast<int>(result.end)], end_forms(result)};
  // Their room goes to the sentence.
  rate_->hide();
  eta_->hide();
  elsewhere_ ? show_elsewhere() : show_end();
}

void RunBar::show_end() {
  progress_->hide();
  set_chip(end_.chip, end_.tone);
  progress_text_->set_lines(2);
  progress_text_->set_forms(end_.forms);
}

void RunBar::set_elsewhere(bool elsewhere, const QString& graph) {
  graph_ = graph;
  if (elsewhere == elsewhere_) return;
  last_text_ = 0;  // the next numbers say at once whose they are
  elsewhere_ = elsewhere;
  if (state_ != RunController::State::Idle || end_.chip.isEmpty()) return;
  elsewhere ? show_elsewhere() : show_end();
}

void RunBar::show_elsewhere() {
  set_chip(tr("Ready"), Tone::Quiet);
  tell_idle();
  progress_text_->set_lines(1);
  progress_->setValue(0);
  progress_->show();
}

}  // namespace feedline::gui::inline app
