// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/plots/time_panel.h"

#include <string>

namespace feedline::gui::inline plots {

/// How full each queue is, over time: a queue that is always empty feeds what starves behind it, one that is always
/// full stands before the bottleneck. The last one holds the finished batches.
class LevelsPanel : public TimePanel {
  Q_OBJECT

 public:
  explicit LevelsPanel(QWidget* parent = nullptr);
  void reset() override;
  void show_snapshot(const Snapshot& now, const Snapshot& earlier) override;

 protected:
  void refresh() override;
  void restyle() override;

 private:
  /// Curves: a staged run of many nodes has more queues than can be told apart.
  static constexpr std::size_t kMost = 12;

  struct Queue {
    std::string behind{};  ///< node
    double fill = 0;       ///< mean since the last point
    double waiting = 0;    ///< entries, likewise
    std::size_t capacity = 0;
    /// The mean of so many samples and this one.
    void add(const StageSample& stage, int samples);
  };
  void find_queues(const Snapshot& now);

  std::vector<Queue> queues_{};
  Nanos from_ = 0;  ///< start of the window that is averaged
  int samples_ = 0;
};

}  // namespace feedline::gui::inline plots
