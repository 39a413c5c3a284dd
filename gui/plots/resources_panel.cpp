// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/resources_panel.h"

#include "base/numbers.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/plots/run_panels.h"

#include <algorithm>

namespace feedline::gui::inline plots {

namespace {

constexpr Nanos kResourcesWindow = 500'000'000;
constexpr int kResourcesWide = 200;
constexpr double kGibi = 1024.0 * 1024.0 * 1024.0;
constexpr double kMegabyte = 1e6;

QString cores_text(double value) { return ResourcesPanel::tr("%1 cores").arg(short_number(value)); }
QString memory_text(double value) { return ResourcesPanel::tr("%1 GiB").arg(short_number(value)); }
QString bytes_text(std::uint64_t bytes) { return to_qstring(numbers::bytes(bytes)); }
QString disk_text(double value) { return ResourcesPanel::tr("%1 MB/s").arg(short_number(value)); }
QString load_text(double value) { return percent(value / 100); }

}  // namespace

ResourcesPanel::ResourcesPanel(QWidget* parent)
    : TimePanel(tr("Resources"),
                {.purpose = tr("how much processor time, memory, disk and GPU the run uses"),
                 .awaited = tr("the first half second")},
                kResourcesWide, parent) {
  add_cell(tr("cores"));
  add_cell(tr("RAM (GiB)"), 0.25);
  add_cell(tr("disk (MB/s)"));
  add_curve(Cores, tr("this run"), cores_text);
  add_curve(Cores, tr("all programs"), cores_text);
  add_curve(Bytes, tr("resident"), memory_text);
  add_curve(Reads, tr("read"), disk_text);
  apply_theme();
  reset();
}

void ResourcesPanel::reset() {
  from_.reset();
  memory_ = {};
  costs_.clear();
  newest_.assign(curves(), 0);
  TimePanel::reset();
}

/// GPUs are known with the first snapshot; they do not come and go.
void ResourcesPanel::find_gpus(const ProcessSample& process) {
  if (gpus_ > 0 || process.gpus.empty()) return;
  gpus_ = process.gpus.size();
  add_cell(tr("GPU (%)"), 100);
  add_cell(tr("GPU (GiB)"));
  for (std::size_t i = 0; i < gpus_; ++i) {
    const QString name = gpus_ == 1 ? tr("GPU") : tr("GPU %1").arg(i);
    add_curve(GpuLoad, name, load_text);
    add_curve(GpuMemory, name, memory_text);
  }
  newest_.assign(curves(), 0);
  apply_theme();
}

void ResourcesPanel::show_snapshot(const Snapshot& now, const Snapshot& before) {
  set_elapsed(now.elapsed());
  if (now.started == 0) return;
  find_gpus(now.process);
  if (!from_) from_ = now;
  if (now.at - from_->at < kResourcesWindow) return;
  if (now.trainer.steps > before.trainer.steps || costs_.empty()) costs_ = memory_costs(before, now);
  measure(now);
  for (std::size_t i = 0; i < curves(); ++i) add_value(i, now.elapsed(), newest_[i]);
  from_->at = now.at;
  from_->process = now.process;
  show_empty(false);
  touch();
}

void ResourcesPanel::end_run(const RunResult& result) {
  if (!shows_empty_state() || !has_whole(result) || result.first.process.cpu == 0) return;
  find_gpus(result.last.process);
  from_ = result.first;
  costs_ = memory_costs(result.first, result.last);
  measure(result.last);
  for (const double at : {from_->elapsed(), result.last.elapsed()})
    for (std::size_t i = 0; i < curves(); ++i) add_value(i, at, newest_[i]);
  set_elapsed(result.last.elapsed());
  show_empty(false);
  touch();
}

/// From the start of the window until then.
void ResourcesPanel::measure(const Snapshot& now) {
  const Nanos window = now.at - from_->at;
  const auto per_second = [window](auto later, auto earlier) {
    return later > earlier ? static_cast<double>(later - earlier) / seconds(window) : 0.0;
  };
  newest_[OwnCores] = per_second(now.process.cpu, from_->process.cpu) * 1e-9;
  newest_[AllCores] = std::max(newest_[OwnCores], per_second(now.process.cores_busy, from_->process.cores_busy) * 1e-9);
  newest_[Memory] = static_cast<double>(now.process.rss_bytes) / kGibi;
  memory_ = now.memory;
  newest_[Disk] = per_second(now.process.disk_bytes, from_->process.disk_bytes) / kMegabyte;
  for (std::size_t i = 0; i < std::min(gpus_, now.process.gpus.size()); ++i) {
    newest_[kFixed + 2 * i] = now.process.gpus[i].utilisation * 100;
    newest_[kFixed + 2 * i + 1] = static_cast<double>(now.process.gpus[i].memory_used) / kGibi;
  }
}

void ResourcesPanel::refresh() {
  TimePanel::refresh();
  std::vector<Readings::Item> items;
  const auto add = [&](std::size_t i, const QString& name, const QString& value) {
    items.push_back({Readings::Mark::Line, curve(i)->pen().color(), name, value});
  };
  add(OwnCores, tr("this run"), cores_text(newest_[OwnCores]));
  add(AllCores, tr("all"), short_number(newest_[AllCores]));
  if (gpus_ == 0) items.push_back({Readings::Mark::None, {}, tr("GPU"), tr("none found")});
  for (std::size_t i = 0; i < gpus_; ++i)
    add(kFixed + 2 * i, tr("GPU"),
        load_text(newest_[kFixed + 2 * i]) + QStringLiteral(" · ") + memory_text(newest_[kFixed + 2 * i + 1]));
  add(Memory, tr("RAM"), memory_text(newest_[Memory]));
  if (memory_.predicted > 0 && memory_.tensors > 0)
    items.push_back({Readings::Mark::None,
                     {},
                     tr("tensors"),
                     tr("%1, predicted %2").arg(bytes_text(memory_.tensors), bytes_text(memory_.predicted))});
  for (const MemoryCost& cost : costs_)
    items.push_back(
        {Readings::Mark::None,
         {},
         spaced(cost.setting),
         tr("saves %1, takes %2 ms a step, predicted %3")
             .arg(bytes_text(cost.saves), short_number(cost.measured * 1e3), short_number(cost.predicted * 1e3))});
  add(Disk, tr("disk"), disk_text(newest_[Disk]));
  readings_->set_items(std::move(items));
}

void ResourcesPanel::restyle() {
  const Theme::Colors& c = Theme::instance().colors();
  const QColor gpus[] = {c.busy, c.train, c.blocked, c.validation, c.starved};
  for (std::size_t i = 0; i < curves(); ++i) {
    const QColor fixed[kFixed] = {c.train, c.muted, c.validation, c.blocked};
    QColor color = i < kFixed ? fixed[i] : gpus[(i - kFixed) / 2 % std::size(gpus)];
    curve(i)->setPen(QPen(color, i == AllCores ? 1.2 : 2, i == AllCores ? Qt::DashLine : Qt::SolidLine));
    color.setAlpha(38);
    curve(i)->setBrush(i == OwnCores || i >= Memory ? QBrush(color) : QBrush(Qt::NoBrush));
  }
}

RunPanelSpec resources_panel() {
  return {.name = "resources",
          .title = QT_TRANSLATE_NOOP("RunPanels", "Resources"),
          .shows = QT_TRANSLATE_NOOP("RunPanels", "What the run takes of the machine: cores, memory, disks, GPUs"),
          .help = "live-view.md",
          .group = PanelGroup::Machine,
          .make = make_run_panel<ResourcesPanel>};
}

}  // namespace feedline::gui::inline plots
