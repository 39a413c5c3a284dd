// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/queues_panel.h"

#include "base/clock.h"
#include "gui/base/theme.h"
#include "gui/inspector/number_field.h"
#include "gui/plots/run_panels.h"
#include "gui/session/run_controller.h"

#include <QFontMetrics>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QScrollArea>
#include <QStackedLayout>
#include <QToolButton>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline plots {

namespace {

constexpr qint64 kFollowsMs = 1000;
constexpr int kBarSteps = 100;
constexpr double kMeanSeconds = 1;
enum Column { Name, Queue, Fill, Workers };

}  // namespace

QueuesPanel::QueuesPanel(QWidget* parent)
    : QWidget(parent),
      stack_(new QStackedLayout(this)),
      empty_(new EmptyState({.purpose = tr("what waits in the queue behind each node, and its workers"),
                             .awaited = tr("the first batch")},
                            this)),
      page_(new QWidget),
      grid_(new QGridLayout(page_)) {
  begin(false);
  auto* area = new QScrollArea(this);
  area->setWidgetResizable(true);
  area->setFrameShape(QFrame::NoFrame);
  area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  page_->setObjectName(QStringLiteral("queues_ground"));
  area->setWidget(page_);
  grid_->setContentsMargins(Theme::kUnit, Theme::kUnit / 2, Theme::kUnit, Theme::kUnit / 2);
  grid_->setHorizontalSpacing(2 * Theme::kUnit);
  grid_->setVerticalSpacing(Theme::kUnit / 4);
  grid_->setColumnStretch(Queue, 1);
  const QString heads[] = {tr("Node"), tr("Queue behind it"), tr("Waiting"), tr("Workers")};
  for (int column = Name; column <= Workers; ++column) {
    heads_.push_back(new QLabel(heads[column], page_));
    if (column == Workers) heads_.back()->setAlignment(Qt::AlignCenter);
    if (column == Fill) heads_.back()->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    grid_->addWidget(heads_.back(), 0, column);
  }
  stack_->addWidget(empty_);
  stack_->addWidget(area);
  setAccessibleName(tr("Queues"));
  connect(&Theme::instance(), &Theme::changed, this, &QueuesPanel::style);
  style();
}

bool QueuesPanel::shows_empty_state() const { return stack_->currentWidget() == empty_; }

void QueuesPanel::begin(bool staged) {
  clear();
  shown_at_ = 0;
  staged_ = staged;
  empty_->set_reason(staged ? QString()
                            : tr("To see them, switch on Show every queue before you press Run: each node then has "
                                 "its own workers and its own queue, and you can change the workers here while it "
                                 "runs."));
  stack_->setCurrentIndex(0);
}

void QueuesPanel::end() {
  for (const Row& row : rows_) row.cell->setEnabled(false);
}

void QueuesPanel::clear() {
  for (const Row& row : rows_)
    for (QWidget* widget : std::initializer_list<QWidget*>{row.name, row.queue, row.fill, row.cell})
      widget->deleteLater();
  rows_.clear();
}

QueuesPanel::Row QueuesPanel::make_row(const QString& node) {
  Row row;
  row.node = node;
  row.name = new QLabel(node, page_);
  row.queue = new QProgressBar(page_);
  row.queue->setRange(0, kBarSteps);
  row.queue->setTextVisible(false);
  row.queue->setAccessibleName(tr("Queue behind %1").arg(node));
  row.fill = new QLabel(page_);
  row.fill->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  row.cell = new QWidget(page_);
  row.workers = new NumberField(whole_number("workers", 1, kMostWorkers), row.cell);
  row.workers->setAlignment(Qt::AlignCenter);
  row.workers->setAccessibleName(tr("Workers of %1").arg(node));
  row.workers->setToolTip(tr("Threads that work for %1. A change takes effect at once.").arg(node));
  row.name->setBuddy(row.workers);
  // A number that is being typed may not be the one that is meant: threads are started for a finished one.
  connect(row.workers, &NumberField::gesture_ended, this, [this, node] { want_workers(node); });
  const auto button = [this, &row, node](const QString& sign, const QString& what, int step) {
    auto* made = new QToolButton(row.cell);
    made->setText(sign);
    made->setAutoRaise(true);
    made->setToolTip(what);
    made->setAccessibleName(what);
    made->setFocusPolicy(Qt::NoFocus);  // the number takes the keys
    connect(made, &QToolButton::clicked, row.workers, [this, node, box = row.workers, step] {
      box->step_by(step);
      want_workers(node);
    });
    return made;
  };
  auto* cells = new QHBoxLayout(row.cell);
  cells->setContentsMargins(0, 0, 0, 0);
  cells->setSpacing(0);
  cells->addWidget(button(QStringLiteral("−"), tr("One worker fewer for %1").arg(node), -1));
  cells->addWidget(row.workers);
  QToolButton* more = button(QStringLiteral("+"), tr("One worker more for %1").arg(node), 1);
  more->setObjectName(QStringLiteral("more_") + node);
  cells->addWidget(more);
  return row;
}

void QueuesPanel::build(const std::vector<StageSample>& stages) {
  clear();
  for (const StageSample& stage : stages) {
    const Row row = make_row(QString::fromStdString(stage.node));
    const int line = static_cast<int>(rows_.size()) + 1;
    grid_->addWidget(row.name, line, Name);
    grid_->addWidget(row.queue, line, Queue);
    grid_->addWidget(row.fill, line, Fill);
    grid_->addWidget(row.cell, line, Workers);
    rows_.push_back(row);
  }
  grid_->setRowStretch(static_cast<int>(rows_.size()) + 1, 1);
  QWidget* before = nullptr;
  for (const Row& row : rows_) {
    if (before != nullptr) setTabOrder(before, row.workers);
    before = row.workers;
  }
  style();
}

void QueuesPanel::show_snapshot(const Snapshot& now) {
  if (!staged_ || now.stages.empty()) return;
  const bool same = rows_.size() == now.stages.size() &&
                    std::equal(rows_.begin(), rows_.end(), now.stages.begin(),
                               [](const Row& row, const StageSample& s) { return row.node.toStdString() == s.node; });
  if (!same) build(now.stages);
  // A mean over about a second: the moment itself flickers between empty and full.
  const double weight = shown_at_ == 0 ? 1 : std::min(1.0, seconds(now.at - shown_at_) / kMeanSeconds);
  shown_at_ = now.at;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    Row& row = rows_[i];
    show_level(row, now.stages[i], weight, i + 1 == rows_.size());
    if (row.changed.isValid() && row.changed.elapsed() < kFollowsMs) continue;  // the run has not followed yet
    if (row.workers->pending()) continue;
    row.asked = static_cast<int>(now.stages[i].workers);
    row.workers->show_number(Value(std::int64_t{row.asked}));
  }
  stack_->setCurrentIndex(1);
}

void QueuesPanel::show_level(Row& row, const StageSample& stage, double weight, bool last) {
  const double fill = std::clamp(stage.queue.fill, 0.0, 1.0);
  const auto waiting = static_cast<double>(stage.queue.waiting);
  const bool first = row.mean < 0;
  row.mean = first ? fill : row.mean + (fill - row.mean) * weight;
  row.waiting = first ? waiting : row.waiting + (waiting - row.waiting) * weight;
  row.queue->setValue(static_cast<int>(std::lround(row.mean * kBarSteps)));
  const qulonglong capacity = stage.queue.capacity;
  QString tip;
  if (capacity == 0) {
    row.fill->setText(tr("prefetch 0"));
    tip =
        tr("With prefetch 0 nothing is prepared ahead: a batch is begun when the trainer asks for it, "
           "so this queue holds nothing, and preparing and learning take turns.");
  } else {
    row.fill->setText(tr("%1 of %2").arg(row.waiting, 0, 'f', 1).arg(capacity));
    tip = last ? tr("Batches that are ready for the trainer, on average over the last second, of the %1 that "
                    "its parameter prefetch lets be prepared ahead.")
                     .arg(capacity)
               : tr("Groups of records that wait for the next node, on average over the last second, of the %1 that "
                    "this queue holds. Its memory is limited, too: the bar shows whichever limit is nearer.")
                     .arg(capacity);
  }
  row.fill->setToolTip(tip);
  row.queue->setToolTip(tip);
}

void QueuesPanel::want_workers(const QString& node) {
  for (Row& row : rows_) {
    if (row.node != node || !std::isfinite(row.workers->value())) continue;
    const int workers = static_cast<int>(row.workers->value());
    if (workers == row.asked) continue;
    row.asked = workers;
    row.changed.start();
    Q_EMIT workers_wanted(node, workers);
  }
}

NumberField* QueuesPanel::workers_box(const QString& node) const {
  for (const Row& row : rows_)
    if (row.node == node) return row.workers;
  return nullptr;
}

QProgressBar* QueuesPanel::queue_bar(const QString& node) const {
  for (const Row& row : rows_)
    if (row.node == node) return row.queue;
  return nullptr;
}

QLabel* QueuesPanel::level_text(const QString& node) const {
  for (const Row& row : rows_)
    if (row.node == node) return row.fill;
  return nullptr;
}

void QueuesPanel::style() {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  setStyleSheet(QStringLiteral("QScrollArea, QWidget#queues_ground { background: %1 }").arg(c.panel.name()));
  for (QLabel* head : heads_) {
    head->setFont(theme.small_font());
    head->setStyleSheet(QStringLiteral("color: %1").arg(c.muted.name()));
  }
  for (const Row& row : rows_) {
    row.queue->setFixedHeight(3 * Theme::kUnit / 2);
    row.workers->setFixedWidth(row.workers->fontMetrics().horizontalAdvance(QStringLiteral("000")) + 2 * Theme::kUnit);
    row.fill->setFont(theme.small_font());
    row.fill->setMinimumWidth(QFontMetrics(theme.small_font()).horizontalAdvance(tr("prefetch 0")));
    row.queue->setStyleSheet(QStringLiteral("QProgressBar { background: %1; border: 1px solid %2; border-radius: 3px } "
                                            "QProgressBar::chunk { background: %3; border-radius: 2px }")
                                 .arg(c.raised.name(), c.border.name(), c.starved.name()));
  }
}

RunPanelSpec queues_panel() {
  return {.name = "queues",
          .title = QT_TRANSLATE_NOOP("RunPanels", "Queues"),
          .shows = QT_TRANSLATE_NOOP("RunPanels",
                                     "The queue behind each node, and its workers, in a run that shows every queue"),
          .help = "live-view.md",
          .group = PanelGroup::Flow,
          .make = [](QWidget* parent, RunController& runs) -> RunPanel {
            auto* panel = new QueuesPanel(parent);
            QObject::connect(panel, &QueuesPanel::workers_wanted, &runs, [&runs](const QString& node, int workers) {
              runs.set_workers(node, static_cast<std::size_t>(workers));
            });
            return {panel, panel};
          }};
}

}  // namespace feedline::gui::inline plots
