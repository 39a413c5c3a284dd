// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/problems_panel.h"

#include "gui/base/theme.h"

#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QStackedLayout>
#include <QTreeView>
#include <QVBoxLayout>

namespace feedline::gui::inline app {

ProblemsPanel::ProblemsPanel(QWidget* parent)
    : QWidget(parent),
      model_(new ProblemsModel(this)),
      view_(new QTreeView(this)),
      empty_(new QLabel(tr("No problems. The graph is ready to run."), this)),
      stack_(new QStackedLayout),
      offer_(new QPushButton(this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addLayout(stack_, 1);
  column->addWidget(offer_, 0, Qt::AlignLeft);
  offer_->setObjectName(QStringLiteral("offer"));
  offer_->setAccessibleName(tr("Apply what the chosen problem offers"));
  offer_->hide();
  connect(offer_, &QPushButton::clicked, this, &ProblemsPanel::offer_taken);
  view_->setModel(model_);
  view_->setRootIsDecorated(false);
  view_->setUniformRowHeights(true);
  view_->setAccessibleName(tr("Problems"));
  view_->setSelectionBehavior(QAbstractItemView::SelectRows);
  view_->setFrameShape(QFrame::NoFrame);
  view_->setMinimumHeight(6 * Theme::kUnit);  // heads and a row: the rest of the room is the canvas's
  view_->header()->setStretchLastSection(true);
  view_->header()->setSectionResizeMode(ProblemsModel::SeverityColumn, QHeaderView::ResizeToContents);
  view_->header()->setSectionResizeMode(ProblemsModel::WhereColumn, QHeaderView::ResizeToContents);
  view_->header()->resizeSection(ProblemsModel::MessageColumn, 420);
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setEnabled(true);
  stack_->addWidget(empty_);
  stack_->addWidget(view_);

  connect(view_, &QTreeView::clicked, this, &ProblemsPanel::choose);
  connect(view_, &QTreeView::activated, this, &ProblemsPanel::choose);
  const auto style = [this] {
    empty_->setStyleSheet(QStringLiteral("color: %1").arg(Theme::instance().colors().muted.name()));
  };
  style();
  connect(&Theme::instance(), &Theme::changed, this, style);
}

void ProblemsPanel::set_problems(const std::vector<Problem>& problems) {
  model_->set_problems(problems);
  stack_->setCurrentWidget(problems.empty() ? static_cast<QWidget*>(empty_) : view_);
}

void ProblemsPanel::set_offer(const QString& text, const QString& hint) {
  offer_->setText(text);
  offer_->setToolTip(hint);
  offer_->setVisible(!text.isEmpty());
}

void ProblemsPanel::choose(const QModelIndex& index) {
  const QString node = index.data(ProblemsModel::NodeRole).toString();
  if (!node.isEmpty()) Q_EMIT problem_chosen(node, index.data(ProblemsModel::ParamRole).toString());
}

QModelIndex ProblemsPanel::first_error() const {
  for (int row = 0; row < model_->rowCount(); ++row)
    if (const QModelIndex index = model_->index(row, 0); index.data(ProblemsModel::IsErrorRole).toBool()) return index;
  return {};
}

QString ProblemsPanel::first_error_node() const { return first_error().data(ProblemsModel::NodeRole).toString(); }

void ProblemsPanel::choose_first_error() {
  const QModelIndex index = first_error();
  if (!index.isValid()) return;
  view_->setCurrentIndex(index);
  choose(index);
}

}  // namespace feedline::gui::inline app
