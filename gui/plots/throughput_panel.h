// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plots/plot_panel.h"
#include "telemetry/series.h"

#include <optional>

class QCPGraph;

namespace feedline::gui {

/// Training samples a second over the whole run. The rate is taken over windows of half a second and at least one step;
/// validation leaves a gap, because it trains nothing.
class ThroughputPanel : public PlotPanel {
  Q_OBJECT

 public:
  explicit ThroughputPanel(QWidget* parent = nullptr);
  void reset() override;
  void show_snapshot(const Snapshot& now, const Snapshot& earlier) override;

 protected:
  void refresh() override;
  void restyle() override;

 private:
  struct Mark {
    double at = 0;  ///< seconds since the start
    std::uint64_t samples = 0;
    std::uint64_t steps = 0;
  };

  std::optional<Series> rates_{};
  std::optional<Mark> from_{};  ///< start of the window being measured; none while validating
  bool fresh_ = true;           ///< that window is the first since the start or a validation
  double training_s_ = 0;       ///< covered by windows
  std::uint64_t training_samples_ = 0;
  double rate_ = 0;
  double step_rate_ = 0;
  double elapsed_ = 0;
  QCPGraph* graph_ = nullptr;
};

}  // namespace feedline::gui
