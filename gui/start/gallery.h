// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/gallery_model.h"

#include <QDialog>

class QListView;
class QListWidget;

namespace feedline::gui::inline start {

/// Where to begin: the examples with pictures of their graphs, the recent files, an empty graph, the tour.
class Gallery : public QDialog {
  Q_OBJECT

 public:
  explicit Gallery(QWidget* parent = nullptr);

 Q_SIGNALS:
  void example_chosen(const QString& name);
  void file_chosen(const QString& file);
  void open_wanted();
  void tour_wanted();
  void folder_wanted();     ///< one to train on is to be chosen
  void data_file_wanted();  ///< likewise a file

 private:
  [[nodiscard]] QWidget* make_examples();
  [[nodiscard]] QWidget* make_recent();
  [[nodiscard]] QWidget* make_foot();
  void choose_example(const QModelIndex& index);
  /// Closes; the second click of a double one goes nowhere.
  void leave();

  GalleryModel model_;
  QListView* examples_ = nullptr;
};

}  // namespace feedline::gui::inline start
