// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/bad_files_model.h"

#include <algorithm>

namespace feedline::gui {

std::vector<BadFileRow> rows_of(const CheckReport& report) {
  std::vector<BadFileRow> rows;
  const auto text = [](const std::string& words) { return QString::fromStdString(words); };
  for (const SourceCheck& source : report.sources)
    for (const BadRef& bad : source.bad) {
      if (rows.size() >= kMostRows) return rows;
      const Error& fault = report.faults[bad.fault - 1];
      rows.push_back({text(source.name_of(bad.record)), text(fault.reason), text(fault.node), text(fault.remedy)});
    }
  for (const DuplicateGroup& group : report.duplicates.groups) {
    const DuplicateGroup::Place& kept = group.places.front();
    const QString same = text(report.sources[kept.source].name_of(kept.record));
    const QString reason = group.across        ? QObject::tr("in training and validation: the same bytes as %1")
                           : group.conflicting ? QObject::tr("in several classes: the same bytes as %1")
                                               : QObject::tr("the same bytes as %1");
    for (std::size_t i = 1; i < group.places.size(); ++i) {
      if (rows.size() >= kMostRows) return rows;
      const SourceCheck& source = report.sources[group.places[i].source];
      rows.push_back({text(source.name_of(group.places[i].record)), reason.arg(same), text(source.node),
                      QObject::tr("Delete one of them")});
    }
  }
  return rows;
}

std::vector<BadFileRow> rows_of(const std::vector<BadRecord>& records) {
  std::vector<BadFileRow> rows;
  for (const BadRecord& bad : records) {
    if (rows.size() >= kMostRows) break;
    rows.push_back({QString::fromStdString(bad.error.file), QString::fromStdString(bad.error.reason),
                    QString::fromStdString(bad.error.node), QString::fromStdString(bad.error.remedy), bad.times});
  }
  return rows;
}

void BadFilesModel::set_rows(std::vector<BadFileRow> rows) {
  beginResetModel();
  rows_ = std::move(rows);
  with_times_ = std::any_of(rows_.begin(), rows_.end(), [](const BadFileRow& row) { return row.times > 0; });
  endResetModel();
}

int BadFilesModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int BadFilesModel::columnCount(const QModelIndex& parent) const {
  if (parent.isValid()) return 0;
  return with_times_ ? ColumnCount : TimesColumn;
}

QVariant BadFilesModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const BadFileRow& row = rows_[static_cast<std::size_t>(index.row())];
  if (role == Qt::ToolTipRole)
    return row.file + '\n' + row.reason + (row.remedy.isEmpty() ? QString() : '\n' + row.remedy);
  if (role == Qt::TextAlignmentRole && index.column() == TimesColumn)
    return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
  if (role != Qt::DisplayRole) return {};
  switch (index.column()) {
    case FileColumn:
      return row.file;
    case ReasonColumn:
      return row.reason;
    case NodeColumn:
      return row.node;
    default:
      return row.times;
  }
}

QVariant BadFilesModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  switch (section) {
    case FileColumn:
      return tr("File");
    case ReasonColumn:
      return tr("Reason");
    case NodeColumn:
      return tr("Node");
    default:
      return tr("Times left out");
  }
}

}  // namespace feedline::gui
