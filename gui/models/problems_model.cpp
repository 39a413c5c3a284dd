// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/problems_model.h"

#include "gui/models/text.h"

#include <algorithm>

namespace feedline::gui::inline models {

void ProblemsModel::set_problems(const std::vector<Problem>& problems) {
  std::vector<Row> rows;
  for (const auto& [severity, error] : problems) {
    QString where = to_qstring(error.node);
    const std::string& part = error.parameter.empty() ? error.port : error.parameter;
    if (!part.empty()) where += (where.isEmpty() ? QString() : QStringLiteral(".")) + to_qstring(part);
    rows.push_back({severity == Problem::Severity::Error, to_qstring(error.node), to_qstring(error.parameter), where,
                    to_qstring(error.reason), to_qstring(error.remedy)});
  }
  if (rows == rows_) return;
  beginResetModel();
  rows_ = std::move(rows);
  endResetModel();
}

int ProblemsModel::error_count() const {
  return static_cast<int>(std::count_if(rows_.begin(), rows_.end(), [](const Row& row) { return row.error; }));
}

int ProblemsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int ProblemsModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant ProblemsModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = rows_[static_cast<std::size_t>(index.row())];
  switch (role) {
    case NodeRole:
      return row.node;
    case ParamRole:
      return row.param;
    case IsErrorRole:
      return row.error;
    case Qt::ToolTipRole:
      return row.remedy.isEmpty() ? row.message : row.message + QLatin1Char('\n') + row.remedy;
    case Qt::DisplayRole:
      break;
    default:
      return {};
  }
  switch (index.column()) {
    case SeverityColumn:
      return row.error ? tr("Error") : tr("Warning");
    case WhereColumn:
      return row.where;
    case MessageColumn:
      return row.message;
    case RemedyColumn:
      return row.remedy;
    default:
      return {};
  }
}

QVariant ProblemsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  switch (section) {
    case SeverityColumn:
      return tr("Severity");
    case WhereColumn:
      return tr("Where");
    case MessageColumn:
      return tr("Problem");
    case RemedyColumn:
      return tr("What to do");
    default:
      return {};
  }
}

}  // namespace feedline::gui::inline models
