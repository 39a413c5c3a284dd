// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/problems_panel.h"

#include "app/theme.h"

#include <QHeaderView>
#include <QLabel>
#include <QStackedLayout>
#include <QTreeView>

namespace feedline::gui {

ProblemsPanel::ProblemsPanel(QWidget* parent)
    : QWidget(parent),
      model_(new ProblemsModel(this)),
      view_(new QTreeView(this)),
      empty_(new QLabel(tr("No problems. The graph is ready to run."), this)),
      stack_(new QStackedLayout(this)) {
  view_->setModel(model_);
  view_->setRootIsDecorated(false);
  view_->setUniformRowHeights(true);
  view_->setSelectionBehavior(QAbstractItemView::SelectRows);
  view_->setFrameShape(QFrame::NoFrame);
  view_->header()->setStretchLastSection(true);
  view_->header()->setSectionResizeMode(ProblemsModel::SeverityColumn, QHeaderView::ResizeToContents);
  view_->header()->setSectionResizeMode(ProblemsModel::WhereColumn, QHeaderView::ResizeToContents);
  view_->header()->resizeSection(ProblemsModel::MessageColumn, 420);
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setEnabled(true);
  stack_->addWidget(empty_);
  stack_->addWidget(view_);

  const auto choose = [this](const QModelIndex& index) {
    const QString node = index.data(ProblemsModel::NodeRole).toString();
    if (!node.isEmpty()) Q_EMIT node_chosen(node);
  };
  connect(view_, &QTreeView::clicked, this, choose);
  connect(view_, &QTreeView::activated, this, choose);
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

QString ProblemsPanel::first_error_node() const {
  for (int row = 0; row < model_->rowCount(); ++row) {
    const QModelIndex index = model_->index(row, 0);
    if (index.data(ProblemsModel::IsErrorRole).toBool()) return index.data(ProblemsModel::NodeRole).toString();
  }
  return {};
}

}  // namespace feedline::gui
