// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/whatif.h"

#include <QList>
#include <QWidget>

#include <functional>

class QComboBox;
class QGridLayout;
class QLabel;
class QSlider;

namespace feedline::gui::inline diagnosis {

/// Sliders for what could be different: cores, memory for a cache, the disk, the batch, the step, the number of
/// processes and the network between them, one node. Each stands at its left end, or where the run stands, until it is
/// moved.
class WhatIfForm : public QWidget {
  Q_OBJECT

 public:
  explicit WhatIfForm(QWidget* parent = nullptr);

  /// What the sliders start from, and the nodes that can be made faster.
  void set_facts(const RunFacts& facts, const Profile& profile);
  [[nodiscard]] WhatIf change() const;
  void clear();
  /// For tests: "cores", "memory", "disk", "batch", "step", "ranks", "network", "node".
  [[nodiscard]] QSlider* slider(const QString& name) const;

 Q_SIGNALS:
  void changed();

 private:
  struct Row {
    QSlider* slider = nullptr;
    QLabel* value = nullptr;
    std::function<QString(int)> text{};
  };
  void add_row(const QString& name, QWidget* label, int steps, std::function<QString(int)> text);
  void add_row(const QString& name, const QString& label, int steps, std::function<QString(int)> text);
  [[nodiscard]] double cores(int position) const;
  [[nodiscard]] double batch(int position) const;
  void retell();

  QGridLayout* grid_;
  QList<Row> rows_{};
  QComboBox* node_;
  double now_cores_ = 1;
  double now_batch_ = 64;
};

}  // namespace feedline::gui::inline diagnosis
