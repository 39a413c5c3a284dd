// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/named_tensors.h"

#include <QWidget>

#include <memory>

class QTableWidget;

namespace feedline::gui::inline inspector {

class ComponentGrid;
class LearntChart;

/// What a fitted node has learnt, a row a tensor: its name, its shape and its first values; texts as texts; above
/// it what is better seen than read (LearntChart, ComponentGrid). Hidden while nothing is known.
class LearntView : public QWidget {
  Q_OBJECT

 public:
  explicit LearntView(QWidget* parent = nullptr);

  /// Null: nothing is known. The same state again costs nothing.
  void show_state(const std::shared_ptr<const NamedTensors>& state);

 private:
  std::shared_ptr<const NamedTensors> shown_{};
  LearntChart* chart_;
  ComponentGrid* components_;
  QTableWidget* table_;
};

}  // namespace feedline::gui::inline inspector
