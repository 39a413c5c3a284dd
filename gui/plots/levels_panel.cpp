// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/levels_panel.h"

#include "gui/base/theme.h"
#include "gui/models/stages.h"
#include "gui/plots/run_panels.h"

#include <algorithm>

namespace feedline::gui::inline plots {

namespace {

constexpr Nanos kLevelsWindow = 250'000'000;
constexpr int kLevelsWide = 330;

/// The last stage of each segment: a queue stands behind it.
std::vector<const StageSample*> queue_ends(const Snapshot& now) {
  std::vector<const StageSample*> ends;
  for (std::size_t i = 0; i < now.stages.size(); ++i)
    if (ends_segment(now.stages, i)) ends.push_back(&now.stages[i]);
  return ends;
}

QString fill_text(double value) { return percent(value / 100); }

QString level_text(double waiting, std::size_t capacity) {
  if (capacity == 0) return LevelsPanel::tr("prefetch 0");
  return LevelsPanel::tr("%1 of %2").arg(waiting, 0, 'f', 1).arg(static_cast<qulonglong>(capacity));
}

}  // namespace

LevelsPanel::LevelsPanel(QWidget* parent)
    : TimePanel(tr("Queues over time"),
                {.purpose = tr("how full the queues are: the stage behind an empty one starves"),
                 .awaited = tr("the first measurement of its queues")},
                kLevelsWide, parent) {
  add_cell(tr("full (%)"), 105);
  apply_theme();
  reset();
}

void LevelsPanel::reset() {
  queues_.clear();
  from_ = 0;
  samples_ = 0;
  clear_curves();
  TimePanel::reset();
}

void LevelsPanel::find_queues(const Snapshot& now) {
  const auto ends = queue_ends(now);
  for (std::size_t i = 0; i < std::min(ends.size(), kMost); ++i) {
    const bool last = i + 1 == ends.size();
    queues_.push_back({ends[i]->node});
    add_curve(0, last ? tr("batches ready") : tr("behind %1").arg(QString::fromStdString(ends[i]->node)), fill_text);
  }
  apply_theme();
}

void LevelsPanel::Queue::add(const StageSample& stage, int samples) {
  fill += (stage.queue.fill - fill) / (samples + 1);
  waiting += (static_cast<double>(stage.queue.waiting) - waiting) / (samples + 1);
  capacity = stage.queue.capacity;
}

void LevelsPanel::show_snapshot(const Snapshot& now, const Snapshot&) {
  set_elapsed(now.elapsed());
  if (now.started == 0 || now.stages.empty()) return;
  if (queues_.empty()) find_queues(now);
  const auto ends = queue_ends(now);
  for (std::size_t i = 0; i < std::min(queues_.size(), ends.size()); ++i) queues_[i].add(*ends[i], samples_);
  ++samples_;
  if (from_ == 0) from_ = now.at;
  if (now.at - from_ < kLevelsWindow) return;
  for (std::size_t i = 0; i < queues_.size(); ++i) add_value(i, now.elapsed(), queues_[i].fill * 100);
  from_ = now.at;
  samples_ = 0;
  show_empty(false);
  touch();
}

void LevelsPanel::refresh() {
  TimePanel::refresh();
  std::vector<Readings::Item> items;
  for (std::size_t i = 0; i < curves(); ++i)
    items.push_back({Readings::Mark::Line, curve(i)->pen().color(), curve(i)->name(),
                     level_text(queues_[i].waiting, queues_[i].capacity)});
  readings_->set_items(std::move(items));
}

void LevelsPanel::restyle() {
  const Theme::Colors& c = Theme::instance().colors();
  const QColor colors[] = {c.train, c.validation, c.busy, c.blocked, c.starved, c.muted};
  const Qt::PenStyle styles[] = {Qt::SolidLine, Qt::DashLine};
  for (std::size_t i = 0; i < curves(); ++i)
    curve(i)->setPen(QPen(colors[i % std::size(colors)], 2, styles[i / std::size(colors) % 2]));
}

RunPanelSpec levels_panel() {
  return {.name = "levels",
          .title = QT_TRANSLATE_NOOP("RunPanels", "Queues over time"),
          .shows = QT_TRANSLATE_NOOP("RunPanels", "How full each queue is, over time"),
          .help = "live-view.md",
          .group = PanelGroup::Flow,
          .make = make_run_panel<LevelsPanel>};
}

}  // namespace feedline::gui::inline plots
