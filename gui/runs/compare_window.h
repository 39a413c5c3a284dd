// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runs/run_record.h"

#include <QDialog>

#include <vector>

class QLabel;
class QTreeWidget;

namespace feedline::gui::inline base {
class Caption;
}  // namespace feedline::gui::inline base

namespace feedline::gui::inline runs {

class ComparePlots;

/// Runs beside each other: what changed in words, their curves over each other, figures and the parameters in which
/// they differ. The first is what the others are compared with.
class CompareWindow : public QDialog {
  Q_OBJECT

 public:
  explicit CompareWindow(QWidget* parent = nullptr);
  void show_runs(const std::vector<RunRecord>& runs);

  [[nodiscard]] ComparePlots& plots() { return *plots_; }
  [[nodiscard]] QString sentence() const;
  /// Two groups: figures and parameters; a column a run.
  [[nodiscard]] QTreeWidget& table() { return *table_; }

 private:
  void fill_table(const std::vector<RunRecord>& runs);
  void show_names();

  Caption* sentence_;
  QLabel* names_;
  ComparePlots* plots_;
  QTreeWidget* table_;
  QStringList run_names_{};
};

}  // namespace feedline::gui::inline runs
