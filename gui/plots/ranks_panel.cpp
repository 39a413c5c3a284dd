// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/ranks_panel.h"

#include "gui/base/pace.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/plots/panel_menu.h"
#include "gui/plots/plot_panel.h"
#include "gui/plots/run_panels.h"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <utility>

namespace feedline::gui::inline plots {

namespace {

QString straggler_part(RankPart part) {
  switch (part) {
    case RankPart::Loader:
      return RanksPanel::tr("loader");
    case RankPart::Network:
      return RanksPanel::tr("network");
    case RankPart::Step:
      break;
  }
  return RanksPanel::tr("step");
}

QString rank_title(const RankTimes& rank) {
  const QString number = RanksPanel::tr("rank %1").arg(rank.rank);
  return rank.host.empty() ? number : RanksPanel::tr("%1 on %2").arg(number, to_qstring(rank.host));
}

bool has_rank_steps(const std::vector<RankTimes>& ranks) {
  return std::any_of(ranks.begin(), ranks.end(), [](const RankTimes& rank) { return rank.steps > 0; });
}

}  // namespace

RanksPanel::RanksPanel(QWidget* parent)
    : QWidget(parent),
      menu_(new PanelMenu([this] { return exported(); }, this)),
      empty_(new EmptyState({.purpose = tr("what each of the processes that train together does in a step"),
                             .awaited = tr("the first step")},
                            this)) {
  setWindowTitle(tr("Ranks"));
  menu_->hide();
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void RanksPanel::reset() {
  alone_ = false;
  empty_->set_reason({});
  empty_->show();
  menu_->hide();
  last_update_ = 0;
  live_.clear();
  held_.reset();
  update();
}

void RanksPanel::show_snapshot(const Snapshot& now, const Snapshot& earlier) {
  if (now.ranks.empty()) {
    if (now.trainer.steps > 0 && !std::exchange(alone_, true))
      empty_->set_reason(
          tr("One process trains alone. Run > Processes and feedline-cli launch share each batch out among several."));
    return;
  }
  if (!shows_empty_state() && now.at - last_update_ < Pace::instance().interval()) return;
  std::vector<RankTimes> ranks = rank_times(earlier, now);
  if (!has_rank_steps(ranks)) return;
  live_ = std::move(ranks);
  empty_->hide();
  menu_->show();
  last_update_ = now.at;
  if (!held_) update();
}

void RanksPanel::show_moment(const std::optional<Moment>& moment) {
  if (!moment && !held_) return;
  held_.reset();
  if (moment) {
    std::vector<RankTimes> ranks = rank_times(moment->earlier, moment->now);
    if (has_rank_steps(ranks)) held_ = std::move(ranks);
  }
  update();
}

void RanksPanel::end_run(const RunResult& result) {
  if (!has_whole(result) || result.last.ranks.empty()) return;
  reset();
  show_snapshot(result.last, result.first);
}

QString RanksPanel::headline() const {
  const auto slow = find_straggler(ranks());
  if (slow && !slow->stage.empty())
    return tr("Rank %1's stage %2 holds the others up: they wait for it %3 of a step")
        .arg(QString::number(slow->rank), to_qstring(slow->stage), percent(slow->share));
  if (slow)
    return tr("Rank %1 holds the others up (%2): they wait for it %3 of a step")
        .arg(slow->rank)
        .arg(straggler_part(slow->part), percent(slow->share));
  double total = 0;
  for (const RankTimes& rank : ranks()) total = std::max(total, rank.step.total());
  return tr("%1 ranks keep pace; gradients take %2 of a step")
      .arg(ranks().size())
      .arg(percent(total > 0 ? std::min(exchange_wait(ranks()) / total, 1.0) : 0));
}

QSize RanksPanel::sizeHint() const { return {360, 220}; }
QSize RanksPanel::minimumSizeHint() const { return {180, 90}; }

void RanksPanel::paint_rank(QPainter& painter, const QRectF& row, const RankTimes& rank, double longest,
                            const std::optional<Straggler>& slow) const {
  const Theme::Colors& colors = Theme::instance().colors();
  const bool marked = slow && slow->rank == rank.rank;
  const QFontMetricsF metrics(painter.font());
  const double name = std::min(row.width() * 0.3, metrics.horizontalAdvance(rank_title(rank)) + Theme::kUnit);
  const double name_width = std::max(name, std::min(row.width() * 0.3, 14.0 * Theme::kUnit));
  painter.setPen(marked ? colors.warning : colors.text);
  painter.drawText(QRectF(row.left(), row.top(), name_width, row.height()), Qt::AlignVCenter | Qt::AlignLeft,
                   metrics.elidedText(rank_title(rank), Qt::ElideRight, name_width - Theme::kUnit / 2));
  const QString time = rank.steps > 0 ? tr("%1 ms").arg(short_number(rank.step.total() * 1e3)) : tr("no step");
  const QString number = marked ? QStringLiteral("◀ %1  %2").arg(straggler_part(slow->part), time) : time;
  const double number_width = std::max(metrics.horizontalAdvance(number), 15.0 * Theme::kUnit);
  painter.drawText(QRectF(row.right() - number_width, row.top(), number_width, row.height()),
                   Qt::AlignVCenter | Qt::AlignRight, number);
  const QRectF bar(row.left() + name_width, row.center().y() - std::min(row.height() * 0.35, 9.0),
                   std::max(row.width() - name_width - number_width - Theme::kUnit, 0.0),
                   2 * std::min(row.height() * 0.35, 9.0));
  if (longest <= 0) return;
  const double parts[] = {rank.step[Phase::Wait], std::max(rank.own() - rank.step[Phase::Wait], 0.0),
                          rank.step[Phase::Reduce]};
  const QColor of_parts[] = {colors.starved, colors.busy, colors.blocked};
  double x = bar.left();
  for (int i = 0; i < 3; ++i) {
    const double width = bar.width() * parts[i] / longest;
    painter.fillRect(QRectF(x, bar.top(), width, bar.height()), of_parts[i]);
    x += width;
  }
}

/// What the colours of a step mean, in the order in which they stand.
void RanksPanel::paint_legend(QPainter& painter, const QRectF& line) const {
  const Theme::Colors& colors = Theme::instance().colors();
  const std::pair<QColor, QString> parts[] = {{colors.starved, tr("waits for a batch")},
                                              {colors.busy, tr("computes")},
                                              {colors.blocked, tr("waits for the other ranks")}};
  const QFontMetricsF metrics(painter.font());
  const double side = 10;
  QRectF words = line;
  for (const auto& [color, text] : parts) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawRoundedRect(QRectF(words.left(), line.center().y() - side / 2, side, side), 2, 2);
    words.setLeft(words.left() + side + Theme::kUnit / 2.0);
    painter.setPen(colors.muted);
    painter.drawText(words, Qt::AlignVCenter | Qt::AlignLeft,
                     metrics.elidedText(text, Qt::ElideRight, std::max(words.width(), 0.0)));
    words.setLeft(words.left() + metrics.horizontalAdvance(text) + 2 * Theme::kUnit);
    if (words.width() < side) return;
  }
}

void RanksPanel::paint(QPainter& painter, const QRectF& whole) const {
  painter.setRenderHint(QPainter::Antialiasing);
  const Theme& theme = Theme::instance();
  painter.fillRect(whole, theme.colors().panel);
  if (shows_empty_state()) return;
  const QRectF area = whole.adjusted(Theme::kUnit, Theme::kUnit, -Theme::kUnit, -Theme::kUnit);
  painter.setFont(theme.bold_font());
  painter.setPen(theme.colors().text);
  QRectF head;
  painter.drawText(area.adjusted(0, 0, -4 * Theme::kUnit, 0), Qt::AlignTop | Qt::AlignLeft | Qt::TextWordWrap,
                   headline(), &head);
  const double title = head.height() + Theme::kUnit;
  painter.setFont(theme.small_font());
  const double line = painter.fontMetrics().height() + 4.0;
  paint_legend(painter, {area.left(), area.top() + title, area.width(), line});
  const auto slow = find_straggler(ranks());
  double longest = 0;
  for (const RankTimes& rank : ranks()) longest = std::max(longest, rank.step.total());
  // Of more ranks than there is room for, those that work longest.
  std::vector<const RankTimes*> shown;
  for (const RankTimes& rank : ranks()) shown.push_back(&rank);
  const double top = area.top() + title + line;
  const auto room = static_cast<std::size_t>(std::max(0.0, (area.bottom() - top) / line));
  if (shown.size() > room) {
    std::stable_sort(shown.begin(), shown.end(),
                     [&](const RankTimes* a, const RankTimes* b) { return a->own() > b->own(); });
    std::stable_partition(shown.begin(), shown.end(),
                          [&](const RankTimes* rank) { return slow && slow->rank == rank->rank; });
    shown.resize(room);
    std::sort(shown.begin(), shown.end(), [](const RankTimes* a, const RankTimes* b) { return a->rank < b->rank; });
  }
  for (std::size_t i = 0; i < shown.size(); ++i)
    paint_rank(painter, QRectF(area.left(), top + static_cast<double>(i) * line, area.width(), line), *shown[i],
               longest, slow);
}

void RanksPanel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  paint(painter, rect());
}

void RanksPanel::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  const QSize size = menu_->sizeHint();
  menu_->setGeometry(QRect({width() - size.width(), 0}, size));
  empty_->setGeometry(rect());
}

ExportedView RanksPanel::exported() const {
  return {.title = windowTitle(),
          .size = size(),
          .paint =
              [this](QPaintDevice& device, const QSize& size) {
                QPainter painter(&device);
                paint(painter, QRectF({}, size));
              },
          .csv = [this] { return csv(); }};
}

QString RanksPanel::csv() const {
  QStringList head = {QStringLiteral("rank"), QStringLiteral("host"), QStringLiteral("samples_per_s")};
  for (const PhaseInfo& info : kStepPhases) head << to_qstring(info.key) + QStringLiteral("_ms");
  QString text = csv_line(head);
  for (const RankTimes& rank : ranks()) {
    QStringList cells = {QString::number(rank.rank), to_qstring(rank.host), csv_number(rank.samples_per_s)};
    for (const PhaseInfo& info : kStepPhases) cells << csv_number(rank.step[info.phase] * 1e3);
    text += csv_line(cells);
  }
  return text;
}

RunPanelSpec ranks_panel() {
  return {.name = "ranks",
          .title = QT_TRANSLATE_NOOP("RunPanels", "Ranks"),
          .shows = QT_TRANSLATE_NOOP("RunPanels", "What each of the processes that train together does in a step"),
          .help = "live-view.md",
          .group = PanelGroup::Flow,
          .make = make_run_panel<RanksPanel>};
}

}  // namespace feedline::gui::inline plots
