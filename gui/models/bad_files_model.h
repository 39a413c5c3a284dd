// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "checking/check_report.h"
#include "engine/bad_records.h"

#include <QAbstractTableModel>
#include <QString>

#include <cstddef>
#include <memory>
#include <vector>

namespace feedline::gui::inline models {

/// A file that has something wrong with it.
struct BadFileRow {
  QString file{};
  QString reason{};
  QString node{};  ///< that found it
  QString remedy{};
  qulonglong times = 0;  ///< that a run left it out; 0: no run did
};

/// Such files by number, each put into words when somebody looks at it. It never changes, so any thread may ask.
class BadFileList {
 public:
  virtual ~BadFileList() = default;
  [[nodiscard]] virtual std::size_t size() const = 0;
  /// `index` below size().
  [[nodiscard]] virtual BadFileRow row(std::size_t index) const = 0;
  /// Do the rows tell how often a run left them out?
  [[nodiscard]] virtual bool has_times() const = 0;
};

/// Records that cannot be used, then those that repeat others.
[[nodiscard]] std::shared_ptr<const BadFileList> files_of(std::shared_ptr<const CheckReport> report);
[[nodiscard]] std::shared_ptr<const BadFileList> files_of(std::shared_ptr<const std::vector<BadRecord>> records);

/// Files that cannot be used, or are there twice, with reasons. The column of times is there only after a run.
class BadFilesModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { FileColumn, ReasonColumn, NodeColumn, TimesColumn, ColumnCount };
  /// As many rows as anybody looks at: views keep a few bytes of each. A file as CSV holds all.
  static constexpr int kMostRows = 100'000;
  using QAbstractTableModel::QAbstractTableModel;

  /// Takes the same time however many there are. Null: none.
  void set_files(std::shared_ptr<const BadFileList> files);
  /// `row` below rowCount().
  [[nodiscard]] BadFileRow file(int row) const { return files_->row(static_cast<std::size_t>(row)); }

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  std::shared_ptr<const BadFileList> files_{};
};

}  // namespace feedline::gui::inline models
