// SPDX-License-Identifier: GPL-3.0-or-later
#include "canvas/graph_view.h"

#include "app/theme.h"
#include "canvas/comment_item.h"
#include "canvas/node_item.h"
#include "models/text.h"

#include <QScrollBar>

#include <algorithm>

namespace feedline::gui {
namespace {

constexpr double kMinZoom = 0.08;
constexpr double kMaxZoom = 3;
constexpr double kFitMaxZoom = 1.1;
constexpr int kFitMargin = 5 * Theme::kUnit;

}  // namespace

GraphView::GraphView(DocumentController& controller, QWidget* parent) : QGraphicsView(parent), controller_(controller) {
  setScene(&scene_);
  setFrameShape(QFrame::NoFrame);
  setRenderHint(QPainter::Antialiasing);
  setDragMode(RubberBandDrag);
  setRubberBandSelectionMode(Qt::IntersectsItemShape);
  setTransformationAnchor(NoAnchor);
  setResizeAnchor(AnchorViewCenter);
  setViewportUpdateMode(SmartViewportUpdate);
  setOptimizationFlag(DontSavePainterState);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setFocusPolicy(Qt::StrongFocus);
  setAcceptDrops(true);
  setMinimumSize(200, 150);
  viewport()->setMouseTracking(true);
  setAccessibleName(tr("Graph canvas"));

  hint_.setText(QStringLiteral("<div style='text-align:center'><p style='font-size:x-large'>%1</p><p>%2</p></div>")
                    .arg(tr("An empty canvas"),
                         tr("Press <b>Tab</b> or double-click to add a node,<br>or drag one here from the palette.")));
  hint_.setAttribute(Qt::WA_TransparentForMouseEvents);

  scene_.on_comment_text = [this](const std::string& id, const QString& text) {
    if (const Comment* old = controller_.document().find_comment(id)) {
      Comment changed = *old;
      changed.text = text.toStdString();
      apply({ChangeComment{std::move(changed)}});
    }
  };
  connect(&scene_, &QGraphicsScene::selectionChanged, this, &GraphView::announce_selection);
  connect(&controller_, &DocumentController::changed, this, &GraphView::sync);
  connect(&controller_, &DocumentController::replaced, this, [this] {
    scene_.clearSelection();
    clear_run();
    zoom_to_fit();
  });
  connect(&search_, &SearchPopup::picked, this, &GraphView::pick_from_search);
  connect(&Theme::instance(), &Theme::changed, this, &GraphView::restyle);
  sync();
  restyle();
  zoom_to_fit();
}

GraphView::~GraphView() { disconnect(&scene_, nullptr, this, nullptr); }

void GraphView::sync() {
  if (wire_) end_wire();  // the graph changed under the wire in hand
  scene_.sync(controller_.document(), controller_.analysis());
  const Document& document = controller_.document();
  hint_.setVisible(document.nodes().empty() && document.comments().empty());
  setAccessibleDescription(count_text(static_cast<qsizetype>(document.nodes().size()), tr("1 node"), tr("%1 nodes")) +
                           QStringLiteral(", ") +
                           count_text(static_cast<qsizetype>(document.links().size()), tr("1 wire"), tr("%1 wires")));
}

void GraphView::restyle() {
  hint_.setStyleSheet(
      QStringLiteral("color: %1; background: transparent").arg(Theme::instance().colors().muted.name()));
  place_hint();
  scene_.restyle();
  viewport()->update();
}

void GraphView::place_hint() {
  hint_.adjustSize();
  hint_.move((width() - hint_.width()) / 2, (height() - hint_.height()) / 2);
}

void GraphView::announce_selection() {
  QStringList ids;
  for (const std::string& id : scene_.selected_nodes()) ids << to_qstring(id);
  nudge_key_.clear();
  Q_EMIT selection_changed(ids);
}

void GraphView::show_snapshot(const Snapshot& now, const Snapshot& earlier) {
  std::string trainer;
  for (const Node& node : controller_.document().nodes()) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (spec != nullptr && spec->role == Role::Trainer) trainer = node.id;
  }
  auto states = live_states(earlier, now, trainer, staged_);
  bool resized = false;
  for (const auto& [id, item] : scene_.nodes()) {
    const auto state = states.find(id);
    if (state == states.end()) continue;
    resized |= !item->live().has_value();
    item->set_live(std::move(state->second));
  }
  if (resized && fitted_) zoom_to_fit();
}

void GraphView::show_run_active(bool active) {
  if (active) clear_run();
}

void GraphView::clear_run() {
  for (const auto& [id, item] : scene_.nodes()) {
    item->set_live(std::nullopt);
    item->set_failure({});
  }
}

void GraphView::mark_failed(const QString& node, const QString& message) {
  if (NodeItem* item = scene_.node(node.toStdString())) item->set_failure(message);
}

void GraphView::zoom_to_fit() {
  const QRectF content = scene_.content();
  const QSizeF room(std::max(50, viewport()->width() - 2 * kFitMargin),
                    std::max(50, viewport()->height() - 2 * kFitMargin));
  double zoom = 1;
  if (!content.isEmpty())
    zoom =
        std::clamp(std::min(room.width() / content.width(), room.height() / content.height()), kMinZoom, kFitMaxZoom);
  setTransform(QTransform::fromScale(zoom, zoom));
  centerOn(content.center());
  fitted_ = true;
}

void GraphView::zoom_in() { zoom_by(1.25, viewport()->rect().center()); }

void GraphView::zoom_out() { zoom_by(0.8, viewport()->rect().center()); }

void GraphView::zoom_by(double factor, QPoint at) {
  const double wanted = std::clamp(zoom() * factor, kMinZoom, kMaxZoom);
  const QPointF held = mapToScene(at);
  setTransform(QTransform::fromScale(wanted, wanted));
  pan_by(at - mapFromScene(held));
}

void GraphView::pan_by(QPoint pixels) {
  fitted_ = false;
  horizontalScrollBar()->setValue(horizontalScrollBar()->value() - pixels.x());
  verticalScrollBar()->setValue(verticalScrollBar()->value() - pixels.y());
}

void GraphView::select_node(const QString& id) {
  const NodeItem* item = scene_.node(id.toStdString());
  if (item == nullptr) return;
  scene_.select({item->id()});
  if (zoom() < 0.6) {
    setTransform(QTransform::fromScale(1, 1));
    centerOn(item->sceneBoundingRect().center());
    fitted_ = false;
  } else if (!mapToScene(viewport()->rect()).containsPoint(item->sceneBoundingRect().center(), Qt::OddEvenFill)) {
    centerOn(item->sceneBoundingRect().center());
    fitted_ = false;
  }
}

QPoint GraphView::socket_position(const PortId& port) const {
  const auto pos = scene_.socket(port);
  return pos ? mapFromScene(*pos) : viewport()->rect().center();
}

QString GraphView::shown_reason() const { return bubble_.isVisible() ? bubble_.text() : QString(); }

QPoint GraphView::cursor_or_centre() const {
  const QPoint cursor = viewport()->mapFromGlobal(QCursor::pos());
  return viewport()->rect().contains(cursor) && underMouse() ? cursor : viewport()->rect().center();
}

bool GraphView::apply(const Edit& edit, const QString& gesture) {
  const Status status = controller_.apply(edit, gesture);
  if (!status) Q_EMIT status_message(to_qstring(status.error().line()));
  return status.has_value();
}

QString GraphView::new_gesture(const char* what) {
  return QStringLiteral("canvas.%1.%2").arg(QLatin1String(what)).arg(++gestures_);
}

void GraphView::resizeEvent(QResizeEvent* event) {
  QGraphicsView::resizeEvent(event);
  if (fitted_) zoom_to_fit();
  place_hint();
}

}  // namespace feedline::gui
