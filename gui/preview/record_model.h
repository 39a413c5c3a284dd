// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "checking/describe_source.h"

#include <QAbstractTableModel>
#include <QList>

#include <map>
#include <memory>
#include <vector>

namespace feedline::gui::inline preview {

/// The first records of a source, a row each. Cells are those that somebody has read; a row that is looked at before
/// asks for its page.
class RecordModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  static constexpr int kPageRows = 64;
  /// Nobody scrolls further, and a table's header keeps some bytes of each row.
  static constexpr int kMostRows = 100'000;

  using Page = std::vector<std::vector<RecordCell>>;  ///< of a record that cannot be read: no cells

  explicit RecordModel(QObject* parent = nullptr);

  /// Another source, of which nothing is read yet.
  void set_columns(std::vector<RecordColumn> columns, std::uint64_t records);
  void set_page(int page, Page rows);
  void set_facts(std::vector<ColumnFacts> facts);
  void clear() { set_columns({}, 0); }

  [[nodiscard]] const std::vector<RecordColumn>& columns() const { return columns_; }
  /// Null: not known yet.
  [[nodiscard]] const ColumnFacts* facts(int column) const;
  /// "number, 3.2 % missing, 17 to 90, mean 38.6": of the header's tooltip and for screen readers.
  [[nodiscard]] QString facts_text(int column) const;
  /// "number · 3.2 % missing"
  [[nodiscard]] QString short_text(int column) const;
  /// The pages that were asked for and have not come; the one that is wanted most comes first.
  [[nodiscard]] int wanted_page() const { return wanted_.isEmpty() ? -1 : wanted_.back(); }

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 Q_SIGNALS:
  /// A row of a page that is not there has been looked at. Sent from data(): answer later.
  void page_wanted() const;

 private:
  [[nodiscard]] const RecordCell* cell_at(const QModelIndex& index, bool& read) const;

  std::vector<RecordColumn> columns_{};
  std::vector<ColumnFacts> facts_{};
  int rows_ = 0;
  std::map<int, Page> pages_{};
  mutable QList<int> wanted_{};
};

}  // namespace feedline::gui::inline preview
