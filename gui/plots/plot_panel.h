// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/plots/cursor_item.h"
#include "gui/plots/empty_state.h"
#include "gui/plots/exported_view.h"
#include "gui/plots/plot_cursor.h"
#include "gui/plots/readings.h"
#include "gui/plots/run_panel.h"
#include "telemetry/snapshot.h"

#include <QElapsedTimer>
#include <QPointer>
#include <QString>
#include <QTimer>
#include <QWidget>

class QAction;
class QCPAxis;
class QCPAxisRect;
class QCustomPlot;
class QKeyEvent;
class QLabel;
class QStackedLayout;

namespace feedline::gui::inline plots {

class PanelMenu;
class PlotNavigator;

/// What every live panel shares: readings above, a plot in the theme's colours, an empty state in its place until there
/// is something to show, and thrift: a panel that cannot be seen draws nothing, and none draws more often than the
/// window's pace allows (Pace), however often it is fed.
///
/// Plots over time or steps can be zoomed and panned (PlotNavigator), frozen, and read by the one cursor of all plots:
/// the mouse moves it, or the arrow keys once the plot has the focus. All panels export what they show.
class PlotPanel : public QWidget, public RunView {
  Q_OBJECT

 public:
  /// Forgets the run.
  virtual void reset() = 0;
  void begin_run(const Document&, bool) override { reset(); }

  /// What the horizontal axis counts since the start of the run. Nothing: there is no cursor.
  enum class Across { Nothing, Seconds, Steps };

  /// The cursor that this panel shares with others, from now on. Until then it has its own.
  void share_cursor(PlotCursor* cursor) override;
  /// A frozen panel gathers on, but shows what it showed when it was frozen.
  void set_frozen(bool frozen);
  [[nodiscard]] bool frozen() const { return frozen_; }
  /// What the cursor reads here: "loss 0.512", curve by curve.
  [[nodiscard]] QStringList cursor_texts() const;
  [[nodiscard]] ExportedView exported() const;

  [[nodiscard]] PlotNavigator* navigator() const { return navigator_; }
  [[nodiscard]] PanelMenu* menu() const { return menu_; }
  [[nodiscard]] QCustomPlot* plot() const { return plot_; }
  [[nodiscard]] const Readings* readings() const { return readings_; }
  [[nodiscard]] bool shows_empty_state() const;
  [[nodiscard]] EmptyState& empty_state() override { return *empty_; }
  /// How often the plot has been drawn; for tests of its thrift.
  [[nodiscard]] int redraws() const { return redraws_; }

 protected:
  PlotPanel(const QString& title, EmptyState::Words empty, Across across, QWidget* parent = nullptr);

  /// A rect that is navigated and read by the cursor.
  void add_pane(QCPAxisRect* rect);
  /// A curve in a pane that the cursor reads and CSV lists.
  void add_reading(QCPAxisRect* rect, CursorCurve curve);
  void clear_readings();
  /// All numbers shown, as CSV; the curves of all panes unless overridden.
  [[nodiscard]] virtual QString csv() const;
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
  bool eventFilter(QObject* watched, QEvent* event) override;

  Readings* readings_ = nullptr;

 private:
  void build();
  void fill_menu();
  void redraw();
  void fit_labels();
  [[nodiscard]] std::vector<int> rect_widths() const;
  void fit_again();
  static void fit_ticks(QCPAxis* axis, int room);
  void point_at(QPoint pixel);
  void step_cursor(int direction);
  void show_cursor();
  bool press(const QKeyEvent& event);
  void tell_state();

  Across across_;
  QCustomPlot* plot_ = nullptr;
  PlotNavigator* navigator_ = nullptr;
  PanelMenu* menu_ = nullptr;
  QPointer<PlotCursor> cursor_{};
  std::vector<CursorItem*> panes_{};
  std::vector<CursorCurve> curves_{};
  QAction* freeze_ = nullptr;
  QLabel* state_ = nullptr;
  EmptyState* empty_ = nullptr;
  QStackedLayout* stack_ = nullptr;
  QTimer redraw_timer_{};
  QElapsedTimer last_redraw_{};
  std::vector<int> fitted_{};  ///< widths of the rects to which numbers and labels were fitted
  bool dirty_ = true;
  bool frozen_ = false;
  int redraws_ = 0;
};

/// "1,234" / "12.3" / "0.123": about three digits that matter, for readouts.
[[nodiscard]] QString short_number(double value);
/// "62 %"
[[nodiscard]] QString percent(double fraction);

}  // namespace feedline::gui::inline plots
