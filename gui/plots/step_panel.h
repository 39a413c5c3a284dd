// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plots/exhibit.h"
#include "telemetry/snapshot.h"

#include <QString>
#include <QWidget>

#include <array>

namespace feedline::gui {

class PanelMenu;

/// How the trainer spent the last second: one stacked bar, and below it a line a part with its share and its
/// milliseconds a step. The largest part is named in words.
class StepPanel : public QWidget {
  Q_OBJECT

 public:
  enum Part { Wait, HostToDevice, Forward, Backward, Optimiser, Other, kParts };

  explicit StepPanel(QWidget* parent = nullptr);
  void reset();
  void show_snapshot(const Snapshot& now, const Snapshot& earlier);

  /// Shares in 0..1, of the last second in which steps were taken.
  [[nodiscard]] const std::array<double, kParts>& shares() const { return shares_; }
  [[nodiscard]] double milliseconds(Part part) const { return milliseconds_[static_cast<std::size_t>(part)]; }
  [[nodiscard]] bool shows_empty_state() const { return empty_; }
  [[nodiscard]] Exhibit exhibit() const;
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
  bool empty_ = true;
  Nanos last_update_ = 0;
  std::array<double, kParts> shares_{};
  std::array<double, kParts> milliseconds_{};  ///< a step
};

}  // namespace feedline::gui
