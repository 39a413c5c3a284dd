// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/preview/record_model.h"

#include "base/numbers.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"

#include <algorithm>
#include <utility>

namespace feedline::gui::inline preview {
namespace {

constexpr std::size_t kKeptPages = 256;
constexpr int kMostWanted = 8;  // what was scrolled past is not read

QString fact_number(double value) { return QString::number(value, 'g', 5); }

}  // namespace

RecordModel::RecordModel(QObject* parent) : QAbstractTableModel(parent) {}

void RecordModel::set_columns(std::vector<RecordColumn> columns, std::uint64_t records) {
  beginResetModel();
  columns_ = std::move(columns);
  facts_.clear();
  pages_.clear();
  wanted_.clear();
  rows_ = columns_.empty() ? 0 : static_cast<int>(std::min<std::uint64_t>(records, kMostRows));
  endResetModel();
}

void RecordModel::set_page(int page, Page rows) {
  wanted_.removeAll(page);
  const int first = page * kPageRows;
  if (first >= rows_ || rows.empty()) return;
  const int last = std::min(rows_, first + static_cast<int>(rows.size())) - 1;
  if (pages_.size() >= kKeptPages)
    pages_.erase(pages_.begin()->first == page ? std::prev(pages_.end()) : pages_.begin());
  pages_[page] = std::move(rows);
  Q_EMIT dataChanged(index(first, 0), index(last, columnCount() - 1));
}

void RecordModel::set_facts(std::vector<ColumnFacts> facts) {
  if (facts.size() != columns_.size() || facts.empty()) return;
  facts_ = std::move(facts);
  Q_EMIT headerDataChanged(Qt::Horizontal, 0, columnCount() - 1);
}

const ColumnFacts* RecordModel::facts(int column) const {
  const auto at = static_cast<std::size_t>(column);
  return column >= 0 && at < facts_.size() ? &facts_[at] : nullptr;
}

QString RecordModel::short_text(int column) const {
  const QString type = to_qstring(columns_[static_cast<std::size_t>(column)].type);
  const ColumnFacts* facts = this->facts(column);
  if (facts == nullptr || facts->missing == 0) return type;
  return tr("%1 · %2 missing").arg(type, to_qstring(numbers::percent(facts->missing_share(), 1)));
}

QString RecordModel::facts_text(int column) const {
  const RecordColumn& shown = columns_[static_cast<std::size_t>(column)];
  QStringList parts{short_text(column)};
  const ColumnFacts* facts = this->facts(column);
  if (facts == nullptr) return parts.front();
  if (facts->values == 0) {
    parts << tr("no value");
  } else if (shown.number) {
    parts << tr("%1 to %2").arg(fact_number(facts->least), fact_number(facts->greatest))
          << tr("mean %1 ± %2").arg(fact_number(facts->mean), fact_number(facts->stddev));
  } else {
    parts << (facts->many ? tr("over %1 different values") : tr("%1 different values")).arg(facts->distinct);
    for (const auto& [value, records] : facts->top)
      if (records > 1)
        parts << tr("%1: %2").arg(to_qstring(value), to_qstring(numbers::percent(static_cast<double>(records) /
                                                                                 static_cast<double>(facts->values))));
  }
  return parts.join(QStringLiteral(", "));
}

int RecordModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : rows_; }

int RecordModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(columns_.size());
}

/// Null: not there; `read` tells whether its record has been read.
const RecordCell* RecordModel::cell_at(const QModelIndex& index, bool& read) const {
  const int page = index.row() / kPageRows;
  const auto held = pages_.find(page);
  read = held != pages_.end();
  if (!read) {
    const bool asked = wanted_.contains(page);
    wanted_.removeAll(page);
    wanted_ << page;
    if (wanted_.size() > kMostWanted) wanted_.removeFirst();
    if (!asked) Q_EMIT page_wanted();
    return nullptr;
  }
  const auto row = static_cast<std::size_t>(index.row() % kPageRows);
  const auto column = static_cast<std::size_t>(index.column());
  if (row >= held->second.size() || column >= held->second[row].size()) return nullptr;
  return &held->second[row][column];
}

QVariant RecordModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  if (role == Qt::TextAlignmentRole) {
    const bool number = columns_[static_cast<std::size_t>(index.column())].number;
    return static_cast<int>(Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft));
  }
  if (role != Qt::DisplayRole && role != Qt::ToolTipRole && role != Qt::ForegroundRole) return {};
  bool read = false;
  const RecordCell* cell = cell_at(index, read);
  const bool there = cell != nullptr && !cell->missing();
  if (role == Qt::ForegroundRole) return there ? QVariant() : QVariant(Theme::instance().colors().muted);
  if (there) return to_qstring(cell->text);
  if (role == Qt::ToolTipRole || !read) return {};
  return cell == nullptr ? tr("unreadable") : QStringLiteral("–");
}

QVariant RecordModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation == Qt::Vertical) return role == Qt::DisplayRole ? QVariant(section) : QVariant();
  if (section < 0 || section >= columnCount()) return {};
  const QString name = to_qstring(columns_[static_cast<std::size_t>(section)].name);
  if (role == Qt::DisplayRole) return name;
  if (role == Qt::ToolTipRole || role == Qt::AccessibleTextRole)
    return QStringLiteral("%1: %2").arg(name, facts_text(section));
  return {};
}

}  // namespace feedline::gui::inline preview
