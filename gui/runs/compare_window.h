// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runs/target.h"

#include <QDialog>

#include <vector>

class QComboBox;
class QLabel;
class QTreeWidget;

namespace feedline::gui::inline base {
class Caption;
}  // namespace feedline::gui::inline base

namespace feedline::gui::inline runs {

class ComparePlots;

/// Runs beside each other: what changed in words and which was sooner where, their curves over each other, figures, the
/// parameters in which they differ, and what each took to reach values of a metric: time, or counts that depend on no
/// machine. The first is what the others are compared with.
class CompareWindow : public QDialog {
  Q_OBJECT

 public:
  explicit CompareWindow(QWidget* parent = nullptr);
  void show_runs(const std::vector<RunRecord>& runs);

  [[nodiscard]] ComparePlots& plots() { return *plots_; }
  [[nodiscard]] QString sentence() const;
  /// What curves and times to targets are counted in.
  [[nodiscard]] QComboBox& along() { return *along_; }
  /// Groups: figures, parameters and, where a metric was measured, what it took to reach values of it; a column a run.
  [[nodiscard]] QTreeWidget& table() { return *table_; }

 private:
  void fill_table();
  void add_targets();
  void count_along();
  void show_names();

  Caption* sentence_;
  QLabel* names_;
  ComparePlots* plots_;
  QTreeWidget* table_;
  QComboBox* along_;
  QStringList run_names_{};
  std::vector<RunRecord> runs_{};
};

}  // namespace feedline::gui::inline runs
