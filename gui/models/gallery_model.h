// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractListModel>
#include <QPixmap>
#include <QString>

#include <functional>
#include <vector>

namespace feedline::gui::inline models {

/// The embedded examples: name, title and one line of what they do, as their files say ("Title: what it does"), and a
/// picture of the graph, drawn when it is first wanted.
class GalleryModel : public QAbstractListModel {
  Q_OBJECT

 public:
  enum Role { NameRole = Qt::UserRole, SummaryRole };  ///< file name; the line below the title
  /// Draws the graph of a `.feedline` text.
  using Draw = std::function<QPixmap(const std::string& graph)>;

  explicit GalleryModel(Draw draw, QObject* parent = nullptr);

  /// Pictures are drawn anew when they are wanted: colours have changed.
  void forget_pictures();

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

 private:
  struct Row {
    QString name{};
    QString title{};
    QString summary{};
    std::string graph{};
    mutable QPixmap picture{};
  };
  Draw draw_;
  std::vector<Row> rows_{};
};

}  // namespace feedline::gui::inline models
