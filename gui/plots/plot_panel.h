// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plots/readings.h"
#include "telemetry/snapshot.h"

#include <QElapsedTimer>
#include <QString>
#include <QTimer>
#include <QWidget>

class QCPAxis;
class QCPAxisRect;
class QCustomPlot;
class QLabel;
class QStackedLayout;

namespace feedline::gui {

/// What every live panel shares: readings above, a plot in the theme's colours, an empty state in its place until there
/// is something to show, and thrift: a panel that cannot be seen draws nothing, and no panel draws more than ten times
/// a second however often it is fed.
class PlotPanel : public QWidget {
  Q_OBJECT

 public:
  /// Forgets the run.
  virtual void reset() = 0;
  /// `earlier` is about a second older than `now`.
  virtual void show_snapshot(const Snapshot& now, const Snapshot& earlier) = 0;

  [[nodiscard]] QCustomPlot* plot() const { return plot_; }
  [[nodiscard]] const Readings* readings() const { return readings_; }
  [[nodiscard]] bool shows_empty_state() const;
  /// How often the plot has been drawn; for tests of its thrift.
  [[nodiscard]] int redraws() const { return redraws_; }

 protected:
  explicit PlotPanel(const QString& empty_text, QWidget* parent = nullptr);

  /// Copies what has been gathered into plottables and axes. Called right before a redraw only.
  virtual void refresh() = 0;
  /// Colours of the panel's own plottables; axes and background have been done.
  virtual void restyle() = 0;

  void show_empty(bool empty);
  /// Something changed: draw soon, if visible.
  void touch();
  void style_axis(QCPAxis* axis) const;
  void style_rect(QCPAxisRect* rect) const;
  /// Calls restyle(); to be called at the end of a derived constructor.
  void apply_theme();

  void showEvent(QShowEvent* event) override;

  Readings* readings_ = nullptr;

 private:
  void redraw();

  QCustomPlot* plot_ = nullptr;
  QLabel* empty_ = nullptr;
  QStackedLayout* stack_ = nullptr;
  QTimer redraw_timer_{};
  QElapsedTimer last_redraw_{};
  bool dirty_ = true;
  int redraws_ = 0;
};

/// "1,234" / "12.3" / "0.123": about three digits that matter, for readouts.
[[nodiscard]] QString short_number(double value);
/// "62 %"
[[nodiscard]] QString percent(double fraction);

}  // namespace feedline::gui
