// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/queues_panel.h"

#include "app/theme.h"

#include <QGridLayout>
#include <QLabel>
#include <QProgressBar>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QStackedLayout>

#include <algorithm>
#include <cmath>

namespace feedline::gui {

namespace {

constexpr qint64 kFollowsMs = 1000;
constexpr int kBarSteps = 100;
enum Column { Name, Queue, Workers };

}  // namespace

QueuesPanel::QueuesPanel(QWidget* parent)
    : QWidget(parent),
      stack_(new QStackedLayout(this)),
      empty_(new QLabel(tr("Switch on Show every queue and press Run: every node then has its own workers and its own "
                           "queue, and you can change the workers here while it runs."),
                        this)),
      page_(new QWidget),
      grid_(new QGridLayout(page_)) {
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setWordWrap(true);
  empty_->setMargin(2 * Theme::kUnit);
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
  const QString heads[] = {tr("node"), tr("queue behind it"), tr("workers")};
  for (int column = 0; column < 3; ++column) {
    heads_.push_back(new QLabel(heads[column], page_));
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
  staged_ = staged;
  stack_->setCurrentIndex(0);
}

void QueuesPanel::end() {
  for (const Row& row : rows_) row.workers->setEnabled(false);
}

void QueuesPanel::clear() {
  for (const Row& row : rows_)
    for (QWidget* widget : std::initializer_list<QWidget*>{row.name, row.queue, row.workers}) widget->deleteLater();
  rows_.clear();
}

void QueuesPanel::build(const std::vector<StageSample>& stages) {
  clear();
  for (const StageSample& stage : stages) {
    Row row;
    row.node = QString::fromStdString(stage.node);
    row.name = new QLabel(row.node, page_);
    row.queue = new QProgressBar(page_);
    row.queue->setRange(0, kBarSteps);
    row.queue->setFormat(QStringLiteral("%p %"));
    row.queue->setAccessibleName(tr("Queue behind %1").arg(row.node));
    row.workers = new QSpinBox(page_);
    row.workers->setRange(1, kMostWorkers);
    row.workers->setAccessibleName(tr("Workers of %1").arg(row.node));
    row.workers->setToolTip(tr("Threads that work for %1. A change takes effect at once.").arg(row.node));
    row.name->setBuddy(row.workers);
    connect(row.workers, &QSpinBox::valueChanged, this, [this, node = row.node](int workers) {
      for (Row& changed : rows_)
        if (changed.node == node) changed.changed.start();
      Q_EMIT workers_wanted(node, workers);
    });
    const int line = static_cast<int>(rows_.size()) + 1;
    grid_->addWidget(row.name, line, Name);
    grid_->addWidget(row.queue, line, Queue);
    grid_->addWidget(row.workers, line, Workers);
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
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    Row& row = rows_[i];
    row.queue->setValue(static_cast<int>(std::lround(std::clamp(now.stages[i].queue_fill, 0.0, 1.0) * kBarSteps)));
    if (row.changed.isValid() && row.changed.elapsed() < kFollowsMs) continue;  // the run has not followed yet
    const QSignalBlocker quiet(row.workers);
    row.workers->setValue(static_cast<int>(now.stages[i].workers));
  }
  stack_->setCurrentIndex(1);
}

QSpinBox* QueuesPanel::workers_box(const QString& node) const {
  for (const Row& row : rows_)
    if (row.node == node) return row.workers;
  return nullptr;
}

QProgressBar* QueuesPanel::queue_bar(const QString& node) const {
  for (const Row& row : rows_)
    if (row.node == node) return row.queue;
  return nullptr;
}

void QueuesPanel::style() {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  setStyleSheet(QStringLiteral("QScrollArea, QWidget#queues_ground { background: %1 }").arg(c.panel.name()));
  empty_->setStyleSheet(QStringLiteral("color: %1; background: %2").arg(c.muted.name(), c.panel.name()));
  for (QLabel* head : heads_) {
    head->setFont(theme.small_font());
    head->setStyleSheet(QStringLiteral("color: %1").arg(c.muted.name()));
  }
  for (const Row& row : rows_) {
    row.queue->setFont(theme.small_font());
    row.queue->setFixedHeight(2 * Theme::kUnit);
    row.queue->setStyleSheet(
        QStringLiteral("QProgressBar { background: %1; border: 1px solid %2; border-radius: 3px; color: %3; "
                       "text-align: center } QProgressBar::chunk { background: %4; border-radius: 2px }")
            .arg(c.raised.name(), c.border.name(), c.text.name(), c.starved.name()));
  }
}

}  // namespace feedline::gui
