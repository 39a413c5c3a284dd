// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/timeline_view.h"

#include "gui/base/theme.h"
#include "gui/plots/plot_panel.h"
#include "telemetry/step_times.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>

#include <algorithm>
#include <array>
#include <cmath>

namespace feedline::gui::inline plots {

namespace {

constexpr double kRow = 22;
constexpr double kBar = 18;
constexpr double kRuler = 20;
constexpr double kZoomStep = 1.4;
constexpr double kShortest = 20e-6;  // seconds across the whole width
constexpr std::size_t kFinest = 4;   // slices a pixel, above which summaries are drawn

/// 1, 2 or 5 times a power of ten, at least `least`.
double nice(double least) {
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= least) return factor * power;
  return 10 * power;
}

QString time_text(double seconds, double step) {
  if (step >= 1e-3) return TimelineView::tr("%1 s").arg(seconds, 0, 'f', step >= 1 ? 0 : step >= 0.01 ? 2 : 3);
  return TimelineView::tr("%1 ms").arg(seconds * 1e3, 0, 'f', step >= 1e-4 ? 1 : step >= 1e-5 ? 2 : 3);
}

}  // namespace

TimelineView::TimelineView(const TimelineStore& store, QWidget* parent) : QWidget(parent), store_(store) {
  setAccessibleName(tr("Timeline"));
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setAttribute(Qt::WA_OpaquePaintEvent);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    measure_gutter();
    update();
  });
}

void TimelineView::resizeEvent(QResizeEvent*) { measure_gutter(); }

void TimelineView::set_origin(Nanos origin) {
  if (origin_ != 0 && origin != 0) {
    from_ += seconds(origin_ - origin);
    to_ += seconds(origin_ - origin);
  }
  origin_ = origin;
}

void TimelineView::share_cursor(PlotCursor* cursor) {
  cursor_ = cursor;
  connect(cursor, &PlotCursor::moved, this, qOverload<>(&QWidget::update));
}

/// Room for the names; measuring them for each slice would cost more than drawing it, and for each frame as much.
void TimelineView::measure_gutter() {
  const QFontMetricsF metrics(Theme::instance().small_font());
  double width = 40;
  for (const TimelineLane& lane : store_.lanes())
    width = std::max(width, metrics.horizontalAdvance(QString::fromStdString(lane.name())));
  gutter_ = std::min(width + 2 * Theme::kUnit, 0.36 * this->width());
  measured_ = store_.lanes().size();
}

double TimelineView::x_of(double seconds) const {
  const double left = gutter_;
  return left + (seconds - from_) / (to_ - from_) * (width_ - left);
}

double TimelineView::seconds_at(double x) const {
  const double left = gutter_;
  return from_ + (x - left) / std::max(1.0, width() - left) * (to_ - from_);
}

double TimelineView::y_of(std::size_t lane) const { return kRuler + static_cast<double>(lane) * kRow; }

QString TimelineView::label_of(const TraceSlice& slice) const {
  const QString label =
      slice.label < store_.labels().size() ? QString::fromStdString(store_.labels()[slice.label]) : tr("?");
  switch (slice.kind) {
    case TraceKind::Starved:
      return tr("starved: waits for input");
    case TraceKind::Blocked:
      return tr("blocked: output queue full");
    case TraceKind::Level:
      return tr("%1 entries").arg(slice.records);
    case TraceKind::Work:
    case TraceKind::Phase:
      break;
  }
  return label;
}

void TimelineView::refresh() {
  if (store_.lanes().size() != measured_) measure_gutter();
  setMinimumHeight(static_cast<int>(kRuler + kRow * static_cast<double>(store_.lanes().size()) + 4));
  const auto [first, last] = store_.range();
  if (last > first && (following_ || all_)) {
    const double end = seconds_of(last);
    const double begin = all_ ? seconds_of(first) : end - (to_ - from_);
    from_ = begin;
    to_ = std::max(end, begin + kShortest);
  }
  update();
}

void TimelineView::move_to(double from, double to, bool by_user) {
  const double least = std::max(to - from, kShortest);
  from_ = from;
  to_ = from + least;
  if (by_user) {
    all_ = false;
    const bool at_end = to_ >= seconds_of(store_.range().second);
    if (at_end != following_) {
      following_ = at_end;
      Q_EMIT following_changed(at_end);
    }
  }
  update();
}

void TimelineView::show_range(double from, double to) { move_to(from, to, true); }

void TimelineView::show_all() {
  all_ = true;
  if (!following_) {
    following_ = true;
    Q_EMIT following_changed(true);
  }
  refresh();
}

void TimelineView::set_following(bool on) {
  if (on == following_) return;
  following_ = on;
  if (!on) all_ = false;
  refresh();
  Q_EMIT following_changed(on);
}

void TimelineView::zoom(double factor, double around) {
  const auto [first, last] = store_.range();
  const double longest = std::max(1.0, 1.2 * seconds(last - first));
  factor = std::min(factor, longest / (to_ - from_));
  move_to(around + (from_ - around) * factor, around + (to_ - around) * factor, true);
}

void TimelineView::choose(std::optional<Choice> choice) {
  chosen_ = choice;
  setAccessibleDescription(chosen_ ? label_of(chosen_->slice) : QString());
  update();
  Q_EMIT slice_chosen();
}

void TimelineView::choose_at(QPointF pos) {
  const double row = (pos.y() - kRuler) / kRow;
  if (row < 0 || row >= static_cast<double>(store_.lanes().size()) || pos.x() < gutter_) return choose(std::nullopt);
  const auto lane = static_cast<std::size_t>(row);
  const TraceSlice* slice = store_.lanes()[lane].at(nanos_at(seconds_at(pos.x())));
  choose(slice != nullptr ? std::optional(Choice{lane, *slice}) : std::nullopt);
}

/// To the slice before or after the chosen one, which stays in view.
void TimelineView::walk(int direction) {
  if (!chosen_) return;
  const auto& slices = store_.lanes()[chosen_->lane].slices();
  const auto here = std::partition_point(slices.begin(), slices.end(),
                                         [&](const TraceSlice& s) { return s.start < chosen_->slice.start; });
  const std::ptrdiff_t to = here - slices.begin() + direction;
  if (to < 0 || to >= std::ssize(slices)) return;
  choose(Choice{chosen_->lane, slices[static_cast<std::size_t>(to)]});
  const double begin = seconds_of(chosen_->slice.start);
  if (begin < from_ || begin > to_) move_to(begin - (to_ - from_) / 2, begin + (to_ - from_) / 2, true);
}

void TimelineView::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  paint(painter, rect());
  if (!hasFocus()) return;
  painter.setPen(QPen(Theme::instance().colors().accent, 1));
  painter.drawRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5));
}

void TimelineView::paint(QPainter& painter, const QRectF& whole) const {
  const Theme& theme = Theme::instance();
  width_ = whole.width();
  pieces_ = 0;
  painter.fillRect(whole, theme.colors().panel);
  painter.setFont(theme.small_font());
  const double left = gutter_;
  const QRectF area(left, 0, whole.width() - left, whole.height());
  for (std::size_t lane = 0; lane < store_.lanes().size(); ++lane) {
    const double top = y_of(lane);
    painter.setPen(theme.colors().text);
    painter.drawText(QRectF(Theme::kUnit, top, left - Theme::kUnit, kBar), Qt::AlignVCenter | Qt::AlignLeft,
                     painter.fontMetrics().elidedText(QString::fromStdString(store_.lanes()[lane].name()),
                                                      Qt::ElideMiddle, static_cast<int>(left) - 2 * Theme::kUnit));
    painter.save();
    painter.setClipRect(QRectF(left, top, area.width(), kRow));
    paint_lane(painter, lane);
    painter.restore();
  }
  paint_ruler(painter, area);
  paint_cursor(painter, area);
}

void TimelineView::paint_ruler(QPainter& painter, const QRectF& area) const {
  const Theme::Colors& c = Theme::instance().colors();
  const double step = nice((to_ - from_) * 90 / std::max(area.width(), 1.0));
  for (double t = std::ceil(from_ / step) * step; t <= to_; t += step) {
    const double x = x_of(t);
    painter.setPen(QPen(c.border, 1));
    painter.drawLine(QLineF(x, kRuler - 4, x, area.bottom()));
    painter.setPen(c.muted);
    painter.drawText(QRectF(x + 3, 0, 90, kRuler), Qt::AlignVCenter | Qt::AlignLeft, time_text(t, step));
  }
}

void TimelineView::paint_lane(QPainter& painter, std::size_t index) const {
  const TimelineLane& lane = store_.lanes()[index];
  const double top = y_of(index);
  if (lane.queue()) return paint_queue(painter, lane, top);
  const auto [first, last] = lane.between(nanos_at(from_), nanos_at(to_));
  const auto pixels = static_cast<std::size_t>(std::max(1.0, width_));
  last_right_ = -1;
  if (last - first <= kFinest * pixels) {
    for (std::size_t i = first; i < last; ++i) {
      const TraceSlice& slice = lane.slices()[i];
      paint_piece(painter, slice, x_of(seconds_of(slice.start)), x_of(seconds_of(slice.start + slice.duration)), top);
    }
  } else {
    for (std::size_t i = first / TimelineLane::kBlock; i < lane.blocks().size() && i * TimelineLane::kBlock < last;
         ++i) {
      const TimelineLane::Block& block = lane.blocks()[i];
      paint_piece(painter, block.most, x_of(seconds_of(block.start)), x_of(seconds_of(block.end)), top);
    }
  }
  if (!chosen_ || chosen_->lane != index) return;
  const double from = x_of(seconds_of(chosen_->slice.start));
  const double to = x_of(seconds_of(chosen_->slice.start + chosen_->slice.duration));
  painter.setPen(QPen(Theme::instance().colors().accent, 2));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(QRectF(from, top + 1, std::max(3.0, to - from), kBar - 2));
}

/// What ends within the pixel that was painted last changes nothing.
void TimelineView::paint_piece(QPainter& painter, const TraceSlice& what, double from, double to, double top) const {
  if (to < last_right_ + 0.5 && to - from < 1) return;
  last_right_ = std::max(to, from + 1);
  ++pieces_;
  QRectF bar(from, top, std::max(1.0, to - from), kBar);
  if (what.kind == TraceKind::Starved) bar.setTop(top + kBar * 0.62);
  if (what.kind == TraceKind::Blocked) bar.setBottom(top + kBar * 0.38);
  painter.fillRect(bar, color_of(what));
  const bool wait = what.kind == TraceKind::Starved || what.kind == TraceKind::Blocked;
  if (wait || bar.width() < 24) return;
  const QRectF seen = bar.intersected(QRectF(gutter_, top, width_ - gutter_, kBar));
  const QString text =
      painter.fontMetrics().elidedText(label_of(what), Qt::ElideRight, static_cast<int>(seen.width()) - 6);
  if (text.size() < 2) return;
  painter.setPen(QColor("#101418"));
  painter.drawText(seen.adjusted(3, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, text);
}

void TimelineView::paint_queue(QPainter& painter, const TimelineLane& lane, double top) const {
  auto [first, last] = lane.between(nanos_at(from_), nanos_at(to_));
  if (first > 0) --first;  // the level that it had before
  const auto pixels = static_cast<std::size_t>(std::max(1.0, width_));
  const bool fine = last - first <= kFinest * pixels;
  std::uint32_t most = 1;
  for (const TimelineLane::Block& block : lane.blocks()) most = std::max(most, block.most.records);
  for (std::size_t i = lane.blocks().size() * TimelineLane::kBlock; i < lane.slices().size(); ++i)
    most = std::max(most, lane.slices()[i].records);
  painter.setPen(Qt::NoPen);
  QColor color = Theme::instance().colors().muted;
  color.setAlpha(120);
  const std::size_t stride = fine ? 1 : TimelineLane::kBlock;
  for (std::size_t i = first / stride * stride; i < last; i += stride) {
    const TraceSlice& slice = lane.slices()[i];
    const std::size_t block = i / TimelineLane::kBlock;
    const std::uint32_t level =
        fine || block >= lane.blocks().size() ? slice.records : lane.blocks()[block].most.records;
    const double from = x_of(seconds_of(slice.start));
    const double to = i + stride < lane.slices().size() ? x_of(seconds_of(lane.slices()[i + stride].start)) : width_;
    const double height = (kBar - 2) * level / most;
    ++pieces_;
    painter.fillRect(QRectF(from, top + kBar - height, std::max(1.0, to - from), height), color);
  }
}

void TimelineView::paint_cursor(QPainter& painter, const QRectF& area) const {
  if (!cursor_ || !cursor_->seconds()) return;
  const double x = x_of(*cursor_->seconds());
  if (x < area.left() || x > area.right()) return;
  painter.setPen(QPen(Theme::instance().colors().accent, 1));
  painter.drawLine(QLineF(x, 0, x, area.bottom()));
}

QColor TimelineView::color_of(const TraceSlice& slice) const {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  if (slice.kind == TraceKind::Starved) return c.starved;
  if (slice.kind == TraceKind::Blocked) return c.blocked;
  const QString label = label_of(slice);
  if (slice.kind == TraceKind::Phase && label == QLatin1String(kStepPhases.front().slice.data())) return c.starved;
  const bool dark = theme.dark();
  const std::array<QColor, 7> hues = {c.busy,
                                      dark ? QColor("#6d9ff5") : QColor("#4d8fd6"),
                                      dark ? QColor("#e08fbd") : QColor("#cc6f9f"),
                                      dark ? QColor("#ff9354") : QColor("#d9713a"),
                                      dark ? QColor("#c9c256") : QColor("#978e1c"),
                                      dark ? QColor("#a99bf0") : QColor("#8f80d8"),
                                      dark ? QColor("#8a95a5") : QColor("#8891a0")};
  return hues[slice.label % hues.size()];
}

void TimelineView::wheelEvent(QWheelEvent* event) {
  const double notches = event->angleDelta().y() / 120.0;
  if (notches == 0) return event->ignore();
  zoom(std::pow(kZoomStep, -notches), seconds_at(event->position().x()));
  event->accept();
}

void TimelineView::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  grabbed_ = seconds_at(event->position().x());
  dragged_ = false;
}

void TimelineView::mouseMoveEvent(QMouseEvent* event) {
  const double under = seconds_at(event->position().x());
  if (!grabbed_) {
    if (cursor_) cursor_->point_at(event->position().x() < gutter_ ? std::nullopt : std::optional(under));
    return;
  }
  const double shift = *grabbed_ - under;
  if (!dragged_ && std::abs(x_of(shift) - x_of(0)) < 4) return;
  dragged_ = true;
  move_to(from_ + shift, to_ + shift, true);
}

void TimelineView::mouseReleaseEvent(QMouseEvent* event) {
  if (grabbed_ && !dragged_) choose_at(event->position());
  grabbed_.reset();
}

void TimelineView::mouseDoubleClickEvent(QMouseEvent*) { show_all(); }

void TimelineView::leaveEvent(QEvent*) {
  if (cursor_) cursor_->point_at(std::nullopt);
}

void TimelineView::keyPressEvent(QKeyEvent* event) {
  const bool shift = event->modifiers().testFlag(Qt::ShiftModifier);
  const double length = to_ - from_;
  switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal:
      return zoom(1 / kZoomStep, following_ ? to_ : (from_ + to_) / 2);
    case Qt::Key_Minus:
      return zoom(kZoomStep, following_ ? to_ : (from_ + to_) / 2);
    case Qt::Key_Left:
      return shift ? walk(-1) : move_to(from_ - 0.2 * length, to_ - 0.2 * length, true);
    case Qt::Key_Right:
      return shift ? walk(1) : move_to(from_ + 0.2 * length, to_ + 0.2 * length, true);
    case Qt::Key_Home:
      return show_all();
    case Qt::Key_F:
      return set_following(!following_);
    case Qt::Key_Escape:
      return choose(std::nullopt);
    default:
      QWidget::keyPressEvent(event);
  }
}

}  // namespace feedline::gui::inline plots
