// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runs/run_record.h"

#include <QAbstractTableModel>
#include <QStringList>

#include <vector>

namespace feedline::gui::inline models {

/// Recorded runs, one a row. Rows of runs that go on change in place, so that a view keeps its selection. Tags and
/// notes can be edited: the model asks for the change, and shows it when it has been made.
class RunsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column {
    RunColumn,
    StartedColumn,
    GraphColumn,
    StateColumn,
    RateColumn,
    LossColumn,
    ValidationColumn,
    TimeColumn,
    ProgressColumn,
    TagsColumn,
    NoteColumn,
    ColumnCount
  };
  enum Role { IdRole = Qt::UserRole, SortRole, ActiveRole };  ///< qint64; what to sort by; bool

  using QAbstractTableModel::QAbstractTableModel;

  void set_runs(const std::vector<RunSummary>& runs);
  [[nodiscard]] const std::vector<RunSummary>& runs() const { return runs_; }

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;

 Q_SIGNALS:
  void note_edited(qint64 run, const QString& note);
  void tags_edited(qint64 run, const QStringList& tags);

 private:
  [[nodiscard]] const RunSummary& run(const QModelIndex& index) const {
    return runs_[static_cast<std::size_t>(index.row())];
  }
  [[nodiscard]] static QString text(const RunSummary& run, int column);
  [[nodiscard]] static QVariant sort_value(const RunSummary& run, int column);
  [[nodiscard]] static QString tip(const RunSummary& run);
  void remove_missing(const std::vector<RunSummary>& runs);
  void insert_new(const std::vector<RunSummary>& runs);

  std::vector<RunSummary> runs_{};
};

}  // namespace feedline::gui::inline models
