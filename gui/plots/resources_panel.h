// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/plots/time_panel.h"
#include "telemetry/memory_cost.h"

namespace feedline::gui::inline plots {

/// What the run takes of the machine, over time: cores (its own, and those that all programs use), memory, what is
/// fetched from disks, and each GPU's load and memory. Where there is no GPU, that is said. Of a network, the legend
/// has what its tensors take beside what was predicted, and what the settings that save memory save and cost.
class ResourcesPanel : public TimePanel {
  Q_OBJECT

 public:
  explicit ResourcesPanel(QWidget* parent = nullptr);
  void reset() override;
  void show_snapshot(const Snapshot& now, const Snapshot& earlier) override;
  /// A run that was shorter than a window is shown as a whole.
  void end_run(const RunResult& result) override;

 protected:
  void refresh() override;
  void restyle() override;

 private:
  enum Fixed : std::size_t { OwnCores, AllCores, Memory, Disk, kFixed };
  enum Cell : std::size_t { Cores, Bytes, Reads, GpuLoad, GpuMemory };
  void find_gpus(const ProcessSample& process);
  void measure(const Snapshot& now);

  std::optional<Snapshot> from_{};  ///< start of the window being measured
  std::vector<double> newest_{};    ///< by curve
  MemorySample memory_{};
  std::vector<MemoryCost> costs_{};  ///< of the last second
  std::size_t gpus_ = 0;             ///< each has two curves after the fixed ones: load, memory
};

}  // namespace feedline::gui::inline plots
