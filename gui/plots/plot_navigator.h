// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <vector>

class QCPAxis;
class QCPAxisRect;
class QCPRange;
class QCustomPlot;
class QKeyEvent;
class QMouseEvent;
class QWheelEvent;

namespace feedline::gui::inline plots {

/// Zoom and pan of a live plot. Left alone, it shows all there is. The wheel zooms along the horizontal axis (with Ctrl
/// along the vertical one), a drag pans, a drag with Shift opens a box to zoom into, a double click shows all again.
/// Keys: + and -, arrows, Home. All rects of a plot share their horizontal range.
///
/// While it follows, a window that was zoomed into moves on with the newest data; panning away from them ends that, and
/// going back to them begins it again.
class PlotNavigator : public QObject {
  Q_OBJECT

 public:
  explicit PlotNavigator(QCustomPlot* plot);

  void add(QCPAxisRect* rect);
  /// All there is: what is shown unless the user chose a part of it.
  void propose_x(double lower, double upper);
  void propose_y(QCPAxisRect* rect, double lower, double upper);

  [[nodiscard]] bool following() const { return following_; }
  void set_following(bool on);
  [[nodiscard]] bool zoomed() const { return x_held_; }
  void reset();
  /// Makes the horizontal range so many times as long, around its middle (at its end while following).
  void zoom(double factor);
  /// Moves by a part of the range's length.
  void pan(double part);
  /// True if the key was one of ours.
  bool press(const QKeyEvent& event);

 Q_SIGNALS:
  /// The user has changed what is shown.
  void changed();
  void following_changed(bool on);

 private:
  struct Pane {
    QCPAxisRect* rect = nullptr;
    double lower = 0, upper = 1;  ///< proposed
    bool held = false;            ///< the user has chosen the vertical range
  };
  void apply_x();
  void apply_y(Pane& pane);
  void set_x(double lower, double upper);
  void user_moved_x(const QCPRange& range);
  void prepare_drag(QMouseEvent* event);
  void prepare_wheel(QWheelEvent* event);
  void rest_on_newest();

  QCustomPlot* plot_;
  std::vector<Pane> panes_{};
  double lower_ = 0, upper_ = 1;  ///< proposed
  bool x_held_ = false;
  bool following_ = true;
  bool own_ = false;  ///< ranges change by our own hand
};

}  // namespace feedline::gui::inline plots
