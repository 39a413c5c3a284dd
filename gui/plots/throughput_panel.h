// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/plots/time_panel.h"

namespace feedline::gui::inline plots {

/// Training samples, megabytes and steps per second over the whole run. Rates are taken over windows of half a second
/// and at least one step of training alone: a validation that lasts longer than a window leaves a gap, a shorter one
/// does not show. Megabytes are those that the source reads. After the end only the rate of the whole run is told.
class ThroughputPanel : public TimePanel {
  Q_OBJECT

 public:
  explicit ThroughputPanel(QWidget* parent = nullptr);
  void reset() override;
  void show_snapshot(const Snapshot& now, const Snapshot& earlier) override;
  /// The run has ended; this is its last snapshot.
  void show_end(const Snapshot& last);
  void end_run(const RunResult& result) override;

 protected:
  void refresh() override;
  void restyle() override;

 private:
  enum Rate : std::size_t { Samples, Megabytes, Steps, kRates };
  struct Mark {
    double at = 0;  ///< seconds since the start
    TrainerSample trainer{};
    std::uint64_t bytes = 0;  ///< that the source has read
  };
  [[nodiscard]] static Mark mark_of(const Snapshot& now);
  void add(double at);
  void add_window(const Mark& here);

  std::optional<Mark> from_{};  ///< start of the window being measured; none while validating
  bool ended_ = false;
  bool fresh_ = true;  ///< that window is the first since the start or a validation
  double mean_ = 0;    ///< samples/s of the whole run, training only
  double rates_[kRates] = {};
};

}  // namespace feedline::gui::inline plots
