// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/plots/metric_pane.h"
#include "gui/plots/plot_panel.h"
#include "telemetry/series.h"
#include "training/run.h"

#include <memory>
#include <optional>
#include <vector>

class QCPAxisRect;
class QCPGraph;

namespace feedline::gui::inline plots {

/// Loss on the left, metrics on the right, over training steps: the running training curve (faint as measured, strong
/// smoothed) and one point an epoch for training (discs) and validation (diamonds). Where there is room, the learning
/// rate stands beside them. The loss can be drawn on a logarithmic axis.
class LossPanel : public PlotPanel {
  Q_OBJECT

 public:
  /// How much of the loss curve each point of the smoothed one remembers.
  enum class Smoothing { Off, Light, Medium, Strong };

  explicit LossPanel(QWidget* parent = nullptr);
  ~LossPanel() override;
  void reset() override;
  void show_snapshot(const Snapshot& now, const Snapshot& earlier) override;
  void add_epoch(const EpochResult& result) override;
  void set_logarithmic(bool on);
  void set_smoothing(Smoothing smoothing);

  [[nodiscard]] QCPGraph* train_loss_points() const { return loss_.train; }
  [[nodiscard]] QCPGraph* validation_loss_points() const { return loss_.validation; }
  [[nodiscard]] const MetricPane& metrics() const { return *metrics_; }
  [[nodiscard]] QCPGraph* loss_curve() const { return loss_.raw; }
  [[nodiscard]] QCPGraph* smooth_curve() const { return loss_.smooth; }
  [[nodiscard]] QCPGraph* rate_curve() const { return rate_.raw; }

 protected:
  void refresh() override;
  void restyle() override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct Curves {
    QCPAxisRect* rect = nullptr;
    QCPGraph* raw = nullptr;
    QCPGraph* smooth = nullptr;
    QCPGraph* train = nullptr;
    QCPGraph* validation = nullptr;
  };
  Curves make_curves(int column, const QString& label);
  void fill_menu();
  QCPAxisRect* make_rect(int column, const QString& label);
  void read_all();
  void propose_loss();
  void lay_out();
  void style_curves(const Curves& curves) const;
  [[nodiscard]] double epoch_end_step(std::uint32_t epoch) const;
  void show_readings();

  Curves loss_{};
  QCPAxisRect* metric_rect_ = nullptr;
  std::unique_ptr<MetricPane> metrics_{};
  Curves rate_{};  ///< `raw` only
  bool logarithmic_ = false;
  Smoothing smoothing_ = Smoothing::Medium;
  std::vector<Point> steps_loss_{};
  std::optional<Series> steps_rate_{};
  double learning_rate_ = 0;
  double loss_scale_ = 0;  ///< of float16; NaN: none
  std::uint64_t steps_ = 0;
  std::uint64_t total_steps_ = 0;
  std::uint32_t epochs_ = 0;
  std::vector<EpochResult> results_{};
  std::vector<double> result_steps_{};  ///< where each result stands
};

/// Exponential moving average whose memory is that part of the points, at least four of them; NaNs are passed over.
[[nodiscard]] std::vector<Point> smoothed(const std::vector<Point>& points, double memory = 1.0 / 50);

}  // namespace feedline::gui::inline plots
