// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/node_item.h"

#include "gui/base/theme.h"
#include "gui/canvas/canvas_text.h"
#include "gui/canvas/paint_tools.h"
#include "gui/canvas/scene_fonts.h"
#include "gui/canvas/socket.h"
#include "gui/models/text.h"

#include <QCoreApplication>
#include <QFontMetricsF>

#include <algorithm>

namespace feedline::gui::inline canvas {
namespace {

constexpr qreal kNodeMargin = 2.5 * kUnit;  // room about the body for sockets, halo and the busiest mark
constexpr qreal kMinWidth = 20 * kUnit;
constexpr qreal kMaxWidth = 34 * kUnit;
constexpr qreal kBesideName = 5 * kUnit;  // margins and the badge at the header's end
constexpr qreal kSocketReach = 1.5 * kUnit;

constexpr std::size_t kSparks = 40;

}  // namespace

NodeItem::NodeItem(NodeFace face, PictureCache* pictures)
    : id_(face.id.toStdString()), face_(std::move(face)), pictures_(pictures) {
  setFlag(ItemIsSelectable);
  setAcceptHoverEvents(false);
  setZValue(1);
  lay_out();
}

void NodeItem::redraw() {
  picture_.stale = true;
  update();
}

void NodeItem::set_face(NodeFace face) {
  if (face == face_) return;
  prepareGeometryChange();
  id_ = face.id.toStdString();
  face_ = std::move(face);
  lay_out();
  redraw();
}

void NodeItem::set_live(std::optional<LiveState> live) {
  if (live == live_) return;
  const bool frame = live.has_value() != live_.has_value() || (live && live->bottleneck != live_->bottleneck);
  if (live.has_value() != live_.has_value()) prepareGeometryChange();
  live_ = std::move(live);
  if (frame) {
    lay_out();
    redraw();
  } else {
    picture_.stale |= picture_.zoom < kTitleZoom;  // from far away the bar is part of the picture
    update(body());
  }
}

void NodeItem::set_failure(const QString& message) {
  if (failure_ == message) return;
  failure_ = message;
  redraw();
}

void NodeItem::set_outdated(const QString& step) {
  if (outdated_ == step) return;
  outdated_ = step;
  redraw();
}

void NodeItem::set_pointed_out(bool on) {
  if (on == pointed_out_) return;
  pointed_out_ = on;
  redraw();
}

void NodeItem::set_moods(std::function<SocketMood(const PortId&)> moods) {
  moods_ = std::move(moods);
  redraw();
}

void NodeItem::restyle() {
  prepareGeometryChange();
  lay_out();
  redraw();
}

void NodeItem::lay_out() {
  const auto& [small, bold, half_small, half_bold] = scene_fonts();
  Layout l;
  l.port_row = std::max(small.height() + 0.75 * kUnit, 2.5 * kUnit);
  l.value_row = small.height() + 0.25 * kUnit;

  qreal width = std::max(half_bold.metrics().horizontalAdvance(face_.id), small.width(type_line())) + kBesideName;
  const std::size_t rows = std::max(face_.inputs.size(), face_.outputs.size());
  for (std::size_t i = 0; i < rows; ++i) {
    qreal names = 4 * kUnit;
    if (i < face_.inputs.size()) names += half_small.width(spaced(face_.inputs[i].name));
    if (i < face_.outputs.size()) names += half_small.width(spaced(face_.outputs[i].name));
    width = std::max(width, names);
  }
  for (const auto& [name, value] : face_.values) width = std::max(width, half_small.width(name + value) + 4.5 * kUnit);
  const QStringList costs = face_.cost.isEmpty() ? QStringList() : face_.cost.split(QLatin1Char('\n'));
  for (const QString& line : costs) width = std::max(width, small.width(line) + 3.5 * kUnit);
  l.width = std::ceil(std::clamp(width, kMinWidth, kMaxWidth) / kUnit) * kUnit;

  l.name = lines_of(face_.id, bold.metrics(), l.width - kBesideName);
  l.half_name = lines_of(face_.id, half_bold.metrics(), l.width - kBesideName);
  l.header = std::max(bold.height() * static_cast<qreal>(l.name.size()) + small.height() + 1.5 * kUnit,
                      half_bold.height() * static_cast<qreal>(l.half_name.size()) + kUnit);

  qreal y = l.header;
  l.ports_top = y + 0.5 * kUnit;
  y = l.ports_top + l.port_row * static_cast<qreal>(rows) + 0.5 * kUnit;
  l.values_top = y + (face_.values.empty() ? 0 : 0.5 * kUnit);
  y = l.values_top + l.value_row * static_cast<qreal>(face_.values.size()) + (face_.values.empty() ? 0 : kUnit);
  l.cost_top = y;
  if (!costs.isEmpty()) y += l.value_row * static_cast<qreal>(costs.size()) + 0.25 * kUnit;
  l.comment_top = y;
  if (!face_.comment.isEmpty()) y += l.value_row + 0.5 * kUnit;
  l.live_top = y;
  if (live_) y += 2 * small.height() + 2.5 * kUnit;
  l.height = std::ceil(y);
  layout_ = l;
}

QString NodeItem::type_line() const { return face_.known ? face_.title : words("%1 · unknown type").arg(face_.type); }

QPointF NodeItem::socket_centre(Side side, std::size_t row) const {
  return {side == Side::Input ? 0 : layout_.width,
          layout_.ports_top + layout_.port_row * (static_cast<qreal>(row) + 0.5)};
}

std::optional<QPointF> NodeItem::socket(Side side, const std::string& port) const {
  const auto& faces = side == Side::Input ? face_.inputs : face_.outputs;
  for (std::size_t i = 0; i < faces.size(); ++i)
    if (faces[i].name == port) return mapToScene(socket_centre(side, i));
  return std::nullopt;
}

std::vector<PortId> NodeItem::ports() const {
  std::vector<PortId> all;
  for (const PortFace& port : face_.inputs) all.push_back({{id_, port.name}, Side::Input});
  for (const PortFace& port : face_.outputs) all.push_back({{id_, port.name}, Side::Output});
  return all;
}

QRectF NodeItem::badge() const { return {layout_.width - 3.25 * kUnit, kUnit, 2.25 * kUnit, 2.25 * kUnit}; }

QRectF NodeItem::live_bar() const {
  const qreal line = QFontMetricsF(scene_small_font()).height();
  return {1.5 * kUnit, layout_.live_top + line + 0.5 * kUnit, layout_.width - 3 * kUnit, 0.75 * kUnit};
}

QRectF NodeItem::live_area() const {
  if (!live_) return {};
  return mapRectToScene(QRectF(0, layout_.live_top, layout_.width, layout_.height - layout_.live_top));
}

void NodeItem::add_spark(double per_second) {
  if (sparks_.size() >= kSparks) sparks_.erase(sparks_.begin());
  sparks_.push_back(per_second);
}

QString NodeItem::tip_at(QPointF scene_pos) const {
  const QPointF pos = mapFromScene(scene_pos);
  for (const Side side : {Side::Input, Side::Output}) {
    const auto& faces = side == Side::Input ? face_.inputs : face_.outputs;
    for (std::size_t i = 0; i < faces.size(); ++i) {
      const QPointF centre = socket_centre(side, i);
      const qreal name_width = QFontMetricsF(scene_small_font()).horizontalAdvance(spaced(faces[i].name));
      QRectF row(centre.x() - kSocketReach, centre.y() - layout_.port_row / 2, 3 * kUnit + name_width,
                 layout_.port_row);
      if (side == Side::Output) row.moveRight(centre.x() + kSocketReach);
      if (row.contains(pos)) return faces[i].tip;
    }
  }
  if (live_ && live_->measured && pos.y() >= layout_.live_top)
    return words("Click for the distribution of its time per record");
  if (!failure_.isEmpty() && badge().adjusted(-4, -4, 4, 4).contains(pos)) return failure_;
  if (!face_.problem.isEmpty() && badge().adjusted(-4, -4, 4, 4).contains(pos)) return face_.problem;
  QString tip = QStringLiteral("<b>%1</b> · %2<br>%3")
                    .arg(face_.id.toHtmlEscaped(), face_.title.toHtmlEscaped(), face_.summary.toHtmlEscaped());
  if (!face_.comment.isEmpty()) tip += QStringLiteral("<br><i>%1</i>").arg(face_.comment.toHtmlEscaped());
  if (!face_.origin.isEmpty()) tip += QStringLiteral("<br>%1").arg(face_.origin.toHtmlEscaped());
  if (!outdated_.isEmpty())
    tip +=
        QStringLiteral("<br>%1").arg(words("Its file has changed: “Update from file” in its menu takes that in (%1).")
                                         .arg(outdated_)
                                         .toHtmlEscaped());
  if (!face_.cost_tip.isEmpty())
    tip +=
        QStringLiteral("<br>%1").arg(face_.cost_tip.toHtmlEscaped().replace(QLatin1Char('\n'), QLatin1String("<br>")));
  if (face_.frozen == Frozen::Wholly)
    tip += QStringLiteral("<br>%1").arg(words("Frozen: its weights stay as they are, and it needs no gradients."));
  if (face_.frozen == Frozen::Partly)
    tip += QStringLiteral("<br>%1").arg(words("Partly frozen: some of its weights stay as they are."));
  if (face_.first_stage > 0)
    tip += QStringLiteral("<br>%1").arg(
        words("Part of stage %1 of the network, which the trainer's stages cut.").arg(face_.first_stage));
  return QStringLiteral("<qt>%1</qt>").arg(tip);
}

QRectF NodeItem::boundingRect() const { return body().adjusted(-kNodeMargin, -kNodeMargin, kNodeMargin, kNodeMargin); }

QPainterPath NodeItem::shape() const {
  QPainterPath path;
  path.addRoundedRect(body(), kUnit, kUnit);
  return path;
}

}  // namespace feedline::gui::inline canvas
