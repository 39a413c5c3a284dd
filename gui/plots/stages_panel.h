// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/plots/plot_panel.h"
#include "telemetry/snapshot_history.h"

#include <QSharedPointer>
#include <QString>

#include <optional>
#include <vector>

class QCPAxisTickerText;
class QCPBars;
class QCPItemText;

namespace feedline::gui::inline plots {

/// Where the workers of each stage spent the last second, as shares of their time. The trainer stands below the data
/// side as one more worker: busy while it steps, starved while it waits for a batch. Below it the stages of a network
/// that is cut into such: busy in their passes, starved while they wait for each other (the bubble).
struct StageShare {
  QString name{};
  double busy = 0;  ///< 0..1, as are the next two; the rest of the time the workers were elsewhere or idle
  double starved = 0;
  double blocked = 0;
  double per_second = 0;  ///< records, or steps of the trainer
  bool trainer = false;
  bool bottleneck = false;  ///< what the verdict names
};

/// The rows between two snapshots, in the order in which data flows.
/// `bottleneck`: the node that the verdict names (the trainer's row: kTrainerRow); empty: none is marked.
[[nodiscard]] std::vector<StageShare> stage_shares(const Snapshot& earlier, const Snapshot& now,
                                                   const QString& bottleneck = {});
/// The same worker by worker: a worker is busy with any node of its segment. `per_second` counts its segment's records.
[[nodiscard]] std::vector<StageShare> worker_shares(const Snapshot& earlier, const Snapshot& now);

class StagesPanel : public PlotPanel {
  Q_OBJECT

 public:
  explicit StagesPanel(QWidget* parent = nullptr);
  void reset() override;
  void show_snapshot(const Snapshot& now, const Snapshot& earlier) override;
  /// Shows this instead of the last second; none: the last second again.
  void show_moment(const std::optional<Moment>& moment) override;
  /// Marks the row of the node that the verdict names: see stage_shares().
  void show_bottleneck(const QString& row) override;
  void end_run(const RunResult& result) override;
  /// One row a worker rather than one a node.
  void show_workers(bool each);
  [[nodiscard]] const std::vector<StageShare>& rows() const;

 protected:
  void refresh() override;
  void restyle() override;
  [[nodiscard]] QString csv() const override;

 private:
  enum Part { Busy, Starved, Blocked, kParts };
  void lay_out_rows();
  void make_room();
  void write_segment(QCPItemText* item, double from, double share, double key, const QString& word) const;

  [[nodiscard]] const Moment& shown() const { return held_ ? *held_ : live_; }
  [[nodiscard]] QString axis_text() const;

  Moment live_{};
  std::optional<Moment> held_{};  ///< where the cursor points
  QString bottleneck_{};
  bool each_worker_ = false;
  mutable std::vector<StageShare> rows_{};
  mutable bool stale_ = false;  ///< the rows are of an earlier moment: nobody has looked since
  QCPBars* bars_[kParts] = {};
  QSharedPointer<QCPAxisTickerText> names_{};
  struct RowTexts {
    QCPItemText* parts[kParts] = {};
    QCPItemText* rate = nullptr;
  };
  std::vector<RowTexts> texts_{};
};

}  // namespace feedline::gui::inline plots
