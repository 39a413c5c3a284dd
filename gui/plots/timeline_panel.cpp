// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/timeline_panel.h"

#include "gui/base/in_view.h"
#include "gui/base/pace.h"
#include "gui/base/save_path.h"
#include "gui/base/settings.h"
#include "gui/base/theme.h"
#include "gui/plots/panel_menu.h"
#include "gui/plots/plot_panel.h"
#include "gui/plots/run_panels.h"
#include "gui/session/run_controller.h"

#include <QAction>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QScrollArea>
#include <QScrollBar>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <utility>

namespace feedline::gui::inline plots {

namespace {

QString duration_text(Nanos duration) {
  const double ms = static_cast<double>(duration) * 1e-6;
  return ms >= 1000 ? TimelinePanel::tr("%1 s").arg(short_number(ms / 1000))
                    : TimelinePanel::tr("%1 ms").arg(short_number(ms));
}

}  // namespace

TimelinePanel::TimelinePanel(QWidget* parent)
    : QWidget(parent),
      menu_(new PanelMenu([this] { return exported(); }, this)),
      view_(new TimelineView(store_, this)),
      area_(new QScrollArea(this)),
      detail_(new QLabel(this)),
      empty_(new EmptyState({.purpose = tr("what every worker, every queue and the trainer do, moment by moment"),
                             .awaited = tr("the first batch")},
                            this)),
      stack_(new QStackedLayout(this)) {
  setWindowTitle(tr("Timeline"));
  build();
  fill_menu();
  connect(view_, &TimelineView::slice_chosen, this, &TimelinePanel::show_detail);
  for (QWidget* part : std::initializer_list<QWidget*>{view_, empty_})
    new PaintNotifier(part, [this] {
      if (behind_) QMetaObject::invokeMethod(this, &TimelinePanel::catch_up, Qt::QueuedConnection);
    });
}

void TimelinePanel::build() {
  detail_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  detail_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  detail_->setContentsMargins(Theme::kUnit, Theme::kUnit / 2, Theme::kUnit / 2, Theme::kUnit / 2);
  detail_->setAccessibleName(tr("Chosen slice"));
  area_->setWidget(view_);
  area_->setWidgetResizable(true);
  area_->setFrameShape(QFrame::NoFrame);
  area_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  area_->setFocusPolicy(Qt::NoFocus);
  const auto style = [this] { detail_->setFont(Theme::instance().small_font()); };
  style();
  connect(&Theme::instance(), &Theme::changed, this, style);

  auto* page = new QWidget(this);
  auto* head = new QHBoxLayout;
  head->setSpacing(0);
  head->addWidget(detail_, 1);
  head->addWidget(menu_);
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addLayout(head);
  column->addWidget(area_, 1);
  stack_->addWidget(empty_);
  stack_->addWidget(page);
}

void TimelinePanel::fill_menu() {
  freeze_ = menu_->add_action(tr("F&reeze"), tr("Space"), true);
  connect(freeze_, &QAction::toggled, this, &TimelinePanel::catch_up);
  QAction* follow = menu_->add_action(tr("&Follow the newest"), tr("F"), true);
  follow->setChecked(true);
  connect(follow, &QAction::toggled, view_, &TimelineView::set_following);
  connect(view_, &TimelineView::following_changed, follow, &QAction::setChecked);
  connect(menu_->add_action(tr("Show &all"), tr("Home")), &QAction::triggered, view_, &TimelineView::show_all);
  connect(menu_->add_action(tr("Export as &trace (Perfetto)…")), &QAction::triggered, this,
          &TimelinePanel::ask_for_export);
}

bool TimelinePanel::shows_empty_state() const { return stack_->currentWidget() == empty_; }

void TimelinePanel::follow_run(RunController& runs) { begin(runs.trace()); }

void TimelinePanel::begin(std::shared_ptr<const Trace> trace) {
  store_.begin(std::move(trace));
  locate_ = {};
  pulled_.invalidate();
  started_ = 0;
  behind_ = false;
  freeze_->setChecked(false);
  view_->choose(std::nullopt);
  view_->set_origin(0);
  view_->show_range(0, 2);
  view_->set_following(true);
  stack_->setCurrentIndex(0);
}

void TimelinePanel::show_snapshot(const Snapshot& now) {
  started_ = now.started;
  if (started_ != 0) view_->set_origin(started_);
  behind_ = true;
  if (in_view(*this)) catch_up();
}

void TimelinePanel::catch_up() {
  const bool early = pulled_.isValid() && pulled_.elapsed() < Pace::instance().interval_ms();
  if (behind_ && !freeze_->isChecked() && !early) pull();
}

void TimelinePanel::pull() {
  behind_ = false;
  pulled_.start();
  if (!store_.pull()) return;
  // What nodes learn comes before the run's clock starts: until then time counts from the first thing that was done.
  if (started_ == 0 && view_->origin() == 0) view_->set_origin(store_.range().first);
  stack_->setCurrentIndex(1);
  view_->refresh();
  if (!view_->chosen()) show_detail();
}

void TimelinePanel::keyPressEvent(QKeyEvent* event) {
  if (event->key() != Qt::Key_Space) return QWidget::keyPressEvent(event);
  freeze_->toggle();
}

QString TimelinePanel::detail() const {
  const auto& chosen = view_->chosen();
  if (!chosen) return tr("Click a slice for its node, record and file.");
  const TraceSlice& slice = chosen->slice;
  const std::string& lane = store_.lanes()[chosen->lane].name();
  QStringList parts{view_->label_of(slice), QString::fromStdString(lane)};
  if (slice.kind != TraceKind::Level) parts << duration_text(slice.duration);
  parts << tr("at %1 s").arg(seconds(slice.start - view_->origin()), 0, 'f', 4);
  if (slice.kind != TraceKind::Work || slice.records == 0) return parts.join(QStringLiteral(" · "));
  parts << (slice.records == 1 ? tr("record %1").arg(slice.record)
                               : tr("%1 records from %2 on").arg(slice.records).arg(slice.record));
  if (const std::string file = locate_ ? locate_(lane, slice.record) : std::string(); !file.empty())
    parts << QString::fromStdString(file);
  return parts.join(QStringLiteral(" · "));
}

void TimelinePanel::show_detail() {
  const QString text = detail();
  detail_->setText(text);
  detail_->setToolTip(view_->chosen() ? text : QString());
}

void TimelinePanel::ask_for_export() {
  const QString proposal = Settings::last_folder() + QStringLiteral("/trace.json");
  const QString path =
      ask_save_path(window(), tr("Export the timeline"), proposal, tr("Trace (*.json)"), QStringLiteral("json"));
  if (path.isEmpty()) return;
  Q_EMIT export_wanted(path, store_.trace(), locate_);
}

ExportedView TimelinePanel::exported() const {
  return {.title = windowTitle(),
          .size = view_->size(),
          .paint =
              [this](QPaintDevice& device, const QSize& size) {
                QPainter painter(&device);
                view_->paint(painter, QRectF({}, size));
              },
          .csv = [this] { return csv(); }};
}

/// The slices of the time that is shown.
QString TimelinePanel::csv() const {
  QString text = csv_line({QStringLiteral("lane"), QStringLiteral("start_s"), QStringLiteral("duration_s"),
                           QStringLiteral("what"), QStringLiteral("records"), QStringLiteral("record")});
  const auto [from, to] = view_->shown();
  for (const TimelineLane& lane : store_.lanes()) {
    const auto [first, last] = lane.between(view_->origin() + from_seconds(from), view_->origin() + from_seconds(to));
    for (std::size_t i = first; i < last; ++i) {
      const TraceSlice& slice = lane.slices()[i];
      text += csv_line({QString::fromStdString(lane.name()), csv_number(seconds(slice.start - view_->origin())),
                        csv_number(seconds(slice.duration)), view_->label_of(slice), QString::number(slice.records),
                        QString::number(slice.record)});
    }
  }
  return text;
}

RunPanelSpec timeline_panel() {
  return {.name = "timeline",
          .title = QT_TRANSLATE_NOOP("RunPanels", "Timeline"),
          .shows = QT_TRANSLATE_NOOP("RunPanels", "What each worker, each queue and the trainer did, slice by slice"),
          .help = "live-view.md",
          .group = PanelGroup::Flow,
          .make = [](QWidget* parent, RunController& runs) -> RunPanel {
            auto* panel = new TimelinePanel(parent);
            QObject::connect(panel, &TimelinePanel::export_wanted, &runs, &RunController::export_trace);
            return {panel, panel};
          }};
}

}  // namespace feedline::gui::inline plots
