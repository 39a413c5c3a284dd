// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/runs/trials_window.h"
#include "tuning/baselines.h"

class QSpinBox;

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
class BaselinesWindow : public TrialsWindow {
  Q_OBJECT

 public:
  explicit BaselinesWindow(QWidget* parent = nullptr);
  /// Forgets what was found of another graph.
  void show_graph(const QString& name);

  [[nodiscard]] BaselinesRequest request() const;
  [[nodiscard]] BaselinesPlot& plot() { return *plot_; }
  /// For tests: what a person types.
  void set_limits(int folds, double minutes);

 public Q_SLOTS:
  void show_progress(const QString& what, double seconds_left);
  void show_baselines(const feedline::Baselines& baselines);
  void show_error(const feedline::Error& error);
  /// What came of putting a model into the graph.
  void show_used(const QString& text);

 Q_SIGNALS:
  void start_wanted(const feedline::gui::BaselinesRequest& request);
  void use_wanted(const QString& title, const feedline::ModelPart& part);

 private:
  void make_form();
  void forget() override;
  void start() override;
  void busy_changed() override;
  void choose();
  void use();
  /// Of the chosen row; null: none, or it cannot be put into the graph.
  [[nodiscard]] const BaselineModel* chosen() const;

  Caption* progress_;  ///< what runs now; by itself, so that words stay where they are while one reads them
  BaselinesPlot* plot_;
  QSpinBox* folds_ = nullptr;
  QPushButton* use_ = nullptr;
  Baselines shown_{};
};

}  // namespace feedline::gui::inline runs
