// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plots/plot_panel.h"
#include "telemetry/series.h"
#include "training/run.h"

#include <optional>
#include <vector>

class QCPAxisRect;
class QCPGraph;

namespace feedline::gui {

/// Loss on the left, accuracy on the right, over training steps: the running training curve (faint as measured, strong
/// smoothed) and one point an epoch for training (discs) and validation (diamonds).
class LossPanel : public PlotPanel {
  Q_OBJECT

 public:
  explicit LossPanel(QWidget* parent = nullptr);
  void reset() override;
  void show_snapshot(const Snapshot& now, const Snapshot& earlier) override;
  void add_epoch(const EpochResult& result);

  [[nodiscard]] QCPGraph* train_loss_points() const { return loss_.train; }
  [[nodiscard]] QCPGraph* validation_loss_points() const { return loss_.validation; }
  [[nodiscard]] QCPGraph* train_accuracy_points() const { return accuracy_.train; }
  [[nodiscard]] QCPGraph* validation_accuracy_points() const { return accuracy_.validation; }
  [[nodiscard]] QCPGraph* loss_curve() const { return loss_.raw; }

 protected:
  void refresh() override;
  void restyle() override;

 private:
  struct Curves {
    QCPAxisRect* rect = nullptr;
    QCPGraph* raw = nullptr;
    QCPGraph* smooth = nullptr;
    QCPGraph* train = nullptr;
    QCPGraph* validation = nullptr;
  };
  Curves make_curves(int column, const QString& label);
  void style_curves(const Curves& curves) const;
  [[nodiscard]] double epoch_end_step(std::uint32_t epoch) const;
  void show_readings();

  Curves loss_{};
  Curves accuracy_{};
  std::vector<Point> steps_loss_{};
  std::optional<Series> steps_accuracy_{};
  std::uint64_t steps_ = 0;
  std::uint64_t total_steps_ = 0;
  std::uint32_t epochs_ = 0;
  std::vector<EpochResult> results_{};
  std::vector<double> result_steps_{};  ///< where each result stands
};

/// Exponential moving average whose memory is a fiftieth of the points, at least four; NaNs are passed over.
[[nodiscard]] std::vector<Point> smoothed(const std::vector<Point>& points);

}  // namespace feedline::gui
