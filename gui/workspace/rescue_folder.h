// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/workspace/rescue_file.h"

#include <QString>
#include <QStringList>

#include <vector>

namespace feedline::gui::inline workspace {

/// Where one running window keeps what is unsaved. A lock that ends with the process, however it ends, tells the
/// folders of the living from those that were left behind.
class RescueFolder {
 public:
  /// Makes a folder of this window's own below `root`. Where that cannot be, path() is empty and nothing is kept.
  explicit RescueFolder(const QString& root = default_root());
  /// Takes it away, if it is empty.
  ~RescueFolder();
  RescueFolder(const RescueFolder&) = delete;
  RescueFolder& operator=(const RescueFolder&) = delete;

  [[nodiscard]] const QString& path() const { return path_; }

  /// One unsaved document that a window left behind.
  struct Left {
    QString path{};
    RescueFile file{};
  };
  /// What windows that are gone have left, newest first; unreadable files are passed over, unfinished ones
  /// deleted. It is claimed: other windows do not see it until release(), or until this one ends.
  [[nodiscard]] std::vector<Left> left_behind();
  void release();
  /// Deletes a rescued file, and its folder with the last one.
  static void discard(const QString& path);
  /// `$XDG_DATA_HOME/feedline/.../recovery`, for this user.
  [[nodiscard]] static QString default_root();

 private:
  QString root_;
  QString path_{};
  int lock_ = -1;
  std::vector<int> claims_{};  ///< locks on folders of windows that are gone
};

}  // namespace feedline::gui::inline workspace
