// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/registry.h"

#include <QAbstractItemModel>
#include <QSortFilterProxyModel>

#include <string_view>
#include <vector>

namespace feedline::gui::inline models {

/// The MIME type of a node type that is dragged from the palette: its name in UTF-8.
inline constexpr char kNodeMime[] = "application/x-feedline-node";

/// All node types as a tree of two levels: headings (heading_of()), then types.
class PaletteModel : public QAbstractItemModel {
  Q_OBJECT

 public:
  enum Role { TypeRole = Qt::UserRole, SummaryRole, CategoryRole, HeadingRole };

  explicit PaletteModel(const Registry& registry = Registry::instance(), QObject* parent = nullptr);

  [[nodiscard]] QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
  [[nodiscard]] QModelIndex parent(const QModelIndex& child) const override;
  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
  [[nodiscard]] QStringList mimeTypes() const override;
  [[nodiscard]] QMimeData* mimeData(const QModelIndexList& indexes) const override;

  /// The node type at an index, or null for a heading.
  [[nodiscard]] const NodeSpec* spec(const QModelIndex& index) const;

 private:
  struct Group {
    std::string_view heading{};
    std::vector<const NodeSpec*> specs{};
  };
  std::vector<Group> groups_{};
};

/// Keeps the types that match what is typed, and the headings that hold one.
class PaletteFilter : public QSortFilterProxyModel {
  Q_OBJECT

 public:
  explicit PaletteFilter(PaletteModel& model, QObject* parent = nullptr);
  void set_pattern(const QString& pattern);
  /// The best match, or an invalid index.
  [[nodiscard]] QModelIndex best() const;

 protected:
  [[nodiscard]] bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

 private:
  PaletteModel& model_;
  QString pattern_{};
};

}  // namespace feedline::gui::inline models
