// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/param_spec.h"

#include <QAbstractTableModel>

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

namespace feedline::gui::inline models {

/// The columns of a table, of which some are named: a check box each. Names that the table does not have, and patterns,
/// stand in front and are kept. Two columns: the name, and what the cells hold.
class ColumnsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Role {
    NameRole = Qt::UserRole,  ///< QByteArray: the name as it stands in the table
    TypeRole                  ///< int of ColumnType; none: no column of the table
  };

  /// Of this parameter's columns alone (ColumnNames::type), except those that are named although they are others.
  explicit ColumnsModel(const ParamSpec& spec, QObject* parent = nullptr);

  /// The same columns again cost a comparison.
  void set_columns(const std::vector<Column>& columns);
  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
  /// Which are named, in this order. Emits no chosen().
  void set_named(std::vector<std::string> names);
  [[nodiscard]] const std::vector<std::string>& named() const { return named_; }
  /// What a hand does: names them, or no longer. Emits chosen() once.
  void choose(const std::vector<std::string>& names, bool on);
  [[nodiscard]] int row_of(const std::string& name) const;  ///< -1: there is none

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;

 Q_SIGNALS:
  /// named() has been changed by hand.
  void chosen();

 private:
  void lay_out();
  [[nodiscard]] bool is_stranger(const std::string& name) const;
  [[nodiscard]] const std::string& name_at(int row) const;
  [[nodiscard]] const Column* column_at(int row) const;
  [[nodiscard]] bool is_pattern(const std::string& name) const;
  [[nodiscard]] QString note_of(int row) const;

  ColumnNames names_;
  bool patterns_;
  std::vector<Column> columns_{};
  std::vector<std::string> strangers_{};  ///< rows in front
  std::vector<std::size_t> rows_{};       ///< those behind: index into columns_
  std::vector<std::string> named_{};
  std::unordered_map<std::string, std::size_t> place_{};           ///< in named_
  mutable std::unordered_map<std::string, std::ptrdiff_t> met_{};  ///< columns that a pattern meets: a paint asks anew
};

}  // namespace feedline::gui::inline models
