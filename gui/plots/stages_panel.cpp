// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/stages_panel.h"

#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/plots/panel_menu.h"
#include "gui/plots/run_panels.h"

#include <QFontMetrics>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::gui::inline plots {

namespace {

double share_of(Nanos part, double whole) {
  return whole > 0 ? std::clamp(static_cast<double>(part) / whole, 0.0, 1.0) : 0;
}

QString note_of(const StageShare& row) {
  const QString number = short_number(row.per_second);
  const QString rate = row.trainer ? StagesPanel::tr("%1 steps/s").arg(number) : StagesPanel::tr("%1/s").arg(number);
  return QLatin1Char(' ') + (row.bottleneck ? StagesPanel::tr("◀ bottleneck · %1").arg(rate) : rate);
}

QFont note_font(const StageShare& row) {
  return row.bottleneck ? Theme::instance().bold_font() : Theme::instance().small_font();
}

StageShare make_share(const QString& name, const StageCounters& delta, double time, double wall) {
  StageShare row;
  row.name = name;
  row.busy = share_of(delta.busy, time);
  row.starved = std::min(share_of(delta.starved, time), 1 - row.busy);
  row.blocked = std::min(share_of(delta.blocked, time), 1 - row.busy - row.starved);
  row.per_second = wall > 0 ? static_cast<double>(delta.records) / (wall * 1e-9) : 0;
  return row;
}

void add_trainer(std::vector<StageShare>& rows, const Snapshot& earlier, const Snapshot& now, double wall) {
  const StepTimes step = now.trainer.times - earlier.trainer.times;
  if (now.trainer.times.total() <= 0) return;
  StageShare row;
  row.name = kTrainerRow;
  row.busy = share_of(step.step(), wall);
  row.starved = std::min(share_of(step[Phase::Wait], wall), 1 - row.busy);
  row.per_second = step_rate(earlier.trainer, now.trainer);
  row.trainer = true;
  rows.push_back(row);
}

/// The parts of a network that is cut into stages, a worker each: starved is its bubble, and waiting for slower ones.
void add_model_stages(std::vector<StageShare>& rows, const Snapshot& earlier, const Snapshot& now, double wall,
                      const QString& bottleneck) {
  const std::vector<ModelStageSample>& stages = now.trainer.stages;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const ModelStageSample before = i < earlier.trainer.stages.size() ? earlier.trainer.stages[i] : ModelStageSample{};
    StageShare row;
    const QString from = stages[i].layers.empty() ? QString() : to_qstring(stages[i].layers.front().node);
    row.name = from.isEmpty() ? StagesPanel::tr("stage %1").arg(i + 1)
                              : StagesPanel::tr("stage %1: %2").arg(QString::number(i + 1), from);
    row.busy = share_of(stages[i].busy() - before.busy(), wall);
    row.starved = std::min(share_of(stages[i].idle - before.idle, wall), 1 - row.busy);
    row.per_second = step_rate(earlier.trainer, now.trainer);
    row.trainer = true;
    row.bottleneck = !bottleneck.isEmpty() && from == bottleneck;
    rows.push_back(row);
  }
}

/// What a worker of the node did in between; nothing where it has not been there.
StageCounters work_of(const Snapshot& earlier, const Snapshot& now, std::size_t stage, std::size_t worker) {
  const std::vector<StageCounters>& each = now.stages[stage].by_worker;
  if (worker >= each.size()) return {};
  const bool known = stage < earlier.stages.size() && earlier.stages[stage].node == now.stages[stage].node &&
                     worker < earlier.stages[stage].by_worker.size();
  return known ? each[worker] - earlier.stages[stage].by_worker[worker] : each[worker];
}

}  // namespace

std::vector<StageShare> stage_shares(const Snapshot& earlier, const Snapshot& now, const QString& bottleneck) {
  std::vector<StageShare> rows;
  const double wall = static_cast<double>(now.at - earlier.at);
  for (std::size_t i = 0; i < now.stages.size(); ++i) {
    const StageSample& stage = now.stages[i];
    const bool known = i < earlier.stages.size() && earlier.stages[i].node == stage.node;
    const StageCounters delta = known ? stage.total - earlier.stages[i].total : stage.total;
    const double time = wall * static_cast<double>(std::max<std::size_t>(stage.workers, 1));
    rows.push_back(make_share(QString::fromStdString(stage.node), delta, time, wall));
  }
  add_trainer(rows, earlier, now, wall);
  for (StageShare& row : rows) row.bottleneck = !bottleneck.isEmpty() && row.name == bottleneck;
  add_model_stages(rows, earlier, now, wall, bottleneck);
  return rows;
}

std::vector<StageShare> worker_shares(const Snapshot& earlier, const Snapshot& now) {
  std::vector<StageShare> rows;
  const double wall = static_cast<double>(now.at - earlier.at);
  for (std::size_t first = 0, end = 0; first < now.stages.size(); first = end) {
    const auto& stages = now.stages;
    while (end < stages.size() && stages[end].segment == stages[first].segment) ++end;
    const QString name = end - first == 1 ? QString::fromStdString(stages[first].node) : StagesPanel::tr("prepare");
    for (std::size_t worker = 0; worker < stages[first].workers; ++worker) {
      StageCounters work;
      for (std::size_t i = first; i < end; ++i) work += work_of(earlier, now, i, worker);
      work.records = work_of(earlier, now, end - 1, worker).records;
      rows.push_back(make_share(QStringLiteral("%1 %2").arg(name).arg(worker + 1), work, wall, wall));
    }
  }
  add_trainer(rows, earlier, now, wall);
  add_model_stages(rows, earlier, now, wall, {});
  return rows;
}

StagesPanel::StagesPanel(QWidget* parent)
    : PlotPanel(tr("Stages"),
                {.purpose = tr("which stage is busy, which is starved (waits for input) and which is blocked (output "
                               "queue full)"),
                 .awaited = tr("the first batch")},
                Across::Nothing, parent) {
  const QString labels[kParts] = {tr("busy"), tr("starved"), tr("blocked")};
  for (int part = 0; part < kParts; ++part) {
    bars_[part] = new QCPBars(plot()->yAxis, plot()->xAxis);
    bars_[part]->setName(labels[part]);
    bars_[part]->setWidth(0.8);
    bars_[part]->setAntialiased(false);
    if (part > 0) bars_[part]->moveAbove(bars_[part - 1]);
  }
  names_.reset(new QCPAxisTickerText);
  plot()->yAxis->setTicker(names_);
  plot()->yAxis->setRangeReversed(true);
  plot()->yAxis->grid()->setVisible(false);
  const QSharedPointer<QCPAxisTickerText> shares(new QCPAxisTickerText);
  for (const int tick : {0, 25, 50, 75, 100}) shares->addTick(tick / 100.0, QString::number(tick));
  plot()->xAxis->setTicker(shares);
  QAction* each = menu()->add_action(tr("Each &worker"), {}, true);
  connect(each, &QAction::toggled, this, &StagesPanel::show_workers);
  apply_theme();
  reset();
}

void StagesPanel::show_workers(bool each) {
  each_worker_ = each;
  if (shown().now.stages.empty()) return;
  stale_ = true;
  touch();
}

const std::vector<StageShare>& StagesPanel::rows() const {
  const auto& [earlier, now] = shown();
  if (std::exchange(stale_, false))
    rows_ = each_worker_ ? worker_shares(earlier, now) : stage_shares(earlier, now, bottleneck_);
  return rows_;
}

QString StagesPanel::csv() const {
  QString text = csv_line({QStringLiteral("stage"), QStringLiteral("busy"), QStringLiteral("starved"),
                           QStringLiteral("blocked"), QStringLiteral("per_second")});
  for (const StageShare& row : rows())
    text += csv_line(
        {row.name, csv_number(row.busy), csv_number(row.starved), csv_number(row.blocked), csv_number(row.per_second)});
  return text;
}

void StagesPanel::end_run(const RunResult& result) {
  if (has_whole(result)) show_snapshot(result.last, result.first);
}

void StagesPanel::reset() {
  rows_.clear();
  stale_ = false;
  live_ = {};
  held_.reset();
  set_frozen(false);
  show_empty(true);
  touch();
}

void StagesPanel::show_snapshot(const Snapshot& now, const Snapshot& earlier) {
  if (now.at <= earlier.at || now.stages.empty()) return;
  live_ = {counters_of(earlier), counters_of(now)};
  if (held_) return;
  stale_ = true;
  show_empty(false);
  touch();
}

void StagesPanel::show_bottleneck(const QString& row) {
  if (row == bottleneck_) return;
  bottleneck_ = row;
  stale_ = true;
  touch();
}

void StagesPanel::show_moment(const std::optional<Moment>& moment) {
  if (!moment && !held_) return;
  held_ = moment;
  stale_ = true;
  touch();
}

QString StagesPanel::axis_text() const {
  const auto& [earlier, now] = shown();
  if (held_)
    return tr("share of the workers' time from %1 to %2 s (%)")
        .arg(short_number(earlier.elapsed()), short_number(now.elapsed()));
  const double window = seconds(now.at - earlier.at);
  return window < 2 ? tr("share of the workers' time in the last second (%)")
                    : tr("share of the workers' time in %1 s (%)").arg(short_number(window));
}

void StagesPanel::lay_out_rows() {
  const auto add_text = [this](Qt::Alignment alignment) {
    auto* item = new QCPItemText(plot());
    item->setPositionAlignment(alignment);
    item->setClipToAxisRect(false);
    item->setLayer(QStringLiteral("overlay"));
    return item;
  };
  while (texts_.size() < rows().size()) {
    RowTexts texts;
    for (QCPItemText*& part : texts.parts) part = add_text(Qt::AlignCenter);
    texts.rate = add_text(Qt::AlignVCenter | Qt::AlignLeft);
    texts_.push_back(texts);
    restyle();
  }
  for (std::size_t i = rows().size(); i < texts_.size(); ++i) {
    for (QCPItemText* part : texts_[i].parts) part->setVisible(false);
    texts_[i].rate->setVisible(false);
  }
}

void StagesPanel::make_room() {
  int pixels = 0;
  for (const StageShare& row : rows()) {
    pixels = std::max(pixels, QFontMetrics(note_font(row)).horizontalAdvance(note_of(row)) + 12);
  }
  // The bars end at 1, the axis as far behind it as the writing needs.
  const double width = std::max(plot()->axisRect()->width(), 2 * pixels);
  plot()->xAxis->setRange(0, width / (width - pixels));
}

void StagesPanel::write_segment(QCPItemText* item, double from, double share, double key, const QString& word) const {
  const double pixels = plot()->xAxis->coordToPixel(share) - plot()->xAxis->coordToPixel(0);
  const QFontMetrics metrics(item->font());
  const QString number = percent(share);
  const QString full = word + QLatin1Char(' ') + number;
  const QString& text = metrics.horizontalAdvance(full) + 12 < pixels ? full : number;
  item->setVisible(metrics.horizontalAdvance(text) + 6 < pixels);
  item->setText(text);
  item->position->setCoords(from + share / 2, key);
}

void StagesPanel::refresh() {
  lay_out_rows();
  names_->clear();
  plot()->xAxis->setLabel(axis_text());
  QVector<double> keys;
  QVector<double> shares[kParts];
  QString bottleneck;
  make_room();
  for (std::size_t i = 0; i < rows().size(); ++i) {
    const StageShare& row = rows()[i];
    const double key = static_cast<double>(i);
    keys << key;
    names_->addTick(key, row.name);
    shares[Busy] << row.busy;
    shares[Starved] << row.starved;
    shares[Blocked] << row.blocked;
    const RowTexts& texts = texts_[i];
    write_segment(texts.parts[Busy], 0, row.busy, key, tr("busy"));
    write_segment(texts.parts[Starved], row.busy, row.starved, key, tr("starved"));
    write_segment(texts.parts[Blocked], row.busy + row.starved, row.blocked, key, tr("blocked"));
    texts.rate->setText(note_of(row));
    texts.rate->setFont(note_font(row));
    texts.rate->position->setCoords(1, key);
    texts.rate->setVisible(true);
    if (row.bottleneck) bottleneck = row.name;
  }
  for (int part = 0; part < kParts; ++part) bars_[part]->setData(keys, shares[part], true);
  plot()->yAxis->setRange(-0.6, static_cast<double>(rows().size()) - 0.4);
  const Theme::Colors& c = Theme::instance().colors();
  readings_->set_items({
      {Readings::Mark::Square, c.busy, tr("busy"), {}},
      {Readings::Mark::Square, c.starved, tr("starved: waits for input"), {}},
      {Readings::Mark::Square, c.blocked, tr("blocked: output queue full (back-pressure)"), {}},
      {Readings::Mark::None, {}, bottleneck.isEmpty() ? QString() : tr("bottleneck"), bottleneck},
  });
}

void StagesPanel::restyle() {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  const QColor fills[kParts] = {c.busy, c.starved, c.blocked};
  for (int part = 0; part < kParts; ++part) {
    bars_[part]->setPen(Qt::NoPen);
    bars_[part]->setBrush(fills[part]);
  }
  plot()->yAxis->setTickLabelColor(c.text);
  plot()->yAxis->setTickLength(0, 0);
  for (const RowTexts& texts : texts_) {
    for (QCPItemText* part : texts.parts) {
      part->setFont(theme.small_font());
      part->setColor(QColor("#101418"));  // dark writing reads on all three fills in both themes
    }
    texts.rate->setColor(c.text);
  }
}

RunPanelSpec stages_panel() {
  return {.name = "stages",
          .title = QT_TRANSLATE_NOOP("RunPanels", "Stages"),
          .shows = QT_TRANSLATE_NOOP("RunPanels", "Where the workers of each stage spend their time"),
          .help = "live-view.md",
          .group = PanelGroup::Flow,
          .make = make_run_panel<StagesPanel>};
}

}  // namespace feedline::gui::inline plots
