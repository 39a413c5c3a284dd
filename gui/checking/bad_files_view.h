// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/bad_files_model.h"
#include "gui/session/disk_thread.h"

#include <QWidget>

#include <functional>
#include <memory>
#include <string>

class QLabel;
class QPushButton;
class QTableView;

namespace feedline::gui::inline checking {

/// A table of bad files, to be copied or saved as CSV.
class BadFilesView : public QWidget {
  Q_OBJECT

 public:
  /// What makes the text of the CSV file, on a thread of its own.
  using MakeCsv = std::function<std::string()>;

  explicit BadFilesView(QWidget* parent = nullptr);
  /// Waits for a file that is being written, seconds at most: see DiskThread.
  ~BadFilesView() override;

  /// `count`: of all files, of which those of the list may be the first. Null: none.
  void show_files(std::shared_ptr<const BadFileList> files, std::size_t count, MakeCsv csv);
  [[nodiscard]] const BadFilesModel& model() const { return model_; }
  /// Writes the CSV there, without asking; saved() tells the end.
  void save_to(const QString& path);

 Q_SIGNALS:
  void saved(const QString& path, const QString& fault);

 private:
  void copy();
  void save();

  BadFilesModel model_{};
  QTableView* table_;
  QLabel* note_;
  QPushButton* save_;
  MakeCsv csv_{};
  DiskThread writer_;
};

}  // namespace feedline::gui::inline checking
