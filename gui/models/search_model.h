// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/registry.h"

#include <QAbstractListModel>

#include <functional>
#include <vector>

namespace feedline::gui::inline models {

/// Node types that match what is typed, best first; with nothing typed, all in palette order. Roles as PaletteModel.
class SearchModel : public QAbstractListModel {
  Q_OBJECT

 public:
  explicit SearchModel(const Registry& registry = Registry::instance(), QObject* parent = nullptr);

  /// Offers only types that pass; empty: all.
  void set_filter(const std::function<bool(const NodeSpec&)>& accepts);
  void set_pattern(const QString& pattern);

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

 private:
  void match();

  const Registry& registry_;
  std::vector<const NodeSpec*> offered_{};
  std::vector<const NodeSpec*> found_{};
  QString pattern_{};
};

}  // namespace feedline::gui::inline models
