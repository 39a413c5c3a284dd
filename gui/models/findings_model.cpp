// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/findings_model.h"

#include <utility>

namespace feedline::gui::inline models {

void FindingsModel::set_findings(std::shared_ptr<const std::vector<FindingText>> findings) {
  beginResetModel();
  findings_ = std::move(findings);
  endResetModel();
}

int FindingsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || findings_ == nullptr ? 0 : static_cast<int>(findings_->size());
}

QVariant FindingsModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const FindingText& finding = (*findings_)[static_cast<std::size_t>(index.row())];
  if (role == Qt::DisplayRole) return finding.words;
  if (role == NodeRole) return finding.node;
  if (role == Qt::ToolTipRole && !finding.node.isEmpty()) return tr("Double-click to select the node");
  return {};
}

}  // namespace feedline::gui::inline models
