// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/wire_item.h"

#include "gui/base/theme.h"
#include "gui/canvas/canvas_text.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/paint_tools.h"

#include <QFontMetricsF>
#include <QGraphicsScene>
#include <QPainter>
#include <QStyleOptionGraphicsItem>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace feedline::gui::inline canvas {
namespace {

constexpr qreal kGrip = 1.5 * kUnit;  // width of the part that takes a click
constexpr qreal kLabelZoom = 0.6;
constexpr qreal kFlowZoom = 0.3;         // dashes that are smaller than pixels only flicker
constexpr qreal kWidest = 5;             // that the rate adds
constexpr qreal kBead = 5;               // between the places where a drop can be
constexpr qreal kDrop = 6;               // its length
constexpr std::size_t kDropEvery = 4;    // places
constexpr qreal kPictured = 128 * 1024;  // pixels of the largest body that is kept as a picture
constexpr qreal kGapZoom = 0.45;         // from farther away, the gap where wires cross is not seen

/// Lines with rounded corners.
QPainterPath rounded(const QPolygonF& points, qreal radius) {
  QPainterPath path(points.front());
  for (qsizetype i = 1; i + 1 < points.size(); ++i) {
    const QLineF in(points[i], points[i - 1]);
    const QLineF out(points[i], points[i + 1]);
    const qreal r = std::min({radius, in.length() / 2, out.length() / 2});
    if (r < 0.1) continue;
    path.lineTo(in.pointAt(r / in.length()));
    path.quadTo(points[i], out.pointAt(r / out.length()));
  }
  path.lineTo(points.back());
  return path;
}

bool goes_back(QPointF from, QPointF to) { return to.x() - from.x() < 2 * kUnit; }

/// Height of the lane between the rows by which a wire without points goes back.
qreal lane_of(QPointF from, QPointF to, const WireRoute& route) {
  if (std::abs(to.y() - from.y()) < 6 * kUnit) return std::max(from.y(), to.y()) + 12 * kUnit;
  return route.gap && *route.gap > from.y() + 3 * kUnit ? *route.gap : (from.y() + to.y()) / 2;
}

/// Out, to the lane between the rows, back to the left, in. Points move the lane: the wire passes each on the level.
QPainterPath return_path(QPointF from, QPointF to, const WireRoute& route) {
  qreal right = from.x() + route.out;
  qreal left = to.x() - route.in;
  QPolygonF corners = {from};
  if (route.via.empty()) {
    const qreal lane = lane_of(from, to, route);
    corners << QPointF(right, from.y()) << QPointF(right, lane) << QPointF(left, lane);
  } else {
    right = std::max(right, route.via.front().x());
    left = std::min(left, route.via.back().x());
    corners << QPointF(right, from.y()) << QPointF(right, route.via.front().y());
    for (std::size_t i = 0; i + 1 < route.via.size(); ++i) {
      const QPointF here = route.via[i];
      const QPointF next = route.via[i + 1];
      if (here.y() != next.y())
        corners << QPointF((here.x() + next.x()) / 2, here.y()) << QPointF((here.x() + next.x()) / 2, next.y());
    }
    corners << QPointF(left, route.via.back().y());
  }
  return rounded(corners << QPointF(left, to.y()) << to, 1.5 * kUnit);
}

/// A smooth line through points: the tangent at each is that of its neighbours, as in a Catmull-Rom spline, and level
/// at both ends.
QPainterPath through(QPointF from, QPointF to, const std::vector<QPointF>& via) {
  std::vector<QPointF> points = {from};
  points.insert(points.end(), via.begin(), via.end());
  points.push_back(to);
  const auto tangent = [&](std::size_t i) {
    if (i == 0 || i + 1 == points.size()) {
      const std::size_t other = i == 0 ? 1 : i - 1;
      return QPointF(std::max(std::abs(points[other].x() - points[i].x()), 4 * kUnit), 0);
    }
    return (points[i + 1] - points[i - 1]) / 2;
  };
  QPainterPath path(from);
  for (std::size_t i = 0; i + 1 < points.size(); ++i)
    path.cubicTo(points[i] + tangent(i) / 3, points[i + 1] - tangent(i + 1) / 3, points[i + 1]);
  return path;
}

}  // namespace

QPainterPath wire_path(QPointF from, QPointF to, const WireRoute& route) {
  if (goes_back(from, to)) return return_path(from, to, route);
  if (!route.via.empty()) return through(from, to, route.via);
  const qreal forward = to.x() - from.x();
  const qreal length = std::hypot(forward, to.y() - from.y());
  const qreal reach = std::min(std::max(4 * kUnit, forward * 0.5), length * 0.9);
  QPainterPath path(from);
  path.cubicTo(from + QPointF(reach, 0), to - QPointF(reach, 0), to);
  return path;
}

WireItem::WireItem(WireFace face, PictureCache* pictures) : face_(std::move(face)), pictures_(pictures) {
  setFlag(ItemIsSelectable);
  setZValue(0);
}

void WireItem::set_face(WireFace face) {
  if (face == face_) return;
  prepareGeometryChange();
  face_ = std::move(face);
  restyle();
}

void WireItem::restyle() {
  label_.reset();
  label_picture_.stale = true;
  body_picture_.stale = true;
  update();
}

void WireItem::set_ends(QPointF from, QPointF to, const WireRoute& route) {
  if (from == from_ && to == to_ && route == route_) return;
  prepareGeometryChange();
  from_ = from;
  to_ = to;
  route_ = route;
  path_ = wire_path(from, to, route);
  beads_.clear();
  restyle();
}

std::size_t WireItem::place_for_point(QPointF scene_pos) const {
  std::vector<QPointF> corners = {from_};
  corners.insert(corners.end(), route_.via.begin(), route_.via.end());
  corners.push_back(to_);
  std::size_t best = 0;
  qreal least = std::numeric_limits<qreal>::infinity();
  for (std::size_t i = 0; i + 1 < corners.size(); ++i) {  // the leg that the detour lengthens least
    const qreal longer = QLineF(corners[i], scene_pos).length() + QLineF(scene_pos, corners[i + 1]).length() -
                         QLineF(corners[i], corners[i + 1]).length();
    if (longer >= least) continue;
    least = longer;
    best = i;
  }
  return best;
}

QPointF WireItem::on_route(QPointF scene_pos) const {
  if (!goes_back(from_, to_)) return scene_pos;
  const std::size_t index = place_for_point(scene_pos);
  const qreal right = from_.x() + route_.out;
  const qreal left = to_.x() - route_.in;
  const qreal x = std::clamp(scene_pos.x(), std::min(left, right), std::max(left, right));
  if (route_.via.empty()) return {x, lane_of(from_, to_, route_)};
  const std::size_t nearest = std::min(index, route_.via.size() - 1);
  if (index == 0 || index == route_.via.size()) return {x, route_.via[nearest].y()};
  return scene_pos;
}

bool WireItem::passes(const QRectF& scene_rect) const {
  QPainterPath area;
  area.addRect(scene_rect);
  return boundingRect().intersects(scene_rect) && shape().intersects(area);  // a level path has no height
}

void WireItem::set_targeted(bool targeted) {
  if (targeted == targeted_) return;
  targeted_ = targeted;
  update();
}

void WireItem::set_lifted(bool lifted) {
  lifted_ = lifted;
  setOpacity(lifted ? 0.25 : 1);
}

void WireItem::set_flow(std::optional<WireFlow> flow) {
  if (flow == flow_) return;
  const bool wider = !flow || !flow_ || flow->share != flow_->share || flow->word.isEmpty() != flow_->word.isEmpty();
  if (wider) prepareGeometryChange();
  const bool reworded = (flow ? flow->word : QString()) != (flow_ ? flow_->word : QString());
  flow_ = std::move(flow);
  body_picture_.stale = true;
  if (reworded) return restyle();
  update();
}

void WireItem::set_phase(qreal phase) {
  phase_ = phase;
  if (flow_ && flow_->moves) update();
}

qreal WireItem::pen_width() const {
  const qreal width = is_per_record(face_.kind) ? 2.2 : 3.4;
  return flow_ ? width + kWidest * flow_->share : width;
}

QRectF WireItem::boundingRect() const {
  const qreal side = face_.label.isEmpty() && !flow_ ? kUnit : 4 * kUnit;
  const qreal below = side == kUnit ? kUnit : 3 * kUnit;
  return path_.controlPointRect().adjusted(-side, -side, side, below);
}

QPainterPath WireItem::shape() const {
  QPainterPathStroker stroker;
  stroker.setWidth(kGrip);
  return stroker.createStroke(path_);
}

void WireItem::paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) {
  const Theme& theme = Theme::instance();
  const bool selected = option->state.testFlag(QStyle::State_Selected);
  const qreal zoom = QStyleOptionGraphicsItem::levelOfDetailFromTransform(painter->worldTransform());
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setBrush(Qt::NoBrush);
  if (selected || targeted_) {
    const QColor glow = faded(theme.colors().accent, targeted_ ? 0.6 : 0.35);
    painter->setPen(QPen(glow, pen_width() + 7, Qt::SolidLine, Qt::RoundCap));
    painter->drawPath(path_);
  }
  show_body(*painter, zoom, widget != nullptr);
  if (flow_ && flow_->moves && zoom >= kFlowZoom) paint_drops(*painter);
  if (!label_texts().front().isEmpty() && zoom >= kLabelZoom * Theme::instance().font_scale() && !lifted_)
    show_label(*painter, selected, widget != nullptr);
}

void WireItem::show_body(QPainter& painter, qreal zoom, bool cached) {
  const QRectF area = boundingRect();
  const bool small = area.width() * area.height() * zoom * zoom <= kPictured;
  if (!cached || pictures_ == nullptr || !flow_ || !small) return paint_body(painter, zoom);
  if (!pictures_->draw(painter, body_picture_, area, 0, [&](QPainter& p) { paint_body(p, zoom); }))
    paint_body(painter, zoom);
}

void WireItem::paint_body(QPainter& painter, qreal zoom) const {
  const Theme& theme = Theme::instance();
  const qreal width = pen_width();
  painter.setBrush(Qt::NoBrush);
  if (zoom >= kGapZoom) {
    painter.setPen(QPen(theme.colors().canvas, width + 2.5, Qt::SolidLine, Qt::FlatCap));
    painter.drawPath(path_);  // wires that cross stay apart
  }
  const QColor color = face_.faulty ? theme.colors().error : theme.kind_color(face_.kind);
  painter.setPen(
      QPen(color, width, face_.faulty ? Qt::DashLine : Qt::SolidLine, face_.faulty ? Qt::FlatCap : Qt::RoundCap));
  painter.drawPath(path_);
  if (flow_ && flow_->fill >= 0 && zoom >= kFlowZoom) paint_level(painter);
}

/// How full its queue is, in colour; the label says it in a word.
void WireItem::paint_level(QPainter& painter) const {
  const Theme::Colors& c = Theme::instance().colors();
  const QColor level = flow_->fill >= 80 ? c.blocked : flow_->fill <= 20 ? c.starved : c.busy;
  painter.setPen(QPen(level, pen_width() * 0.62, Qt::SolidLine, Qt::FlatCap));
  painter.drawPath(path_);
}

/// Places along the path at even distances, each with the stroke that a drop is there. Walked on the flattened path: to
/// ask the path itself for each of them takes milliseconds.
void WireItem::find_beads() const {
  qreal ahead = 0;  // to the next place
  for (const QPolygonF& line : path_.toSubpathPolygons())
    for (qsizetype i = 0; i + 1 < line.size(); ++i) {
      const QLineF leg(line[i], line[i + 1]);
      const qreal length = leg.length();
      if (length <= 0) continue;
      for (; ahead <= length; ahead += kBead)
        beads_.emplace_back(leg.pointAt(ahead / length), leg.pointAt((ahead + kDrop) / length));
      ahead -= length;
    }
}

/// Short strokes where drops are now. Their places along the path are looked up, not stroked with a dash pattern, which
/// would take several times as long.
void WireItem::paint_drops(QPainter& painter) const {
  if (beads_.empty()) find_beads();
  QPen pen(faded(Theme::instance().colors().canvas, 0.9), std::max<qreal>(1.4, pen_width() * 0.4));
  pen.setCapStyle(Qt::FlatCap);
  painter.setPen(pen);
  const auto first = static_cast<std::size_t>(phase_ / kBead) % kDropEvery;
  QList<QLineF> drops;
  for (std::size_t i = first; i < beads_.size(); i += kDropEvery) drops << beads_[i];
  painter.drawLines(drops);
}

/// What is written on it, the most telling first. While a run is on the level of its queue comes before its shape.
QStringList WireItem::label_texts() const {
  if (!flow_ || flow_->word.isEmpty()) return {face_.label, face_.short_label};
  const QString with = QStringLiteral("%1 · %2");
  if (face_.label.isEmpty()) return {flow_->word};
  return {with.arg(face_.label, flow_->word), with.arg(face_.short_label, flow_->word), flow_->word};
}

const WireItem::Label& WireItem::label() {
  if (label_ && label_placed_) return *label_;
  Label found = laid_out();
  label_placed_ = true;
  if (label_ && *label_ == found) return *label_;
  if (label_) update();  // it goes from where it stood
  label_picture_.stale = true;
  return label_.emplace(std::move(found));
}

QRectF WireItem::label_rect() {
  if (label_texts().front().isEmpty()) return {};
  const Label& shown = label();
  return shown.fits ? mapRectToScene(shown.rect) : QRectF();
}

WireItem::Label WireItem::laid_out() const {
  const QFontMetricsF metrics(scene_small_font());
  const qreal room = std::abs(to_.x() - from_.x()) - 2 * kUnit;
  Label label;
  for (const QString& text : label_texts()) {
    if (text.isEmpty()) continue;
    label.text = text;
    if (metrics.horizontalAdvance(text) + 2 * kUnit <= room) break;
  }
  const qreal width = metrics.horizontalAdvance(label.text);
  label.fits = width <= room + 1.5 * kUnit || std::abs(to_.y() - from_.y()) >= 2 * width;
  label.rect = QRectF(0, 0, width + 1.5 * kUnit, metrics.height() + 2);
  label.tight = label.rect.width() + 2 * kUnit > room;
  label.fits = place(label) && label.fits;
  return label;
}

bool WireItem::place(Label& label) const {
  constexpr std::array kPlaces = {0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78, 0.15, 0.85};
  const auto stand = [&](qreal part, bool above) {
    const QPointF centre = path_.pointAtPercent(part);
    label.rect.moveCenter(centre);
    // Beside the wire, which would be hidden else.
    if (label.tight && above) label.rect.moveBottom(centre.y() - 3);
    if (label.tight && !above) label.rect.moveTop(centre.y() + 3);
    // Its words: the ends of its frame may lie below a node.
    return !covered(label.rect.adjusted(0.75 * kUnit, 1, -0.75 * kUnit, -1));
  };
  for (const bool above : {true, false}) {
    if (!above && !label.tight) break;
    for (const qreal part : kPlaces)
      if (stand(part, above) && ((above && part == kPlaces.front()) || boundingRect().contains(label.rect)))
        return true;
  }
  (void)stand(kPlaces.front(), true);
  return false;
}

bool WireItem::covered(const QRectF& rect) const {
  if (scene() == nullptr) return false;
  const QRectF there = mapRectToScene(rect);
  const QList<QGraphicsItem*> near = scene()->items(there, Qt::IntersectsItemBoundingRect);
  return std::any_of(near.begin(), near.end(), [&](const QGraphicsItem* item) {
    if (const auto* wire = qgraphicsitem_cast<const WireItem*>(item))
      return wire != this && wire->placed_label().intersects(there);
    const auto* node = qgraphicsitem_cast<const NodeItem*>(item);
    return node != nullptr && node->mapRectToScene(node->body()).intersects(there);
  });
}

QRectF WireItem::placed_label() const {
  return label_placed_ && label_ && label_->fits ? mapRectToScene(label_->rect) : QRectF();
}

void WireItem::show_label(QPainter& painter, bool selected, bool cached) {
  const Label& label = this->label();
  if (!label.fits && !selected) return;
  if (!cached || pictures_ == nullptr) return paint_label(painter);
  pictures_->draw(painter, label_picture_, label.rect.adjusted(-1, -1, 1, 1), 0,
                  [this](QPainter& p) { paint_label(p); });
}

void WireItem::paint_label(QPainter& painter) const {
  const Theme::Colors& c = Theme::instance().colors();
  const QColor color = face_.faulty ? c.error : Theme::instance().kind_color(face_.kind);
  const qreal radius = label_->rect.height() / 2;
  painter.setPen(label_->tight ? QPen(Qt::NoPen) : QPen(faded(color, 0.8), 1));
  painter.setBrush(label_->tight ? faded(c.canvas, 0.8) : c.canvas);
  painter.drawRoundedRect(label_->rect, radius, radius);
  painter.setFont(scene_small_font());
  painter.setPen(c.text);
  painter.drawText(label_->rect, Qt::AlignCenter | Qt::TextDontClip, label_->text);
}

}  // namespace feedline::gui::inline canvas
