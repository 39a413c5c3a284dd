// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/search_model.h"

#include <QFrame>
#include <QLabel>
#include <QLineEdit>
#include <QListView>

#include <functional>

namespace feedline::gui::inline canvas {

/// Search-to-add: a line to type in and the node types that match, at a place of the canvas. Enter or a click picks,
/// Escape or a click elsewhere closes.
class SearchPopup : public QFrame {
  Q_OBJECT

 public:
  explicit SearchPopup(QWidget* parent);

  /// Opens beside `pos` (in the parent). Only types that `accepts` passes are offered; empty: all.
  void open(QPoint pos, const std::function<bool(const NodeSpec&)>& accepts);
  /// Node files to choose from as well, for as long as it is open; one that is picked is said by
  /// SearchModel::type_of().
  void offer_files(const QStringList& files);
  void close_search();

 Q_SIGNALS:
  void picked(const QString& type);
  void closed();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  void pick(const QModelIndex& index);
  void move_current(int rows);
  void show_summary();

  SearchModel model_{};
  QLineEdit line_{this};
  QListView list_{this};
  QLabel summary_{this};
};

}  // namespace feedline::gui::inline canvas
