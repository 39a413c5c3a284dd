// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/validate.h"

#include <QAbstractTableModel>

#include <vector>

namespace feedline::gui::inline models {

/// The problems of a graph, one a row: severity, where, what, what to do.
class ProblemsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { SeverityColumn, WhereColumn, MessageColumn, RemedyColumn, ColumnCount };
  enum Role { NodeRole = Qt::UserRole, ParamRole, IsErrorRole };  ///< ids, empty where there is none; bool

  using QAbstractTableModel::QAbstractTableModel;

  /// Does nothing when they are the same, so that a view keeps its selection.
  void set_problems(const std::vector<Problem>& problems);
  [[nodiscard]] int error_count() const;

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  struct Row {
    bool error = true;
    QString node{};
    QString param{};
    QString where{};
    QString message{};
    QString remedy{};
    bool operator==(const Row&) const = default;
  };
  std::vector<Row> rows_{};
};

}  // namespace feedline::gui::inline models
