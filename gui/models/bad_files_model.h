// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "checking/check_report.h"
#include "engine/bad_records.h"

#include <QAbstractTableModel>
#include <QString>

#include <vector>

namespace feedline::gui {

/// A file that has something wrong with it.
struct BadFileRow {
  QString file{};
  QString reason{};
  QString node{};  ///< that found it
  QString remedy{};
  qulonglong times = 0;  ///< that a run left it out; 0: no run did
};

/// As many rows as anybody looks at; a file as CSV holds all.
inline constexpr std::size_t kMostRows = 20'000;
[[nodiscard]] std::vector<BadFileRow> rows_of(const CheckReport& report);
[[nodiscard]] std::vector<BadFileRow> rows_of(const std::vector<BadRecord>& records);

/// Files that cannot be used, or are there twice, with reasons. The column of times is there only after a run.
class BadFilesModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { FileColumn, ReasonColumn, NodeColumn, TimesColumn, ColumnCount };
  using QAbstractTableModel::QAbstractTableModel;

  void set_rows(std::vector<BadFileRow> rows);
  [[nodiscard]] const std::vector<BadFileRow>& rows() const { return rows_; }

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  std::vector<BadFileRow> rows_{};
  bool with_times_ = false;
};

}  // namespace feedline::gui
