// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/graph_view.h"

#include "graph/path.h"
#include "graph/subgraph.h"
#include "gui/base/theme.h"
#include "gui/canvas/commands/insert.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/node_item.h"
#include "gui/models/text.h"

#include <QPainter>
#include <QScrollBar>

#include <utility>

namespace feedline::gui::inline canvas {

QPoint CanvasParts::pointer_or_centre() const { return pointer.value_or(view.viewport()->rect().center()); }

GraphView::GraphView(DocumentController& controller, QWidget* parent) : QGraphicsView(parent), shown_(controller) {
  set_up();
  connect_parts();
  sync();
  restyle();
  zoom_to_fit();
}

GraphView::~GraphView() {
  // Scene and scroll bars still speak while the parts that listen are gone.
  disconnect(&scene_, nullptr, this, nullptr);
  disconnect(&shown_.controller().undo_stack(), nullptr, this, nullptr);
  disconnect(horizontalScrollBar(), nullptr, this, nullptr);
  disconnect(verticalScrollBar(), nullptr, this, nullptr);
}

void GraphView::set_up() {
  setScene(&scene_);
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
}

void GraphView::connect_parts() {
  scene_.on_frame_title = [this](const std::string& id, const QString& text) {
    write(titled(diagram(), id, text.toStdString()));
  };
  scene_.on_comment_text = [this](const std::string& id, const QString& text) {
    write(written(diagram(), id, text.toStdString()));
  };
  connect(&scene_, &QGraphicsScene::focusItemChanged, this, [this] { writing_key_ = shown_.new_gesture("write"); });
  connect(&scene_, &QGraphicsScene::selectionChanged, this, &GraphView::announce_selection);
  DocumentController& controller = shown_.controller();
  connect(&controller, &DocumentController::changed, this, &GraphView::sync);
  connect(&controller, &DocumentController::replaced, this, [this] {
    scene_.clearSelection();
    looks_.forget_scopes();
    enter({});
    clear_run();
    zoom_to_fit();
  });
  connect(&controller.undo_stack(), &QUndoStack::indexChanged, this, [this](int index) { looks_.follow(index); });
  connect(&shown_, &ShownDiagram::said, this, &GraphView::status_message);
  connect(&run_, &RunMarks::said, this, &GraphView::status_message);
  connect(&run_, &RunMarks::durations_wanted, this, &GraphView::durations_wanted);
  connect(&editor_, &CanvasEditor::data_dropped, this, &GraphView::data_dropped);
  connect(&editor_, &CanvasEditor::arranging, this, [this] { overlays_.place(editor_.arrange_job()); });
  connect(&editor_.arrange_job(), &ArrangeJob::cancelled, this,
          [this] { Q_EMIT status_message(tr("Arranging was cancelled; the graph is unchanged.")); });
  connect(&breadcrumb(), &Breadcrumb::chosen, this, &GraphView::enter);
  connect(&minimap(), &Minimap::go_to, &camera_, &Camera::centre_on);
  connect(&camera_, &Camera::moved, this, &GraphView::update_overview);
  connect(horizontalScrollBar(), &QScrollBar::valueChanged, this, &GraphView::update_overview);
  connect(verticalScrollBar(), &QScrollBar::valueChanged, this, &GraphView::update_overview);
  connect(&Theme::instance(), &Theme::changed, this, &GraphView::restyle);
}

void GraphView::write(std::optional<Edit> edit) {
  if (edit) shown_.apply(std::move(*edit), writing_key_);
}

void GraphView::sync() {
  tools_.diagram_changed();
  editor_.arrange_job().cancel();  // its places are those of another graph
  const DocumentController& controller = shown_.controller();
  const bool moved_out = shown_.leave_what_is_gone();
  scene_.set_source_facts(controller.source_facts());
  if (std::exchange(shown_analysis_, controller.analyses()) == controller.analyses()) {
    scene_.sync_looks(diagram(), controller.analysis(), scope());
  } else {
    scene_.sync(diagram(), controller.analysis(), scope(), scope().empty() ? nullptr : &controller.document());
  }
  files_.show_marks();
  if (moved_out) {
    breadcrumb().show_scope(scope());
    Q_EMIT scope_changed(to_qstring(scope()));
  }
  overlays_.show_diagram(shown_);
  overlays_.show_run_notice(run_.outdated());
  place_overlays();
  update_overview();
  setAccessibleDescription(count_text(static_cast<qsizetype>(diagram().nodes().size()), tr("1 node"), tr("%1 nodes")) +
                           QStringLiteral(", ") +
                           count_text(static_cast<qsizetype>(diagram().links().size()), tr("1 wire"), tr("%1 wires")));
}

void GraphView::restyle() {
  overlays_.restyle();
  place_overlays();
  scene_.restyle();
  scene_.pictures().hurry();
  resetCachedContent();
  viewport()->update();
}

void GraphView::announce_selection() {
  editor_.end_nudging();
  Q_EMIT selection_changed(selected_paths());
}

QStringList GraphView::selected_paths() const {
  QStringList paths;
  for (const std::string& id : scene_.selected_nodes()) paths << to_qstring(shown_.path_of(id));
  return paths;
}

void GraphView::show_run_active(bool active) {
  run_.show_active(active);
  overlays_.show_run_notice(false);
}

void GraphView::enter(const QString& scope) {
  const std::string path = scope.toStdString();
  if (path == this->scope() || shown_.document().at(path) == nullptr) return;
  tools_.diagram_changed();
  search_.close();
  bubble_.hide();
  looks_.leave(this->scope());
  shown_.set_scope(path);
  scene_.sync(diagram(), shown_.analysis(), path, path.empty() ? nullptr : &shown_.document());
  breadcrumb().show_scope(path);
  overlays_.show_diagram(shown_);
  run_.show_failures();
  files_.show_marks();
  place_overlays();
  if (!looks_.come_back(path)) zoom_to_fit();
  Q_EMIT scope_changed(to_qstring(path));
}

void GraphView::leave() {
  if (scope().empty()) return;
  const std::string left(leaf_of(scope()));
  enter(to_qstring(std::string(scope_of(scope()))));
  scene_.select({left});
}

void GraphView::enter_selected() {
  for (const std::string& id : scene_.selected_nodes())
    if (scene_.node(id)->face().subgraph) return enter(to_qstring(shown_.path_of(id)));
  Q_EMIT status_message(tr("Select a sub-graph to enter it."));
}

void GraphView::zoom_in() { camera_.zoom_by(1.25, viewport()->rect().center()); }

void GraphView::zoom_out() { camera_.zoom_by(0.8, viewport()->rect().center()); }

void GraphView::select_node(const QString& path) {
  const std::string drawn = drawn_path(path.toStdString());
  const std::string scope(scope_of(drawn));
  if (shown_.document().at(scope) == nullptr) return;
  enter(to_qstring(scope));
  const std::string id(leaf_of(drawn));
  const QGraphicsItem* item = scene_.node(id);
  if (item == nullptr) item = scene_.comment(id);
  if (item == nullptr) item = scene_.frame(id);
  if (item == nullptr) return;
  scene_.select({id});
  camera_.find(item->sceneBoundingRect());
}

GraphView::Place GraphView::place() const {
  return {.look = camera_.look(), .scope = scope(), .selected = scene_.selected_nodes(), .fitted = camera_.fitted()};
}

void GraphView::go_to(const Place& place) {
  enter(to_qstring(place.scope));
  scene_.select(place.selected);
  if (place.fitted) return zoom_to_fit();
  camera_.look_again(place.look);
}

QPoint GraphView::socket_position(const PortId& port) const {
  const auto pos = scene_.socket(port);
  return pos ? mapFromScene(*pos) : viewport()->rect().center();
}

QString GraphView::shown_reason() const { return bubble_.isVisible() ? bubble_.text() : QString(); }

void GraphView::paintEvent(QPaintEvent* event) {
  scene_.pictures().begin_frame(zoom());
  QGraphicsView::paintEvent(event);
  if (scene_.pictures().owes()) viewport()->update();
}

void GraphView::drawForeground(QPainter* painter, const QRectF&) {
  if (hasFocus() && shows_focus_) {
    QPen ring(Theme::instance().colors().accent, 2);
    ring.setCosmetic(true);
    painter->setPen(ring);
    painter->setBrush(Qt::NoBrush);
    painter->drawRect(mapToScene(viewport()->rect().adjusted(1, 1, -1, -1)).boundingRect());
  }
  tools_.paint(*painter);
}

void GraphView::resizeEvent(QResizeEvent* event) {
  QGraphicsView::resizeEvent(event);
  place_overlays();
  camera_.refit();
  update_overview();
}

void GraphView::place_overlays() {
  overlays_.place(editor_.arrange_job());
  camera_.set_foot(overlays_.foot());
}

}  // namespace feedline::gui::inline canvas
