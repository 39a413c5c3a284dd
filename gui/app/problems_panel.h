// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/problems_model.h"

#include <QString>
#include <QWidget>

#include <vector>

class QLabel;
class QStackedLayout;
class QTreeView;

namespace feedline::gui {

/// The problems of the graph as a list; choosing one leads to its node.
class ProblemsPanel : public QWidget {
  Q_OBJECT

 public:
  explicit ProblemsPanel(QWidget* parent = nullptr);
  void set_problems(const std::vector<Problem>& problems);
  [[nodiscard]] const ProblemsModel& model() const { return *model_; }
  /// The node of the first error; empty if there is none, or if it is of the whole graph.
  [[nodiscard]] QString first_error_node() const;

 Q_SIGNALS:
  void node_chosen(const QString& node);

 private:
  ProblemsModel* model_;
  QTreeView* view_;
  QLabel* empty_;
  QStackedLayout* stack_;
};

}  // namespace feedline::gui
