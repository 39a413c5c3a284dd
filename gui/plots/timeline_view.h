// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/plots/plot_cursor.h"
#include "gui/plots/timeline_store.h"

#include <QPointer>
#include <QWidget>

#include <optional>

namespace feedline::gui::inline plots {

/// A Gantt chart of a run: a row a worker, queue and the trainer; work in the node's colour and full height, waiting
/// for input low, waiting for room high, the level of a queue as a curve. The wheel zooms where it stands, a drag pans,
/// a double click shows all; keys: + and -, arrows, Home. A click chooses a slice, after which Shift and an arrow go to
/// the next.
///
/// What is drawn depends on the pixels, not on the number of slices: those that are finer than a pixel are drawn as
/// summaries of 64.
class TimelineView : public QWidget {
  Q_OBJECT

 public:
  explicit TimelineView(const TimelineStore& store, QWidget* parent = nullptr);

  /// Seconds are counted from here: the start of the run. What is being looked at stays where it is.
  void set_origin(Nanos origin);
  [[nodiscard]] Nanos origin() const { return origin_; }
  void share_cursor(PlotCursor* cursor);
  /// More has come.
  void refresh();

  [[nodiscard]] bool following() const { return following_; }
  void set_following(bool on);
  /// In seconds.
  [[nodiscard]] std::pair<double, double> shown() const { return {from_, to_}; }
  void show_range(double from, double to);
  void show_all();

  /// A slice that was chosen: its lane and which one it is.
  struct Choice {
    std::size_t lane = 0;
    TraceSlice slice{};
  };
  [[nodiscard]] const std::optional<Choice>& chosen() const { return chosen_; }
  void choose(std::optional<Choice> choice);
  [[nodiscard]] double x_of(double seconds) const;
  [[nodiscard]] double y_of(std::size_t lane) const;
  [[nodiscard]] QString label_of(const TraceSlice& slice) const;
  /// Rectangles that the last drawing took; for tests of its thrift.
  [[nodiscard]] int pieces() const { return pieces_; }
  void paint(QPainter& painter, const QRectF& whole) const;
  [[nodiscard]] QSize sizeHint() const override { return {400, 160}; }

 Q_SIGNALS:
  void slice_chosen();
  void following_changed(bool on);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void measure_gutter();
  [[nodiscard]] double seconds_at(double x) const;
  [[nodiscard]] Nanos nanos_at(double seconds) const { return origin_ + from_seconds(seconds); }
  [[nodiscard]] double seconds_of(Nanos at) const { return seconds(at - origin_); }
  void move_to(double from, double to, bool by_user);
  void zoom(double factor, double around);
  void walk(int direction);
  void choose_at(QPointF pos);
  void paint_ruler(QPainter& painter, const QRectF& area) const;
  void paint_lane(QPainter& painter, std::size_t lane) const;
  void paint_queue(QPainter& painter, const TimelineLane& lane, double top) const;
  void paint_piece(QPainter& painter, const TraceSlice& what, double from, double to, double top) const;
  void paint_cursor(QPainter& painter, const QRectF& area) const;
  [[nodiscard]] QColor color_of(const TraceSlice& slice) const;

  const TimelineStore& store_;
  QPointer<PlotCursor> cursor_{};
  Nanos origin_ = 0;
  double from_ = 0;
  double to_ = 2;
  bool following_ = true;
  bool all_ = false;  ///< everything is shown, and what comes too
  std::optional<Choice> chosen_{};
  std::optional<double> grabbed_{};  ///< seconds under the mouse when the drag began
  bool dragged_ = false;
  double gutter_ = 40;        ///< width of the lanes' names
  std::size_t measured_ = 0;  ///< lanes whose names have been measured
  mutable int pieces_ = 0;
  mutable double width_ = 0;  ///< of what is being painted on
  mutable double last_right_ = 0;
};

}  // namespace feedline::gui::inline plots
