// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/step_panel.h"

#include "gui/base/pace.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/plots/panel_menu.h"
#include "gui/plots/plot_panel.h"
#include "gui/plots/run_panels.h"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <array>
#include <vector>

namespace feedline::gui::inline plots {

namespace {

struct Look {
  Phase phase;
  QColor color;
  QString name;
  QString meaning;
};

/// One a phase that took any time in this run, whatever phases there are; the rest is grey.
std::vector<Look> looks_of(const ByPhase<bool>& taken) {
  const bool dark = Theme::instance().dark();
  const Theme::Colors& c = Theme::instance().colors();
  const std::array<QColor, 10> hues = {c.starved,
                                       dark ? QColor("#e08fbd") : QColor("#cc6f9f"),
                                       dark ? QColor("#6d9ff5") : QColor("#4d8fd6"),
                                       c.busy,
                                       dark ? QColor("#e0705a") : QColor("#d0624c"),
                                       c.blocked,
                                       dark ? QColor("#b7d968") : QColor("#7f9c28"),
                                       dark ? QColor("#c58be0") : QColor("#a974c4"),
                                       dark ? QColor("#c9c256") : QColor("#978e1c"),
                                       dark ? QColor("#c79a72") : QColor("#a67c54")};
  const QColor grey = dark ? QColor("#8a95a5") : QColor("#8891a0");
  std::vector<Look> all;
  for (std::size_t i = 0; i < kStepPhases.size(); ++i) {
    const PhaseInfo& info = kStepPhases[i];
    if (taken[info.phase])
      all.push_back({info.phase, info.phase == Phase::Other ? grey : hues[i % hues.size()], to_qstring(info.brief),
                     to_qstring(info.meaning)});
  }
  return all;
}

}  // namespace

StepPanel::StepPanel(QWidget* parent)
    : QWidget(parent),
      menu_(new PanelMenu([this] { return exported(); }, this)),
      empty_(new EmptyState({.purpose = tr("what a training step spends its time on"), .awaited = tr("the first step")},
                            this)) {
  setWindowTitle(tr("Step breakdown"));
  menu_->hide();
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void StepPanel::end_run(const RunResult& result) {
  if (!has_whole(result)) return;
  reset();
  show_snapshot(result.last, result.first);
}

void StepPanel::reset() {
  empty_->show();
  menu_->hide();
  last_update_ = 0;
  live_ = {};
  held_.reset();
  update();
}

std::optional<StepPanel::Step> StepPanel::step_between(const Snapshot& earlier, const Snapshot& now) {
  const StepTimes t = now.trainer.times - earlier.trainer.times;
  const auto steps = static_cast<double>(now.trainer.steps - earlier.trainer.steps);
  const auto total = static_cast<double>(t.total() - t[Phase::Fit]);  // which belongs to no step
  if (total <= 0 || steps <= 0) return std::nullopt;
  Step step{.at = now.elapsed()};
  for (const PhaseInfo& info : kStepPhases) {
    step.taken[info.phase] = now.trainer.times[info.phase] > 0;
    step.shares[info.phase] = static_cast<double>(t[info.phase]) / total;
    step.milliseconds[info.phase] = static_cast<double>(t[info.phase]) * 1e-6 / steps;
  }
  return step;
}

void StepPanel::show_snapshot(const Snapshot& now, const Snapshot& earlier) {
  if (!shows_empty_state() && now.at - last_update_ < Pace::instance().interval()) return;
  const std::optional<Step> step = step_between(earlier, now);
  if (!step) return;
  live_ = *step;
  empty_->hide();
  menu_->show();
  last_update_ = now.at;
  if (!held_) update();
}

void StepPanel::show_moment(const std::optional<Moment>& moment) {
  if (!moment && !held_) return;
  held_ = moment ? step_between(moment->earlier, moment->now) : std::nullopt;
  update();
}

QSize StepPanel::sizeHint() const { return {360, 220}; }
QSize StepPanel::minimumSizeHint() const { return {180, 90}; }

void StepPanel::paint_bar(QPainter& painter, const QRectF& area) const {
  const QFontMetricsF metrics(painter.font());
  double x = area.left();
  for (const Look& look : looks_of(shown().taken)) {
    const double share = shown().shares[look.phase];
    const QRectF piece(x, area.top(), share * area.width(), area.height());
    painter.fillRect(piece, look.color);
    painter.setPen(QColor("#101418"));
    const QString number = percent(share);
    const QString full = look.name + QLatin1Char(' ') + number;
    for (const QString& text : {full, number}) {
      if (metrics.horizontalAdvance(text) + 10 > piece.width()) continue;
      painter.drawText(piece, Qt::AlignCenter, text);
      break;
    }
    x = piece.right();
  }
}

void StepPanel::paint_list(QPainter& painter, const QRectF& area) const {
  const Theme& theme = Theme::instance();
  const std::vector<Look> parts = looks_of(shown().taken);
  const double line =
      std::max(painter.fontMetrics().height() + 2.0, std::min(26.0, area.height() / static_cast<double>(parts.size())));
  const bool tight = area.width() < 440;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const QRectF row(area.left(), area.top() + static_cast<double>(i) * line, area.width(), line);
    if (row.bottom() > area.bottom() + 1) return;
    painter.setPen(Qt::NoPen);
    painter.setBrush(parts[i].color);
    painter.drawRoundedRect(QRectF(row.left(), row.center().y() - 5, 10, 10), 2, 2);
    painter.setPen(theme.colors().text);
    painter.drawText(row.adjusted(18, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, parts[i].name);
    const double number_right = row.left() + (tight ? row.width() - 76 : 190);
    painter.drawText(QRectF(row.left(), row.top(), number_right - row.left(), line), Qt::AlignVCenter | Qt::AlignRight,
                     percent(shown().shares[parts[i].phase]));
    painter.drawText(QRectF(number_right, row.top(), 76, line), Qt::AlignVCenter | Qt::AlignRight,
                     tr("%1 ms").arg(short_number(shown().milliseconds[parts[i].phase])));
    if (tight) continue;
    painter.setPen(theme.colors().muted);
    painter.drawText(QRectF(number_right + 76 + 16, row.top(), row.right() - number_right - 92, line),
                     Qt::AlignVCenter | Qt::AlignLeft, parts[i].meaning);
  }
}

void StepPanel::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  const QSize size = menu_->sizeHint();
  menu_->setGeometry(QRect({width() - size.width(), 0}, size));
  empty_->setGeometry(rect());
}

ExportedView StepPanel::exported() const {
  return {.title = windowTitle(),
          .size = size(),
          .paint =
              [this](QPaintDevice& device, const QSize& size) {
                QPainter painter(&device);
                paint(painter, QRectF({}, size));
              },
          .csv = [this] { return csv(); }};
}

QString StepPanel::csv() const {
  QString text = csv_line({QStringLiteral("phase"), QStringLiteral("share"), QStringLiteral("ms_per_step")});
  for (const Look& look : looks_of(shown().taken))
    text += csv_line({look.name, csv_number(shown().shares[look.phase]), csv_number(shown().milliseconds[look.phase])});
  return text;
}

void StepPanel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  paint(painter, rect());
}

void StepPanel::paint(QPainter& painter, const QRectF& whole) const {
  painter.setRenderHint(QPainter::Antialiasing);
  const Theme& theme = Theme::instance();
  painter.fillRect(whole, theme.colors().panel);
  const QRectF area = whole.adjusted(Theme::kUnit, Theme::kUnit, -Theme::kUnit, -Theme::kUnit);
  if (shows_empty_state()) return;
  const Step& step = shown();
  const std::vector<Look> parts = looks_of(shown().taken);
  const auto& largest = *std::max_element(parts.begin(), parts.end(), [&](const Look& a, const Look& b) {
    return step.shares[a.phase] < step.shares[b.phase];
  });
  const double total = step.milliseconds.total() - step.milliseconds[Phase::Fit];  // which belongs to no step
  painter.setFont(theme.bold_font());
  painter.setPen(theme.colors().text);
  const double title = painter.fontMetrics().height() + Theme::kUnit;
  painter.drawText(QRectF(area.left(), area.top(), area.width(), title), Qt::AlignTop | Qt::AlignLeft,
                   tr("%1 ms per step, mostly %2").arg(short_number(total), largest.name) +
                       (held_ ? tr(", at %1 s").arg(short_number(step.at)) : QString()));
  painter.setFont(theme.small_font());
  paint_bar(painter, QRectF(area.left(), area.top() + title, area.width(), 28));
  paint_list(painter, area.adjusted(0, title + 28 + Theme::kUnit, 0, 0));
}

RunPanelSpec step_panel() {
  return {.name = "step",
          .title = QT_TRANSLATE_NOOP("RunPanels", "Step breakdown"),
          .shows = QT_TRANSLATE_NOOP("RunPanels", "How the trainer spends a step"),
          .help = "live-view.md",
          .group = PanelGroup::Flow,
          .make = make_run_panel<StepPanel>};
}

}  // namespace feedline::gui::inline plots
