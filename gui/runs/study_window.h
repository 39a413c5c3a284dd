// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/runs/trials_window.h"
#include "runs/target.h"
#include "tuning/study.h"

#include <array>
#include <optional>
#include <vector>

class QComboBox;
class QLineEdit;
class QSpinBox;

namespace feedline::gui::inline runs {

class StudyPlot;

/// What one asks of a study.
struct StudyRequest {
  std::vector<Variation> variations{};
  std::size_t seeds = 1;
  std::optional<double> budget_s{};
  std::optional<MetricTarget> target{};
};

/// Asks which parameters a study of a graph varies, and shows what it finds: a plot of time and accuracy with the
/// Pareto front, and a table with a row a setting, the best first. Runs nothing itself.
class StudyWindow : public TrialsWindow {
  Q_OBJECT

 public:
  explicit StudyWindow(QWidget* parent = nullptr);
  /// Forgets what was found of another graph.
  void show_graph(const QString& name, const Document& document);

  /// Error: what was typed is no list of values, or no target.
  [[nodiscard]] Result<StudyRequest> request() const;
  [[nodiscard]] StudyPlot& plot() { return *plot_; }
  // For tests: what a person types.
  void set_variation(std::size_t row, const QString& param, const QString& values);
  void set_limits(int seeds, double minutes, const QString& target);

 public Q_SLOTS:
  void show_progress(const QString& what, double seconds_left);
  void show_study(const feedline::Study& study);
  void show_error(const feedline::Error& error);

 Q_SIGNALS:
  void start_wanted(const feedline::gui::StudyRequest& request);

 private:
  /// A parameter and its values. Left empty, it varies nothing.
  struct Row {
    QComboBox* param = nullptr;
    QLineEdit* values = nullptr;
  };
  void make_form();
  void forget() override;
  void start() override;

  StudyPlot* plot_;
  std::array<Row, 2> rows_{};
  QSpinBox* seeds_ = nullptr;
  QLineEdit* target_ = nullptr;
};

}  // namespace feedline::gui::inline runs
