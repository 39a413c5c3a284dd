// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/plot_panel.h"

#include "gui/base/in_view.h"
#include "gui/base/pace.h"
#include "gui/base/theme.h"
#include "gui/plots/panel_menu.h"
#include "gui/plots/plot_navigator.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QStackedLayout>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace feedline::gui::inline plots {

PlotPanel::PlotPanel(const QString& title, EmptyState::Words empty, Across across, QWidget* parent)
    : QWidget(parent), across_(across), empty_(new EmptyState(std::move(empty), this)) {
  setWindowTitle(title);
  readings_ = new Readings(this);
  plot_ = new QCustomPlot(this);
  navigator_ = new PlotNavigator(plot_);
  menu_ = new PanelMenu([this] { return exported(); }, this);
  build();
  fill_menu();
  share_cursor(new PlotCursor(this));
  redraw_timer_.setSingleShot(true);
  connect(&redraw_timer_, &QTimer::timeout, this, &PlotPanel::redraw);
  connect(&Theme::instance(), &Theme::changed, this, &PlotPanel::apply_theme);
}

void PlotPanel::build() {
  plot_->setMinimumSize(120, 80);
  plot_->setLocale(QLocale(QLocale::English, QLocale::UnitedKingdom));  // 50,000, as short_number() writes it
  plot_->setNoAntialiasingOnDrag(true);
  plot_->setPlottingHints(QCP::phFastPolylines | QCP::phCacheLabels);
  plot_->setAttribute(Qt::WA_OpaquePaintEvent);
  plot_->setAccessibleName(windowTitle());
  plot_->installEventFilter(this);
  connect(plot_, &QCustomPlot::afterReplot, this, &PlotPanel::fit_again);
  state_ = new QLabel(this);

  auto* drawn = new QWidget(this);
  auto* head = new QHBoxLayout;
  head->setSpacing(0);
  head->addWidget(readings_, 1);
  head->addWidget(state_);
  head->addWidget(menu_);
  auto* column = new QVBoxLayout(drawn);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addLayout(head);
  column->addWidget(plot_, 1);
  stack_ = new QStackedLayout(this);
  stack_->addWidget(empty_);
  stack_->addWidget(drawn);
  for (QWidget* part : std::initializer_list<QWidget*>{plot_, empty_})
    new PaintNotifier(part, [this] {
      if (dirty_ && !frozen_) touch();
    });
}

void PlotPanel::fill_menu() {
  freeze_ = menu_->add_action(tr("F&reeze"), tr("Space"), true);
  connect(freeze_, &QAction::toggled, this, &PlotPanel::set_frozen);
  plot_->setContextMenuPolicy(Qt::CustomContextMenu);
  connect(plot_, &QWidget::customContextMenuRequested, this,
          [this](QPoint at) { menu_->entries()->popup(plot_->mapToGlobal(at)); });
  if (across_ == Across::Nothing) return;
  QAction* follow = menu_->add_action(tr("&Follow the newest"), tr("F"), true);
  follow->setChecked(true);
  connect(follow, &QAction::toggled, navigator_, &PlotNavigator::set_following);
  connect(navigator_, &PlotNavigator::following_changed, follow, &QAction::setChecked);
  connect(menu_->add_action(tr("Show &all"), tr("Home")), &QAction::triggered, navigator_, &PlotNavigator::reset);
  connect(navigator_, &PlotNavigator::changed, this, [this] {
    tell_state();
    show_cursor();
    plot_->replot(QCustomPlot::rpQueuedReplot);
  });
  connect(plot_, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) { point_at(event->pos()); });
  plot_->setFocusPolicy(Qt::StrongFocus);
  plot_->setToolTip(tr(
      "Wheel: zoom (with Ctrl: along the values) · drag: move · Shift and drag: zoom into a box · double click: all"));
}

void PlotPanel::share_cursor(PlotCursor* cursor) {
  if (cursor_ != nullptr) disconnect(cursor_, nullptr, this, nullptr);
  if (cursor_ != nullptr && cursor_->parent() == this) delete cursor_;
  cursor_ = cursor;
  connect(cursor, &PlotCursor::moved, this, &PlotPanel::show_cursor);
}

void PlotPanel::add_pane(QCPAxisRect* rect) {
  navigator_->add(rect);
  panes_.push_back(new CursorItem(plot_, rect));
}

void PlotPanel::add_reading(QCPAxisRect* rect, CursorCurve curve) {
  for (CursorItem* pane : panes_)
    if (pane->rect() == rect) pane->add(curve);
  curves_.push_back(std::move(curve));
}

void PlotPanel::clear_readings() {
  for (CursorItem* pane : panes_) pane->clear();
  curves_.clear();
}

void PlotPanel::set_frozen(bool frozen) {
  if (frozen == frozen_) return;
  frozen_ = frozen;
  freeze_->setChecked(frozen);
  tell_state();
  if (!frozen) touch();
}

void PlotPanel::tell_state() {
  state_->setText(frozen_                                            ? tr("frozen")
                  : navigator_->zoomed() && !navigator_->following() ? tr("not following")
                                                                     : QString());
}

void PlotPanel::point_at(QPoint pixel) {
  if (!cursor_) return;
  const QCPAxisRect* rect = plot_->axisRectAt(pixel);
  if (rect == nullptr || !rect->rect().contains(pixel)) return cursor_->point_at(std::nullopt);
  const double key = rect->axis(QCPAxis::atBottom)->pixelToCoord(pixel.x());
  across_ == Across::Steps ? cursor_->point_at_step(key) : cursor_->point_at(key);
}

/// By a hundredth of what is shown; from nowhere, to its end.
void PlotPanel::step_cursor(int direction) {
  if (panes_.empty() || !cursor_) return;
  const QCPRange range = panes_.front()->rect()->axis(QCPAxis::atBottom)->range();
  const std::optional<double> at = panes_.front()->key();
  const double key = at ? std::clamp(*at + direction * range.size() / 100, range.lower, range.upper) : range.upper;
  across_ == Across::Steps ? cursor_->point_at_step(key) : cursor_->point_at(key);
  plot_->setAccessibleDescription(cursor_texts().join(QStringLiteral(", ")));
}

void PlotPanel::show_cursor() {
  if (across_ == Across::Nothing || !cursor_ || panes_.empty()) return;
  const std::optional<double> seconds = cursor_->seconds();
  const std::optional<double> key = across_ == Across::Steps ? cursor_->step() : seconds;
  const QString title =
      seconds ? tr("%1 s · step %2").arg(short_number(*seconds), short_number(std::round(*cursor_->step())))
              : QString();
  for (CursorItem* pane : panes_) pane->show_at(key, title);
  if (in_view(*this) && !shows_empty_state()) plot_->layer(QStringLiteral("overlay"))->replot();
}

QStringList PlotPanel::cursor_texts() const {
  QStringList texts;
  for (const CursorItem* pane : panes_)
    for (const CursorItem::Reading& reading : pane->readings())
      texts << reading.curve->name + QLatin1Char(' ') + reading.curve->words(reading.value);
  return texts;
}

bool PlotPanel::press(const QKeyEvent& event) {
  switch (event.key()) {
    case Qt::Key_Space:
      set_frozen(!frozen_);
      return true;
    case Qt::Key_F:
      navigator_->set_following(!navigator_->following());
      return true;
    case Qt::Key_Escape:
      if (!cursor_ || !cursor_->seconds()) return false;
      cursor_->point_at(std::nullopt);
      return true;
    default:
      break;
  }
  if (navigator_->press(event)) return true;
  if (event.key() != Qt::Key_Left && event.key() != Qt::Key_Right) return false;
  step_cursor(event.key() == Qt::Key_Left ? -1 : 1);
  return true;
}

bool PlotPanel::eventFilter(QObject* watched, QEvent* event) {
  if (watched == plot_ && event->type() == QEvent::Resize && !frozen_) touch();
  if (watched != plot_ || across_ == Across::Nothing) return QWidget::eventFilter(watched, event);
  switch (event->type()) {
    case QEvent::Leave:
      if (cursor_) cursor_->point_at(std::nullopt);
      break;
    case QEvent::FocusIn:
    case QEvent::FocusOut:
      apply_theme();
      break;
    case QEvent::KeyPress:
      if (press(*static_cast<QKeyEvent*>(event))) return true;
      break;
    default:
      break;
  }
  return QWidget::eventFilter(watched, event);
}

ExportedView PlotPanel::exported() const {
  return {.title = windowTitle(),
          .size = plot_->size(),
          .paint =
              [plot = plot_](QPaintDevice& device, const QSize& size) {
                QCPPainter painter;
                if (!painter.begin(&device)) return;
                plot->toPainter(&painter, size.width(), size.height());
              },
          .csv = [this] { return csv(); }};
}

QString PlotPanel::csv() const {
  QStringList head{across_ == Across::Steps ? QStringLiteral("step") : QStringLiteral("seconds")};
  std::map<double, std::vector<double>> rows;
  for (std::size_t i = 0; i < curves_.size(); ++i) {
    head << curves_[i].name;
    for (const QCPGraphData& point : *curves_[i].graph->data()) {
      std::vector<double>& row = rows[point.key];
      row.resize(curves_.size(), std::numeric_limits<double>::quiet_NaN());
      row[i] = point.value;
    }
  }
  QString text = csv_line(head);
  for (const auto& [key, values] : rows) {
    QStringList cells{csv_number(key)};
    for (const double value : values) cells << csv_number(value);
    text += csv_line(cells);
  }
  return text;
}

bool PlotPanel::shows_empty_state() const { return stack_->currentWidget() == empty_; }

void PlotPanel::show_empty(bool empty) {
  stack_->setCurrentIndex(empty ? 0 : 1);
  if (empty) readings_->set_items({});
}

void PlotPanel::touch() {
  dirty_ = true;
  if (!in_view(*this) || redraw_timer_.isActive()) return;
  const qint64 interval = Pace::instance().interval_ms();
  const qint64 since = last_redraw_.isValid() ? last_redraw_.elapsed() : interval;
  redraw_timer_.start(static_cast<int>(std::clamp<qint64>(interval - since, 0, interval)));
}

void PlotPanel::redraw() {
  if (!dirty_ || frozen_ || !in_view(*this)) return;
  dirty_ = false;
  last_redraw_.restart();
  if (shows_empty_state()) return;
  refresh();
  fit_labels();
  if (cursor_ && cursor_->seconds()) show_cursor();
  plot_->replot(QCustomPlot::rpQueuedReplot);
  ++redraws_;
}

/// As many numbers as stand beside each other; the plot draws up to twice as many as it is asked for.
void PlotPanel::fit_ticks(QCPAxis* axis, int room) {
  const int number = QFontMetrics(axis->tickLabelFont())
                         .horizontalAdvance(axis->parentPlot()->locale().toString(axis->range().upper, 'f', 0));
  axis->ticker()->setTickCount(std::clamp(room / (2 * number + 2 * Theme::kUnit), 2, 5));
}

std::vector<int> PlotPanel::rect_widths() const {
  std::vector<int> widths;
  for (const QCPAxisRect* rect : plot_->axisRects()) widths.push_back(rect->width());
  return widths;
}

/// A rect has its width after the first replot: what was fitted to less is fitted once more.
void PlotPanel::fit_again() {
  const auto alike = [](int a, int b) { return std::abs(a - b) <= 4 * Theme::kUnit; };
  const std::vector<int> now = rect_widths();
  if (!frozen_ && !std::equal(now.begin(), now.end(), fitted_.begin(), fitted_.end(), alike)) touch();
}

/// The label of an axis that is longer than the axis stands in several lines.
void PlotPanel::fit_labels() {
  fitted_ = rect_widths();
  for (QCPAxisRect* rect : plot_->axisRects()) {
    if (across_ != Across::Nothing) fit_ticks(rect->axis(QCPAxis::atBottom), rect->width());
    for (QCPAxis* axis : rect->axes()) {
      if (axis->label().isEmpty()) continue;
      const QFontMetrics metrics(axis->labelFont());
      const int room = axis->orientation() == Qt::Horizontal ? rect->width() : rect->height();
      QString plain = axis->label();
      QString fitted;
      QString line;
      for (const QString& word : plain.replace(QLatin1Char('\n'), QLatin1Char(' ')).split(QLatin1Char(' '))) {
        const QString longer = line.isEmpty() ? word : line + QLatin1Char(' ') + word;
        const bool fits = line.isEmpty() || room <= 0 || metrics.horizontalAdvance(longer) <= room;
        if (!fits) fitted += line + QLatin1Char('\n');
        line = fits ? longer : word;
      }
      fitted += line;
      if (fitted != axis->label()) axis->setLabel(fitted);
    }
  }
}

void PlotPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  touch();
}

void PlotPanel::style_axis(QCPAxis* axis) const {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  axis->setBasePen(plot_->hasFocus() ? QPen(c.accent, 2) : QPen(c.border));
  axis->setTickPen(QPen(c.border));
  axis->setSubTickPen(Qt::NoPen);
  axis->setTickLength(0, 4);
  axis->setTickLabelColor(c.muted);
  axis->setLabelColor(c.muted);
  axis->setTickLabelFont(theme.small_font());
  axis->setLabelFont(theme.small_font());
  axis->setLabelPadding(2);
  axis->setTickLabelPadding(4);
  QColor faint = c.border;
  faint.setAlpha(130);
  axis->grid()->setPen(QPen(faint));
  axis->grid()->setZeroLinePen(QPen(faint));
  axis->ticker()->setTickCount(5);
}

void PlotPanel::style_rect(QCPAxisRect* rect) const {
  for (QCPAxis* axis : rect->axes()) style_axis(axis);
}

void PlotPanel::apply_theme() {
  const Theme& theme = Theme::instance();
  state_->setStyleSheet(QStringLiteral("color: %1").arg(theme.colors().warning.name()));
  plot_->setBackground(QBrush(theme.colors().panel));
  plot_->selectionRect()->setPen(QPen(theme.colors().accent));
  for (QCPAxisRect* rect : plot_->axisRects()) style_rect(rect);
  for (const CursorItem* pane : panes_) style_rect(pane->rect());  // also those that there is no room for now
  restyle();
  touch();
}

QString short_number(double value) {
  if (!std::isfinite(value)) return QStringLiteral("–");
  const double size = std::abs(value);
  const QLocale english(QLocale::English, QLocale::UnitedKingdom);
  if (size >= 100 || value == std::floor(value)) return english.toString(value, 'f', 0);
  if (size >= 10) return english.toString(value, 'f', 1);
  if (size >= 1) return english.toString(value, 'f', 2);
  if (size >= 0.001) return english.toString(value, 'f', 3);
  return english.toString(value, 'g', 2).toLower();  // 5e-06, as Python writes it
}

QString percent(double fraction) {
  if (!std::isfinite(fraction)) return QStringLiteral("–");
  return QStringLiteral("%1 %").arg(qRound(fraction * 100));
}

}  // namespace feedline::gui::inline plots
