// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/workspace/rescue_folder.h"

#include <QDialog>

#include <vector>

class QTreeWidget;

namespace feedline::gui::inline workspace {

/// After a window that broke off: what it had not saved, with names and times, to be opened again or thrown away. To
/// close the dialog leaves all of it for the next start.
class RecoveryDialog : public QDialog {
  Q_OBJECT

 public:
  explicit RecoveryDialog(std::vector<RescueFolder::Left> left, QWidget* parent = nullptr);

 Q_SIGNALS:
  void recover_wanted(const feedline::gui::RescueFolder::Left& left);

 private:
  void fill();
  void recover_checked();
  void discard_checked();
  [[nodiscard]] bool may_discard(std::size_t count);
  [[nodiscard]] std::vector<RescueFolder::Left> checked() const;

  std::vector<RescueFolder::Left> left_;
  QTreeWidget* list_;
};

}  // namespace feedline::gui::inline workspace
