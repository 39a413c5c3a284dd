// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/run_bar.h"

#include "app/live_label.h"
#include "app/pace.h"
#include "app/theme.h"
#include "models/text.h"
#include "plots/plot_panel.h"

#include <QFontMetrics>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace feedline::gui {

namespace {

constexpr int kProgressWidth = 560;
constexpr int kEndWidth = 460;

QString count(std::uint64_t n) {
  return QLocale(QLocale::English, QLocale::UnitedKingdom).toString(static_cast<qulonglong>(n));
}

QString pieces(const TrainerSample& trainer) {
  QString text = RunBar::tr("Epoch %1").arg(trainer.epoch);
  if (trainer.epochs > 0) text += RunBar::tr(" of %1").arg(trainer.epochs);
  text += RunBar::tr(" · step %1").arg(count(trainer.steps));
  if (trainer.total_steps > 0) text += RunBar::tr(" of %1").arg(count(trainer.total_steps));
  return trainer.validating ? text + RunBar::tr(" · validating") : text;
}

}  // namespace

QString end_text(const RunResult& result) {
  if (result.end == RunResult::End::Failed) {
    return RunBar::tr("Failed: %1").arg(QString::fromStdString(result.failure ? result.failure->line() : "unknown"));
  }
  QString text = result.end == RunResult::End::Stopped ? RunBar::tr("Stopped") : RunBar::tr("Finished");
  const auto epochs = result.epochs.size();
  text += epochs == 1 ? RunBar::tr(" after 1 epoch") : RunBar::tr(" after %1 epochs").arg(epochs);
  text += RunBar::tr(" in %1").arg(clock_text(result.last.elapsed()));
  if (!result.epochs.empty()) {
    const EpochResult& last = result.epochs.back();
    text += std::isfinite(last.val_accuracy)
                ? RunBar::tr(", validation accuracy %1 %").arg(last.val_accuracy * 100, 0, 'f', 1)
                : RunBar::tr(", training loss %1").arg(short_number(last.train_loss));
  }
  if (const double rate = training_rate({}, result.last.trainer); rate > 0)
    text += RunBar::tr(", %1 samples/s (training only, whole run)").arg(short_number(rate));
  return text;
}

RunBar::RunBar(QWidget* parent) : QWidget(parent) {
  chip_ = new QLabel(this);
  chip_->setAlignment(Qt::AlignCenter);
  chip_->setObjectName("chip");
  progress_text_ = new LiveLabel(this);
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
QString RunBar::progress_tip() const { return progress_text_->toolTip(); }
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
      if (progress_text_->text().isEmpty()) progress_text_->set_text(tr("Press Run to train"));
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

void RunBar::show_next_staged(bool staged) {
  progress_text_->setToolTip({});
  if (state_ != RunController::State::Idle) return;
  progress_text_->set_text(staged ? tr("Next run: every queue is shown") : tr("Press Run to train"));
}

void RunBar::set_brief(bool brief) {
  if (brief == brief_) return;
  brief_ = brief;
  rate_->setVisible(!brief);
  eta_->setVisible(!brief);
  style();
  layout()->invalidate();  // while it is hidden for want of room, it would keep its old size
  layout()->activate();
}

void RunBar::show_preparing(const QString& what, double fraction) {
  progress_text_->set_text(what);
  progress_->setValue(static_cast<int>(std::clamp(fraction, 0.0, 1.0) * 1000));
  if (what != preparing_) {
    preparing_ = what;
    preparing_since_ = Clock::system().now();
    eta_->clear();
  }
  const double lasted = seconds(Clock::system().now() - preparing_since_);
  if (lasted > 1 && fraction > 0.01 && fraction < 1)
    eta_->set_text(tr("%1 to go").arg(clock_text(lasted * (1 - fraction) / fraction)));
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
  progress_text_->set_text(elsewhere_ ? tr("%1: %2").arg(graph_, pieces(t)) : pieces(t));
  // Of whole steps: where none has ended in the last second, the rate of the one before still holds.
  if (const double rate = training_rate(earlier.trainer, t); rate > 0)
    rate_->set_text(tr("%1 samples/s").arg(short_number(rate)));
  if (t.total_steps == 0) return;
  const double done = static_cast<double>(t.steps) / static_cast<double>(t.total_steps);
  progress_->setValue(static_cast<int>(std::clamp(done, 0.0, 1.0) * 1000));
  // The first second says little about the rest.
  if (seconds(active_) < 1 || t.steps == 0) return;
  eta_->set_text(tr("%1 to go").arg(clock_text(seconds(active_) * (1 - done) / done)));
}

void RunBar::show_end(const RunResult& result) {
  // Their room goes to the sentence.
  rate_->hide();
  eta_->hide();
  switch (result.end) {
    case RunResult::End::Completed:
      set_chip(tr("Finished"), Tone::Good);
      progress_->setValue(1000);
      break;
    case RunResult::End::Stopped:
      set_chip(tr("Stopped"), Tone::Quiet);
      break;
    case RunResult::End::Failed:
      set_chip(tr("Failed"), Tone::Bad);
      break;
  }
  const QString text = end_text(result);
  progress_text_->set_text(progress_text_->fontMetrics().elidedText(text, Qt::ElideRight, kEndWidth));
  progress_text_->setToolTip(text);
  end_ = {chip_->text(), tone_, progress_text_->text(), text, progress_->value()};
  if (elsewhere_) show_elsewhere();
}

void RunBar::set_elsewhere(bool elsewhere, const QString& graph) {
  graph_ = graph;
  if (elsewhere == elsewhere_) return;
  last_text_ = 0;  // the next numbers say at once whose they are
  elsewhere_ = elsewhere;
  if (state_ != RunController::State::Idle || end_.chip.isEmpty()) return;
  if (elsewhere) return show_elsewhere();
  set_chip(end_.chip, end_.tone);
  progress_text_->set_text(end_.text);
  progress_text_->setToolTip(end_.tip);
  progress_->setValue(end_.progress);
}

void RunBar::show_elsewhere() {
  set_chip(tr("Ready"), Tone::Quiet);
  progress_text_->set_text(tr("Press Run to train"));
  progress_text_->setToolTip({});
  progress_->setValue(0);
}

}  // namespace feedline::gui
