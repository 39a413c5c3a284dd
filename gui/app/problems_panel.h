// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/problems_model.h"

#include <QString>
#include <QWidget>

#include <vector>

class QLabel;
class QPushButton;
class QStackedLayout;
class QTreeView;

namespace feedline::gui::inline app {

/// The problems of the graph as a list; choosing one leads to its node and to the field that is wrong.
class ProblemsPanel : public QWidget {
  Q_OBJECT

 public:
  explicit ProblemsPanel(QWidget* parent = nullptr);
  void set_problems(const std::vector<Problem>& problems);
  [[nodiscard]] const ProblemsModel& model() const { return *model_; }
  /// A remedy that the program can carry out itself, on a button below the list; empty: none.
  void set_offer(const QString& text, const QString& hint);
  /// The node of the first error; empty if there is none, or if it is of the whole graph.
  [[nodiscard]] QString first_error_node() const;
  /// As if the user had clicked on the first error.
  void choose_first_error();

 Q_SIGNALS:
  /// The node of a problem, and the parameter that is wrong or missing; empty where it is none.
  void problem_chosen(const QString& node, const QString& param);
  void offer_taken();

 private:
  void choose(const QModelIndex& index);
  [[nodiscard]] QModelIndex first_error() const;

  ProblemsModel* model_;
  QTreeView* view_;
  QLabel* empty_;
  QStackedLayout* stack_;
  QPushButton* offer_;
};

}  // namespace feedline::gui::inline app
