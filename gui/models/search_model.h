// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/registry.h"

#include <QAbstractListModel>
#include <QStringList>

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
  /// Node files to offer behind the types, the user's by path and Feedline's as example:residual. Their TypeRole is
  /// type_of() the file.
  void set_files(const QStringList& files);
  void set_pattern(const QString& pattern);
  [[nodiscard]] static QString type_of(const QString& file) { return QStringLiteral("file:") + file; }
  /// The file that a TypeRole names; empty for a type.
  [[nodiscard]] static QString file_of(const QString& type);

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

 private:
  void find_matches();

  const Registry& registry_;
  std::vector<const NodeSpec*> offered_{};
  std::vector<NodeSpec> files_{};  ///< as if each were a type
  std::vector<const NodeSpec*> found_{};
  QString pattern_{};
};

}  // namespace feedline::gui::inline models
