// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/throughput_panel.h"

#include "gui/base/theme.h"
#include "gui/plots/run_panels.h"

#include <limits>
#include <utility>

namespace feedline::gui::inline plots {

namespace {
constexpr double kRateWindow = 0.5;  // seconds
constexpr double kStall = 10;        // seconds without a step: shown as zero
constexpr int kThroughputWide = 330;
constexpr double kMega = 1e6;
}  // namespace

ThroughputPanel::ThroughputPanel(QWidget* parent)
    : TimePanel(
          tr("Throughput"),
          {.purpose = tr("how many samples per second the pipeline feeds the model"), .awaited = tr("the first steps")},
          kThroughputWide, parent) {
  const QString names[kRates] = {tr("samples/s"), tr("MB/s"), tr("steps/s")};
  for (const QString& name : names) {
    const std::size_t cell = add_cell(name);
    add_curve(cell, name, [](double value) { return short_number(value); });
  }
  apply_theme();
  reset();
}

void ThroughputPanel::reset() {
  from_.reset();
  fresh_ = true;
  ended_ = false;
  mean_ = 0;
  for (double& rate : rates_) rate = 0;
  TimePanel::reset();
}

void ThroughputPanel::add(double at) {
  for (std::size_t i = 0; i < kRates; ++i) add_value(i, at, rates_[i]);
}

ThroughputPanel::Mark ThroughputPanel::mark_of(const Snapshot& now) {
  return {now.elapsed(), now.trainer, now.stages.empty() ? 0 : now.stages.front().total.bytes};
}

void ThroughputPanel::show_snapshot(const Snapshot& now, const Snapshot&) {
  const TrainerSample& trainer = now.trainer;
  const double elapsed = now.elapsed();
  set_elapsed(elapsed);
  if (now.started == 0) return;
  if (trainer.validating || trainer.fitting) {
    // Rates are of training alone, so a short validation or fit leaves no gap.
    if (!from_ || elapsed - from_->at < kRateWindow) return;
    for (std::size_t i = 0; i < kRates; ++i) add_value(i, elapsed, std::numeric_limits<double>::quiet_NaN());
    from_.reset();
    fresh_ = true;
    return;
  }
  const Mark here = mark_of(now);
  if (!from_) from_ = here;
  const double window = here.at - from_->at;
  const bool stepped = trainer.steps > from_->trainer.steps;
  if (window >= kRateWindow && (stepped || window >= kStall)) add_window(here);
}

void ThroughputPanel::end_run(const RunResult& result) {
  if (result.last.started != 0) show_end(result.last);
}

void ThroughputPanel::show_end(const Snapshot& last) {
  ended_ = true;
  mean_ = training_rate({}, last.trainer);
  touch();
  if (!shows_empty_state()) return;
  from_ = Mark{};  // it was too short for a window
  const Mark here = mark_of(last);
  if (here.at > from_->at && here.trainer.steps > from_->trainer.steps) add_window(here);
}

void ThroughputPanel::add_window(const Mark& here) {
  rates_[Samples] = training_rate(from_->trainer, here.trainer);
  rates_[Steps] = step_rate(from_->trainer, here.trainer);
  rates_[Megabytes] = static_cast<double>(here.bytes - from_->bytes) / (here.at - from_->at) / kMega;
  mean_ = training_rate({}, here.trainer);
  // A rate holds for its whole window: an epoch of one window only is a line too, not a point that nobody sees.
  if (std::exchange(fresh_, false)) add(from_->at);
  add(here.at);
  from_ = here;
  show_empty(false);
  touch();
}

void ThroughputPanel::refresh() {
  TimePanel::refresh();
  const auto reading = [](const QString& name, const QString& text, double value) {
    return Readings::Item{Readings::Mark::None, {}, name, text.arg(short_number(value))};
  };
  const QString whole = tr("training only, whole run");
  Readings::Item rate =
      ended_ ? reading(whole, tr("%1 samples/s"), mean_) : reading(tr("now"), tr("%1 samples/s"), rates_[Samples]);
  rate.mark = Readings::Mark::Line;
  rate.color = Theme::instance().colors().train;
  if (ended_) return readings_->set_items({rate});
  readings_->set_items({rate, reading({}, tr("%1 MB/s"), rates_[Megabytes]),
                        reading({}, tr("%1 steps/s"), rates_[Steps]), reading(whole, tr("%1 samples/s"), mean_)});
}

void ThroughputPanel::restyle() {
  const Theme::Colors& c = Theme::instance().colors();
  const QColor colors[kRates] = {c.train, c.blocked, c.busy};
  for (std::size_t i = 0; i < curves(); ++i) {
    QColor fill = colors[i];
    curve(i)->setPen(QPen(fill, 2));
    fill.setAlpha(38);
    curve(i)->setBrush(fill);
  }
}

RunPanelSpec throughput_panel() {
  return {.name = "throughput",
          .title = QT_TRANSLATE_NOOP("RunPanels", "Throughput"),
          .shows = QT_TRANSLATE_NOOP("RunPanels", "Samples, megabytes and steps a second"),
          .help = "live-view.md",
          .group = PanelGroup::Machine,
          .make = make_run_panel<ThroughputPanel>};
}

}  // namespace feedline::gui::inline plots
