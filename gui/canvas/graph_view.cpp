// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/graph_view.h"

#include "graph/path.h"
#include "graph/subgraph.h"
#include "gui/base/theme.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/cost_text.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/paint_tools.h"
#include "gui/models/text.h"

#include <QScrollBar>

#include <algorithm>
#include <utility>

namespace feedline::gui {
namespace {

constexpr double kMinZoom = 0.08;  // or where the whole graph fits, if that is less
/// How far one can look, in each direction: rows of ten thousand nodes.
constexpr qreal kHalfWorld = 4'000'000;
constexpr double kMaxZoom = 3;
/// A small graph is not blown up further than this, where writing has its normal size.
constexpr double kFitMaxZoom = 1.1;
constexpr int kFitMargin = 5 * Theme::kUnit;

}  // namespace

GraphView::GraphView(DocumentController& controller, QWidget* parent) : QGraphicsView(parent), controller_(controller) {
  setScene(&scene_);
  setSceneRect(-kHalfWorld, -kHalfWorld, 2 * kHalfWorld, 2 * kHalfWorld);
  setFrameShape(QFrame::NoFrame);
  setRenderHint(QPainter::Antialiasing);
  setDragMode(RubberBandDrag);
  setRubberBandSelectionMode(Qt::IntersectsItemShape);
  setTransformationAnchor(NoAnchor);
  setResizeAnchor(AnchorViewCenter);
  setViewportUpdateMode(SmartViewportUpdate);
  setOptimizationFlag(DontSavePainterState);
  setCacheMode(CacheBackground);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setFocusPolicy(Qt::StrongFocus);
  setAcceptDrops(true);
  setMinimumSize(200, 150);
  viewport()->setMouseTracking(true);
  viewport()->grabGesture(Qt::PinchGesture);
  setAccessibleName(tr("Graph canvas"));

  hint_.setText(QStringLiteral("<div style='text-align:center'><p style='font-size:x-large'>%1</p><p>%2</p></div>")
                    .arg(tr("An empty canvas"),
                         tr("Press <b>Tab</b> or double-click to add a node,<br>or drag one here from the palette."
                            "<br>Drop a folder of pictures here to train on it.")));
  hint_.setAttribute(Qt::WA_TransparentForMouseEvents);

  total_.setAttribute(Qt::WA_TransparentForMouseEvents);
  total_.setAccessibleName(tr("The whole model"));

  run_notice_.setAttribute(Qt::WA_TransparentForMouseEvents);
  run_notice_.setText(
      tr("The run that is on keeps the graph it started with. To train with this change: stop it and run again."));
  run_notice_.hide();

  scene_.on_frame_title = [this](const std::string& id, const QString& text) {
    if (const Frame* old = diagram().find_frame(id)) {
      Frame changed = *old;
      changed.title = text.toStdString();
      apply({ChangeFrame{std::move(changed)}}, writing_key_);
    }
  };
  scene_.on_comment_text = [this](const std::string& id, const QString& text) {
    if (const Comment* old = diagram().find_comment(id)) {
      Comment changed = *old;
      changed.text = text.toStdString();
      apply({ChangeComment{std::move(changed)}}, writing_key_);
    }
  };
  connect(&scene_, &QGraphicsScene::focusItemChanged, this, [this] { writing_key_ = new_gesture("write"); });
  connect(&scene_, &QGraphicsScene::selectionChanged, this, &GraphView::announce_selection);
  connect(&controller_, &DocumentController::changed, this, &GraphView::sync);
  connect(&controller_, &DocumentController::replaced, this, [this] {
    scene_.clearSelection();
    looked_at_.clear();
    enter({});
    clear_run();
    zoom_to_fit();
  });
  connect(&controller_.undo_stack(), &QUndoStack::indexChanged, this, &GraphView::follow_history);
  edge_timer_.setInterval(16);
  connect(&edge_timer_, &QTimer::timeout, this, &GraphView::pan_at_edge);
  connect(&arrange_job_, &ArrangeJob::cancelled, this,
          [this] { Q_EMIT status_message(tr("Arranging was cancelled; the graph is unchanged.")); });
  connect(&breadcrumb_, &Breadcrumb::chosen, this, &GraphView::enter);
  connect(&bubble_, &ReasonBubble::chosen, this, &GraphView::insert_adapter);
  connect(&minimap_, &Minimap::go_to, this, [this](const QPointF& place) {
    fitted_ = false;
    centerOn(place);
    update_minimap();
  });
  connect(horizontalScrollBar(), &QScrollBar::valueChanged, this, &GraphView::update_minimap);
  connect(verticalScrollBar(), &QScrollBar::valueChanged, this, &GraphView::update_minimap);
  connect(&search_, &SearchPopup::picked, this, &GraphView::pick_from_search);
  connect(&Theme::instance(), &Theme::changed, this, &GraphView::restyle);
  sync();
  restyle();
  zoom_to_fit();
}

GraphView::~GraphView() {
  // Scene and scroll bars still speak while the parts that listen are gone.
  disconnect(&scene_, nullptr, this, nullptr);
  disconnect(&controller_.undo_stack(), nullptr, this, nullptr);
  disconnect(horizontalScrollBar(), nullptr, this, nullptr);
  disconnect(verticalScrollBar(), nullptr, this, nullptr);
}

const Diagram& GraphView::diagram() const {
  const Diagram* shown = controller_.document().at(scope_);
  return shown == nullptr ? static_cast<const Diagram&>(controller_.document()) : *shown;
}

KeyScope GraphView::keys() const { return key_scope(controller_.document(), scope_); }

std::string GraphView::path_of(const std::string& id) const { return join_path(scope_, id); }

void GraphView::sync() {
  if (wire_) end_wire();  // the graph changed under the wire in hand
  arrange_job_.cancel();  // its places are those of another graph
  const std::string before = scope_;
  while (controller_.document().at(scope_) == nullptr) scope_ = scope_of(scope_);  // it was undone or ungrouped
  scene_.set_source_facts(controller_.source_facts());
  if (std::exchange(shown_analysis_, controller_.analyses()) == controller_.analyses()) {
    scene_.sync_looks(diagram(), controller_.analysis(), scope_);
  } else {
    scene_.sync(diagram(), controller_.analysis(), scope_);
  }
  if (scope_ != before) {
    breadcrumb_.show_scope(scope_);
    Q_EMIT scope_changed(to_qstring(scope_));
  }
  hint_.setVisible(diagram().empty());
  total_.setText(total_text(controller_.analysis().total, controller_.analysis().batch));
  show_run_notice();
  place_overlays();
  update_minimap();
  setAccessibleDescription(count_text(static_cast<qsizetype>(diagram().nodes().size()), tr("1 node"), tr("%1 nodes")) +
                           QStringLiteral(", ") +
                           count_text(static_cast<qsizetype>(diagram().links().size()), tr("1 wire"), tr("%1 wires")));
}

void GraphView::restyle() {
  hint_.setStyleSheet(
      QStringLiteral("color: %1; background: transparent").arg(Theme::instance().colors().muted.name()));
  total_.setFont(Theme::instance().small_font());
  total_.setStyleSheet(
      QStringLiteral("color: %1; background: %2; padding: 3px 8px; border-radius: 4px")
          .arg(Theme::instance().colors().text.name(),
               mixed(Theme::instance().colors().canvas, Theme::instance().colors().panel, 0.8).name()));
  run_notice_.setFont(Theme::instance().small_font());
  run_notice_.setStyleSheet(
      QStringLiteral("color: %1; background: %2; padding: 4px 10px; border-radius: 4px")
          .arg(Theme::instance().colors().text.name(),
               mixed(Theme::instance().colors().panel, Theme::instance().colors().warning, 0.22).name()));
  place_overlays();
  scene_.restyle();
  resetCachedContent();
  viewport()->update();
}

void GraphView::place_overlays() {
  hint_.adjustSize();
  hint_.move((width() - hint_.width()) / 2, (height() - hint_.height()) / 2);
  total_.setVisible(!total_.text().isEmpty());
  total_.setWordWrap(false);
  const QSize wanted = total_.sizeHint();
  const int wide = std::min(wanted.width(), width() - 2 * Theme::kUnit);
  total_.setWordWrap(wide < wanted.width());
  total_.resize(wide, total_.wordWrap() ? total_.heightForWidth(wide) : wanted.height());
  total_.move(Theme::kUnit, height() - total_.height() - Theme::kUnit);
  breadcrumb_.move(Theme::kUnit, Theme::kUnit);
  const int top = breadcrumb_.isHidden() ? Theme::kUnit : breadcrumb_.height() + 2 * Theme::kUnit;
  run_notice_.setWordWrap(run_notice_.fontMetrics().horizontalAdvance(run_notice_.text()) > width() - 6 * Theme::kUnit);
  run_notice_.setMaximumWidth(std::max(50, width() - 2 * Theme::kUnit));
  run_notice_.adjustSize();
  run_notice_.move((width() - run_notice_.width()) / 2, top);
  arrange_job_.move((width() - arrange_job_.width()) / 2, top);
  minimap_.move(width() - minimap_.width() - Theme::kUnit, height() - minimap_.height() - Theme::kUnit);
}

void GraphView::update_minimap() { minimap_.show_view(mapToScene(viewport()->rect()).boundingRect()); }

QStringList GraphView::selected_paths() const {
  QStringList paths;
  for (const std::string& id : scene_.selected_nodes()) paths << to_qstring(path_of(id));
  return paths;
}

void GraphView::announce_selection() {
  nudge_key_.clear();
  Q_EMIT selection_changed(selected_paths());
}

void GraphView::show_snapshot(const Snapshot& now, const Snapshot& earlier) {
  if (!live_.show(now, earlier, find_role(controller_.document(), Role::Trainer), staged_)) return;
  scene_.sizes_changed();
  if (fitted_) zoom_to_fit();
}

void GraphView::show_run_active(bool active) {
  running_.reset();
  run_notice_.hide();
  if (!active) return live_.rest();
  running_ = controller_.document();
  clear_run();
  live_.begin();
}

void GraphView::clear_run() {
  failures_.clear();
  live_.clear();
  scene_.sizes_changed();
}

void GraphView::mark_failed(const QString& node, const QString& message) {
  failures_[drawn_path(node.toStdString())] = message;
  show_failures();
}

void GraphView::point_out(const QStringList& paths) {
  for (const auto& [id, item] : scene_.nodes()) {
    const std::string here = path_of(id);
    item->set_pointed_out(std::any_of(paths.begin(), paths.end(), [&](const QString& path) {
      const std::string drawn = drawn_path(path.toStdString());
      return drawn == here || is_within(drawn, here);
    }));
  }
}

void GraphView::show_failures() {
  for (const auto& [path, message] : failures_)
    for (const auto& [id, item] : scene_.nodes())
      if (path == path_of(id) || is_within(path, path_of(id))) item->set_failure(message);
}

/// The zoom at which this much of the scene fills the view.
double GraphView::zoom_for(const QRectF& area) const {
  const QSizeF room(std::max(50, viewport()->width() - 2 * kFitMargin),
                    std::max(50, viewport()->height() - 2 * kFitMargin));
  const double most = kFitMaxZoom * Theme::instance().font_scale();
  if (area.isEmpty()) return 1;
  return std::min({room.width() / area.width(), room.height() / area.height(), most});
}

void GraphView::zoom_to_fit() {
  const QRectF content = scene_.content();
  const double zoom = zoom_for(content);
  setTransform(QTransform::fromScale(zoom, zoom));
  centerOn(content.center());
  fitted_ = true;
  update_minimap();
}

void GraphView::zoom_to_selection() {
  const QRectF content = scene_.selected_content();
  if (content.isEmpty()) return zoom_to_fit();
  const double zoom = zoom_for(content);
  setTransform(QTransform::fromScale(zoom, zoom));
  centerOn(content.center());
  fitted_ = false;
  update_minimap();
}

void GraphView::zoom_in() { zoom_by(1.25, viewport()->rect().center()); }

void GraphView::zoom_out() { zoom_by(0.8, viewport()->rect().center()); }

void GraphView::zoom_by(double factor, QPoint at) {
  const double wanted = std::clamp(zoom() * factor, std::min(kMinZoom, zoom_for(scene_.content())), kMaxZoom);
  const QPointF held = mapToScene(at);
  setTransform(QTransform::fromScale(wanted, wanted));
  pan_by(at - mapFromScene(held));
}

void GraphView::pan_by(QPoint pixels) {
  fitted_ = false;
  horizontalScrollBar()->setValue(horizontalScrollBar()->value() - pixels.x());
  verticalScrollBar()->setValue(verticalScrollBar()->value() - pixels.y());
}

void GraphView::select_node(const QString& path) {
  const std::string drawn = drawn_path(path.toStdString());
  const std::string scope(scope_of(drawn));
  if (controller_.document().at(scope) == nullptr) return;
  enter(to_qstring(scope));
  const std::string id(leaf_of(drawn));
  const QGraphicsItem* item = scene_.node(id);
  if (item == nullptr) item = scene_.comment(id);
  if (item == nullptr) item = scene_.frame(id);
  if (item == nullptr) return;
  scene_.select({id});
  const double natural = Theme::instance().font_scale();
  if (zoom() < 0.6 * natural) {
    setTransform(QTransform::fromScale(natural, natural));
    centerOn(item->sceneBoundingRect().center());
    fitted_ = false;
  } else if (!mapToScene(viewport()->rect()).containsPoint(item->sceneBoundingRect().center(), Qt::OddEvenFill)) {
    centerOn(item->sceneBoundingRect().center());
    fitted_ = false;
  }
}

GraphView::Place GraphView::place() const {
  Place here{.zoom = transform(),
             .centre = mapToScene(viewport()->rect().center()),
             .scope = scope_,
             .selected = scene_.selected_nodes(),
             .fitted = fitted_};
  return here;
}

void GraphView::go_to(const Place& place) {
  enter(to_qstring(place.scope));
  scene_.select(place.selected);
  if (place.fitted) return zoom_to_fit();
  setTransform(place.zoom);
  centerOn(place.centre);
  fitted_ = false;
  update_minimap();
}

QPoint GraphView::socket_position(const PortId& port) const {
  const auto pos = scene_.socket(port);
  return pos ? mapFromScene(*pos) : viewport()->rect().center();
}

QString GraphView::shown_reason() const { return bubble_.isVisible() ? bubble_.text() : QString(); }

QPoint GraphView::cursor_or_centre() const { return pointer_.value_or(viewport()->rect().center()); }

bool GraphView::apply(Edit edit, const QString& gesture) {
  const Status status = controller_.apply(within(scope_, std::move(edit)), gesture);
  if (!status) Q_EMIT status_message(to_qstring(status.error().line()));
  return status.has_value();
}

QString GraphView::new_gesture(const char* what) {
  return QStringLiteral("canvas.%1.%2").arg(QLatin1String(what)).arg(++gestures_);
}

void GraphView::paintEvent(QPaintEvent* event) {
  scene_.pictures().begin_frame(zoom());
  QGraphicsView::paintEvent(event);
  if (scene_.pictures().owes()) viewport()->update();
}

void GraphView::resizeEvent(QResizeEvent* event) {
  QGraphicsView::resizeEvent(event);
  if (fitted_) zoom_to_fit();
  place_overlays();
  update_minimap();
}

}  // namespace feedline::gui
