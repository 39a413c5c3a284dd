// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/plots/empty_state.h"
#include "gui/plots/exported_view.h"
#include "gui/plots/run_panel.h"
#include "telemetry/snapshot_history.h"

#include <QString>
#include <QWidget>

#include <optional>

namespace feedline::gui::inline plots {

class PanelMenu;

/// How the trainer spent the last second: one stacked bar, and below it a line a part with its share and its
/// milliseconds a step. The largest part is named in words.
class StepPanel : public QWidget, public RunView {
  Q_OBJECT

 public:
  explicit StepPanel(QWidget* parent = nullptr);
  void reset();
  void begin_run(const Document&, bool) override { reset(); }
  void show_snapshot(const Snapshot& now, const Snapshot& earlier) override;
  void end_run(const RunResult& result) override;

  /// Shows this instead of the last second; none: the last second again. Nothing is known of a time without steps.
  void show_moment(const std::optional<Moment>& moment) override;

  /// Shares in 0..1, of the last second in which steps were taken.
  [[nodiscard]] const ByPhase<double>& shares() const { return shown().shares; }
  [[nodiscard]] double milliseconds(Phase phase) const { return shown().milliseconds[phase]; }
  [[nodiscard]] bool shows_empty_state() const { return !empty_->isHidden(); }
  [[nodiscard]] EmptyState& empty_state() override { return *empty_; }
  [[nodiscard]] ExportedView exported() const;
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void paint(QPainter& painter, const QRectF& whole) const;
  [[nodiscard]] QString csv() const;
  void paint_bar(QPainter& painter, const QRectF& area) const;
  void paint_list(QPainter& painter, const QRectF& area) const;

  PanelMenu* menu_;
  EmptyState* empty_;
  Nanos last_update_ = 0;
  /// A step of some time.
  struct Step {
    ByPhase<double> shares{};
    ByPhase<double> milliseconds{};
    ByPhase<bool> taken{};  ///< any time since the run began: a network fits nothing, an estimator knows no gradients
    double at = 0;          ///< seconds since the run's data began to flow
  };
  [[nodiscard]] static std::optional<Step> step_between(const Snapshot& earlier, const Snapshot& now);
  [[nodiscard]] const Step& shown() const { return held_ ? *held_ : live_; }

  Step live_{};
  std::optional<Step> held_{};  ///< where the cursor points
};

}  // namespace feedline::gui::inline plots
