// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/plots/empty_state.h"
#include "gui/plots/exported_view.h"
#include "gui/plots/run_panel.h"
#include "telemetry/rank_times.h"

#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

namespace feedline::gui::inline plots {

class PanelMenu;

/// The processes that train together, a line each: what a step of each went into, as a bar, and its rate. The one for
/// which the others wait is marked, with the part of it that is to blame. A run of one process says that it is alone.
class RanksPanel : public QWidget, public RunView {
  Q_OBJECT

 public:
  explicit RanksPanel(QWidget* parent = nullptr);
  void begin_run(const Document&, bool) override { reset(); }
  void show_snapshot(const Snapshot& now, const Snapshot& earlier) override;
  void show_moment(const std::optional<Moment>& moment) override;
  void end_run(const RunResult& result) override;
  [[nodiscard]] EmptyState& empty_state() override { return *empty_; }

  /// Of the last second, or of the moment of the cursor.
  [[nodiscard]] const std::vector<RankTimes>& ranks() const { return held_ ? *held_ : live_; }
  /// "Rank 2's stage decode holds the others up: they wait for it 35 % of a step", or that all keep pace.
  [[nodiscard]] QString headline() const;
  [[nodiscard]] bool shows_empty_state() const { return !empty_->isHidden(); }
  [[nodiscard]] ExportedView exported() const;
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void reset();
  void paint(QPainter& painter, const QRectF& whole) const;
  void paint_legend(QPainter& painter, const QRectF& line) const;
  void paint_rank(QPainter& painter, const QRectF& row, const RankTimes& rank, double longest,
                  const std::optional<Straggler>& slow) const;
  [[nodiscard]] QString csv() const;

  PanelMenu* menu_;
  EmptyState* empty_;
  Nanos last_update_ = 0;
  bool alone_ = false;  ///< and it has been said
  std::vector<RankTimes> live_{};
  std::optional<std::vector<RankTimes>> held_{};
};

}  // namespace feedline::gui::inline plots
