// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/columns_model.h"

#include "base/plain_text.h"
#include "gui/models/text.h"

#include <QByteArray>

#include <algorithm>
#include <fnmatch.h>
#include <unordered_set>
#include <utility>

namespace feedline::gui::inline models {

ColumnsModel::ColumnsModel(const ParamSpec& spec, QObject* parent)
    : QAbstractTableModel(parent),
      names_(spec.columns),
      patterns_(spec.kind == ParamKind::List && spec.list.items == ItemKind::Pattern) {}

void ColumnsModel::set_columns(const std::vector<Column>& columns) {
  if (columns == columns_) return;
  beginResetModel();
  columns_ = columns;
  lay_out();
  endResetModel();
}

/// Strangers are those that are named now; a column of another type is one too.
void ColumnsModel::lay_out() {
  rows_.clear();
  met_.clear();
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (!names_.type || columns_[i].type == *names_.type) rows_.push_back(i);
  strangers_.clear();
  std::unordered_set<std::string_view> known;
  for (const std::size_t row : rows_) known.insert(columns_[row].name);
  for (const std::string& name : named_)
    if (!known.contains(name)) strangers_.push_back(name);
}

bool ColumnsModel::is_stranger(const std::string& name) const {
  return std::find(strangers_.begin(), strangers_.end(), name) != strangers_.end();
}

void ColumnsModel::set_named(std::vector<std::string> names) {
  if (names == named_) return;
  named_ = std::move(names);
  place_.clear();
  for (std::size_t i = 0; i < named_.size(); ++i) place_.try_emplace(named_[i], i);
  std::unordered_set<std::string_view> known;
  for (const std::size_t row : rows_) known.insert(columns_[row].name);
  std::vector<std::string> fresh;
  for (const std::string& name : named_)
    if (!known.contains(name) && !is_stranger(name)) fresh.push_back(name);
  if (!fresh.empty()) {
    const int first = static_cast<int>(strangers_.size());
    beginInsertRows({}, first, first + static_cast<int>(fresh.size()) - 1);
    strangers_.insert(strangers_.end(), fresh.begin(), fresh.end());
    endInsertRows();
  }
  if (rowCount() > 0) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, 0));
}

void ColumnsModel::choose(const std::vector<std::string>& names, bool on) {
  std::vector<std::string> next;
  if (on) {
    next = named_;
    for (const std::string& name : names)
      if (!place_.contains(name)) next.push_back(name);
  } else {
    const std::unordered_set<std::string_view> gone(names.begin(), names.end());
    for (const std::string& name : named_)
      if (!gone.contains(name)) next.push_back(name);
  }
  if (next == named_) return;
  set_named(std::move(next));
  Q_EMIT chosen();
}

const std::string& ColumnsModel::name_at(int row) const {
  const auto at = static_cast<std::size_t>(row);
  return at < strangers_.size() ? strangers_[at] : columns_[rows_[at - strangers_.size()]].name;
}

const Column* ColumnsModel::column_at(int row) const {
  const auto at = static_cast<std::size_t>(row);
  if (at >= strangers_.size()) return &columns_[rows_[at - strangers_.size()]];
  const auto found = std::find_if(columns_.begin(), columns_.end(),
                                  [&](const Column& column) { return column.name == strangers_[at]; });
  return found == columns_.end() ? nullptr : &*found;
}

int ColumnsModel::row_of(const std::string& name) const {
  for (int row = 0; row < rowCount(); ++row)
    if (name_at(row) == name) return row;
  return -1;
}

bool ColumnsModel::is_pattern(const std::string& name) const {
  return patterns_ && name.find_first_of("*?[") != std::string::npos;
}

QString ColumnsModel::note_of(int row) const {
  if (const Column* column = column_at(row)) {
    const bool number = column->type == ColumnType::Number;
    const QString type = number ? tr("number") : tr("text");
    if (names_.type && column->type != *names_.type) return tr("%1: of the wrong type").arg(type);
    return column->missing ? tr("%1, some missing").arg(type) : type;
  }
  if (!is_pattern(name_at(row))) return tr("not in the table");
  const auto [met, is_new] = met_.try_emplace(name_at(row), 0);
  if (is_new)
    met->second = std::count_if(columns_.begin(), columns_.end(), [&](const Column& column) {
      return ::fnmatch(met->first.c_str(), column.name.c_str(), 0) == 0;
    });
  return tr("pattern: %1").arg(count_text(met->second, tr("1 column"), tr("%1 columns")));
}

int ColumnsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(strangers_.size() + rows_.size());
}

int ColumnsModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : 2; }

QVariant ColumnsModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const int row = index.row();
  const std::string& name = name_at(row);
  const QString shown = to_qstring(escape_name(name));
  switch (role) {
    case Qt::DisplayRole:
      return index.column() == 0 ? shown : note_of(row);
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole:
      return QStringLiteral("%1: %2").arg(shown, note_of(row));
    case Qt::CheckStateRole:
      if (index.column() != 0) return {};
      return static_cast<int>(place_.contains(name) ? Qt::Checked : Qt::Unchecked);
    case NameRole:
      return QByteArray(name.data(), static_cast<qsizetype>(name.size()));
    case TypeRole:
      if (const Column* column = column_at(row)) return static_cast<int>(column->type);
      return {};
    default:
      return {};
  }
}

bool ColumnsModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  if (role != Qt::CheckStateRole || !checkIndex(index, CheckIndexOption::IndexIsValid) || index.column() != 0)
    return false;
  choose({name_at(index.row())}, value.toInt() == Qt::Checked);
  return true;
}

Qt::ItemFlags ColumnsModel::flags(const QModelIndex& index) const {
  if (!index.isValid()) return Qt::NoItemFlags;
  const Qt::ItemFlags usual = QAbstractTableModel::flags(index) | Qt::ItemNeverHasChildren;
  return index.column() == 0 ? usual | Qt::ItemIsUserCheckable : usual;
}

}  // namespace feedline::gui::inline models
