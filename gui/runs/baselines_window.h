// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tuning/baselines.h"

#include <QDialog>

class QDoubleSpinBox;
class QPushButton;
class QSpinBox;
class QSplitter;
class QTreeWidget;

namespace feedline::gui::inline base {
class Caption;
}  // namespace feedline::gui::inline base

namespace feedline::gui::inline runs {

class BaselinesPlot;

/// What one asks of baselines.
struct BaselinesRequest {
  std::size_t folds = 5;
  std::optional<double> budget_s{};
};

/// Holds a graph's model against simpler ones: how long and in how many folds one wants, then a plot of time and
/// accuracy, a table with a row a model, the cheapest first, and what follows from it in words. The model of the chosen
/// row can be put in the place of what is drawn. Runs nothing itself.
class BaselinesWindow : public QDialog {
  Q_OBJECT

 public:
  explicit BaselinesWindow(QWidget* parent = nullptr);
  /// Forgets what was found of another graph.
  void show_graph(const QString& name);

  [[nodiscard]] BaselinesRequest request() const;
  [[nodiscard]] BaselinesPlot& plot() { return *plot_; }
  [[nodiscard]] QTreeWidget& table() { return *table_; }
  [[nodiscard]] QString words() const;
  /// For tests: what a person types.
  void set_limits(int folds, double minutes);

 public Q_SLOTS:
  void set_busy(bool busy);
  void show_progress(const QString& what, double seconds_left);
  void show_baselines(const feedline::Baselines& baselines);
  void show_error(const feedline::Error& error);
  /// What came of putting a model into the graph.
  void show_used(const QString& text);

 Q_SIGNALS:
  void start_wanted(const feedline::gui::BaselinesRequest& request);
  void stop_wanted();
  void use_wanted(const QString& title, const feedline::ModelPart& part);

 private:
  void make_form();
  /// Shows what it is for in place of what one found.
  void forget();
  void start_or_stop();
  void choose();
  void use();
  void say(const QString& text, bool error);
  /// Of the chosen row; null: none, or it cannot be put into the graph.
  [[nodiscard]] const BaselineModel* chosen() const;

  Caption* words_;
  Caption* progress_;  ///< what runs now; by itself, so that words stay where they are while one reads them
  BaselinesPlot* plot_;
  QTreeWidget* table_;
  QSplitter* found_;  ///< both
  QSpinBox* folds_ = nullptr;
  QDoubleSpinBox* budget_ = nullptr;
  QPushButton* button_ = nullptr;
  QPushButton* use_ = nullptr;
  bool busy_ = false;
  QString graph_name_{};
  Baselines shown_{};
};

}  // namespace feedline::gui::inline runs
