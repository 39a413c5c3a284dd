// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractListModel>
#include <QString>

#include <memory>
#include <vector>

namespace feedline::gui::inline models {

/// What a check has to say, in words.
struct FindingText {
  QString words{};
  QString node{};  ///< that it is about; empty: none
};

/// The findings of a check, worst first.
class FindingsModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum Role { NodeRole = Qt::UserRole };
  using QAbstractListModel::QAbstractListModel;

  /// Not changed any more by anybody. Null: none.
  void set_findings(std::shared_ptr<const std::vector<FindingText>> findings);

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

 private:
  std::shared_ptr<const std::vector<FindingText>> findings_{};
};

}  // namespace feedline::gui::inline models
