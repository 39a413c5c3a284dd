// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/theme.h"
#include "gui/canvas/canvas_text.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/paint_tools.h"
#include "gui/canvas/socket.h"
#include "gui/models/text.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QStyleOptionGraphicsItem>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace feedline::gui::inline canvas {
namespace {

constexpr qreal kNodeRadius = kUnit;
constexpr qreal kSocketRadius = 0.7 * kUnit;
/// Heights on the screen, in pixels, of what is written from afar.
constexpr qreal kFarName = 10.5;
constexpr qreal kFarType = 8.5;
constexpr qreal kFarPill = 7.5;
/// And the most in the scene: a pill lies on the border, and half of it has room there.
constexpr int kMostPill = 28;
/// A name that is a little too long is drawn narrower, down to this: a last letter on a line of its own reads badly.
constexpr qreal kFarNarrowest = 0.8;
/// And the most in the scene: with it the usual names fit into the narrowest node.
constexpr qreal kFarNameInScene = 3 * kUnit;

/// Of a stage of the network, from 1: neighbours differ, whatever the theme.
QColor node_stage_color(int stage) {
  const Theme::Colors& c = Theme::instance().colors();
  const std::array<QColor, 4> all = {c.train, c.validation, c.good, c.accent};
  return all[static_cast<std::size_t>(stage - 1) % all.size()];
}

/// Of the pills at the lower edge.
QFont node_pill_font(qreal zoom) {
  if (zoom >= half_zoom()) return scene_small_font();
  QFont font = screen_font(kFarPill, zoom, false);
  font.setPixelSize(std::min(font.pixelSize(), kMostPill));
  return font;
}

/// The most pixels of a letter at this zoom.
qreal far_most(qreal zoom) { return kFarNameInScene * zoom / Theme::instance().font_scale(); }

}  // namespace

void NodeItem::paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) {
  const qreal zoom = QStyleOptionGraphicsItem::levelOfDetailFromTransform(painter->worldTransform());
  const bool selected = option->state.testFlag(QStyle::State_Selected);
  painter->setRenderHint(QPainter::Antialiasing);
  if (pictures_ == nullptr || widget == nullptr)  // in a report, the drawing itself
    return paint_all(*painter, selected, zoom, true);
  // Numbers change many times a second: where they can be read they are no part of the picture.
  const bool live_apart = live_ && zoom >= kTitleZoom;
  const bool drawn = pictures_->draw(*painter, picture_, boundingRect(), selected ? 1 : 0,
                                     [&](QPainter& p) { paint_all(p, selected, zoom, !live_apart); });
  if (!drawn) paint_plain(*painter, selected);
  if (live_apart) paint_live(*painter, zoom);
}

void NodeItem::paint_all(QPainter& painter, bool selected, qreal zoom, bool with_live) const {
  const bool with_text = zoom >= text_zoom();
  if (face_.subgraph) paint_sheets(painter, selected);
  paint_frame(painter, selected);
  QFont ports = scene_small_font();
  if (with_text) {
    paint_header(painter);
    paint_values(painter);
  } else if (zoom >= half_zoom()) {
    paint_half_header(painter);
    paint_half_value(painter);
    ports = half_small_font();
  } else if (zoom >= kTitleZoom) {
    paint_from_afar(painter, zoom);
  }
  if (live_ && with_live) paint_live(painter, zoom);
  paint_ports(painter, zoom >= half_zoom() ? &ports : nullptr);
  paint_marks(painter, zoom);
  paint_badge(painter);
}

void NodeItem::paint_plain(QPainter& painter, bool selected) const {
  painter.fillRect(body(), Theme::instance().colors().node);
  painter.fillRect(QRectF(0, 0, layout_.width, layout_.header), header_color());
  if (!selected) return;
  painter.setPen(QPen(Theme::instance().colors().accent, 2.4));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(body());
}

QColor NodeItem::category_color() const {
  return face_.known ? Theme::instance().category_color(face_.category) : Theme::instance().colors().error;
}

QColor NodeItem::header_color() const {
  return mixed(Theme::instance().colors().node, category_color(), Theme::instance().dark() ? 0.30 : 0.17);
}

/// A sub-graph looks like a stack of sheets.
void NodeItem::paint_sheets(QPainter& painter, bool selected) const {
  const Theme::Colors& c = Theme::instance().colors();
  painter.setBrush(c.node);
  painter.setPen(QPen(selected ? c.accent : c.node_border, 1));
  for (const qreal step : {8.0, 4.0}) {
    QPainterPath sheet;
    sheet.addRoundedRect(body().translated(step, -step), kNodeRadius, kNodeRadius);
    QPainterPath top;
    top.addRoundedRect(body(), kNodeRadius, kNodeRadius);
    painter.drawPath(sheet.subtracted(top));
  }
}

/// Muted: veiled, with a line from the first input to the first output and the word. At the lower edge, side by side:
/// the number of its stage in its colour, a snowflake where it is frozen, a newer version of its file, how often it
/// repeats.
void NodeItem::paint_marks(QPainter& painter, qreal zoom) const {
  const Theme::Colors& c = Theme::instance().colors();
  if (face_.muted) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(faded(c.canvas, 0.55));
    painter.drawRoundedRect(body(), kNodeRadius, kNodeRadius);
    painter.setBrush(QBrush(faded(c.muted, 0.45), Qt::BDiagPattern));
    painter.drawRoundedRect(body(), kNodeRadius, kNodeRadius);
    if (!face_.inputs.empty() && !face_.outputs.empty()) {
      painter.setPen(QPen(c.text, 2, Qt::DashLine));
      painter.drawLine(socket_centre(Side::Input, 0) + QPointF(kUnit, 0),
                       socket_centre(Side::Output, 0) - QPointF(kUnit, 0));
    }
    if (zoom >= kTitleZoom) paint_pill(painter, {layout_.width / 2, 0}, words("muted"), c.muted);
  }
  if (zoom < kTitleZoom) return;
  std::vector<Pill> pills;
  const QColor own = Theme::instance().category_color(face_.category);
  if (face_.first_stage > 0)
    pills.push_back({face_.first_stage == face_.last_stage
                         ? words("stage %1").arg(face_.first_stage)
                         : words("stages %1 to %2").arg(face_.first_stage).arg(face_.last_stage),
                     node_stage_color(face_.first_stage)});
  if (face_.frozen != Frozen::Nothing)
    pills.push_back({QString(QChar(0x2744)) + QChar(0x2009) +
                         (face_.frozen == Frozen::Wholly ? words("frozen") : words("partly frozen")),
                     own});
  if (!outdated_.isEmpty()) pills.push_back({outdated_, c.warning});  // its file has something newer
  if (face_.subgraph && face_.repeat > 1) pills.push_back({QStringLiteral("× %1").arg(face_.repeat), own});
  // A little below the edge, off the last line of values.
  paint_pills(painter, {layout_.width / 2, layout_.height + kUnit / 2}, layout_.width + 3 * kUnit, pills,
              node_pill_font(zoom));
}

void NodeItem::paint_frame(QPainter& painter, bool selected) const {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  painter.setPen(Qt::NoPen);
  if (selected) {
    painter.setBrush(faded(c.accent, 0.28));
    painter.drawRoundedRect(body().adjusted(-5, -5, 5, 5), kNodeRadius + 5, kNodeRadius + 5);
  } else {
    painter.setBrush(faded(Qt::black, theme.dark() ? 0.35 : 0.07));
    painter.drawRoundedRect(body().adjusted(-1, 1, 1, 3), kNodeRadius + 1, kNodeRadius + 1);
  }
  painter.setBrush(c.node);
  painter.drawRoundedRect(body(), kNodeRadius, kNodeRadius);

  QPainterPath header(QPointF(0, layout_.header));  // round above, square below
  header.arcTo(0, 0, 2 * kNodeRadius, 2 * kNodeRadius, 180, -90);
  header.arcTo(layout_.width - 2 * kNodeRadius, 0, 2 * kNodeRadius, 2 * kNodeRadius, 90, -90);
  header.lineTo(layout_.width, layout_.header);
  header.closeSubpath();
  painter.setBrush(header_color());
  painter.drawPath(header);
  if (!face_.known) {
    painter.setBrush(QBrush(faded(c.error, 0.35), Qt::BDiagPattern));
    painter.drawPath(header);
  }
  QPainterPath stripe;
  stripe.addRoundedRect(QRectF(0, 0, layout_.width, 2 * kNodeRadius), kNodeRadius, kNodeRadius);
  painter.save();
  painter.setClipRect(QRectF(-1, -1, layout_.width + 2, 4.5), Qt::IntersectClip);
  painter.setBrush(category_color());
  painter.drawPath(stripe);
  painter.restore();

  QPen border(c.node_border, 1);
  if (!failure_.isEmpty() || (face_.problem_is_error && !face_.problem.isEmpty())) border = QPen(c.error, 1.6);
  if (live_ && live_->bottleneck) border = QPen(c.blocked, 3);
  if (selected) border = QPen(c.accent, 2.4);
  if (pointed_out_) border = QPen(c.accent, 5);
  if (!face_.known) border.setStyle(Qt::DashLine);
  painter.setPen(border);
  painter.setBrush(Qt::NoBrush);
  painter.drawRoundedRect(body(), kNodeRadius, kNodeRadius);
}

void NodeItem::paint_header(QPainter& painter) const {
  const Theme& theme = Theme::instance();
  const QPointF at(1.5 * kUnit, 0.75 * kUnit);
  painter.setFont(scene_bold_font());
  painter.setPen(theme.colors().text);
  draw_lines(painter, at, layout_.name);
  const qreal name = QFontMetricsF(painter.font()).height() * static_cast<qreal>(layout_.name.size());
  painter.setFont(scene_small_font());
  painter.setPen(mixed(theme.colors().muted, theme.colors().text, 0.35));
  const qreal end = badge().left() - 0.25 * kUnit;
  const QRectF below(at.x(), at.y() + name, end - at.x(), QFontMetricsF(painter.font()).height());
  draw_elided(painter, below, Qt::AlignVCenter | Qt::AlignLeft, type_line(), Qt::ElideRight);
}

/// The name in the middle of the header, for half size.
void NodeItem::paint_half_header(QPainter& painter) const {
  painter.setFont(half_bold_font());
  painter.setPen(Theme::instance().colors().text);
  const qreal height = QFontMetricsF(painter.font()).height() * static_cast<qreal>(layout_.half_name.size());
  draw_lines(painter, {1.5 * kUnit, (layout_.header - height) / 2 + 1}, layout_.half_name);
}

QRectF NodeItem::far_room() const { return body().adjusted(kUnit, 0.75 * kUnit, -kUnit, -0.25 * kUnit); }

/// All names have one size at one zoom.
NodeItem::Far NodeItem::from_afar(qreal zoom) const {
  Far far{.font = screen_font(std::min(kFarName, far_most(zoom)), zoom, true)};
  const QFontMetricsF metrics(far.font);
  const QRectF room = far_room();
  const qreal wanted = 0.99 * room.width() / std::max(widest_part(face_.id, metrics), 1.0);
  if (wanted < 1 && wanted >= kFarNarrowest) far.narrow = wanted;
  far.name = lines_of(face_.id, metrics, room.width() / far.narrow);
  far.bottom = room.top() + metrics.height() * static_cast<qreal>(far.name.size());
  if (!live_) return far;
  const qreal line = QFontMetricsF(screen_font(kFarRate, zoom, false)).height();
  if (live_bar().top() - far.bottom >= line) far.rate = {room.left(), live_bar().top() - line, room.width(), line};
  return far;
}

/// The name, in letters that can be read on the screen, and the type where it has room in whole words.
void NodeItem::paint_from_afar(QPainter& painter, qreal zoom) const {
  const Theme::Colors& c = Theme::instance().colors();
  const Far far = from_afar(zoom);
  const QRectF room = far_room();
  painter.setFont(far.font);
  painter.setPen(c.text);
  painter.save();
  painter.translate(room.topLeft());
  painter.scale(far.narrow, 1);
  draw_lines(painter, {}, far.name);
  painter.restore();
  if (face_.title.compare(face_.id, Qt::CaseInsensitive) == 0) return;
  painter.setFont(screen_font(std::min(kFarType, far_most(zoom)), zoom, false));
  const QFontMetricsF small(painter.font());
  for (const QString& word : face_.title.split(QLatin1Char(' ')))
    if (small.horizontalAdvance(word) > room.width()) return;
  const QStringList type = lines_of(face_.title, small, room.width());
  qreal bottom = !live_ ? room.bottom() : far.rate.isEmpty() ? live_bar().top() : far.rate.top();
  const bool pills = face_.first_stage > 0 || face_.frozen != Frozen::Nothing || !outdated_.isEmpty() ||
                     (face_.subgraph && face_.repeat > 1);
  if (pills)  // the type gives way to what says more
    bottom = std::min(bottom, layout_.height + kUnit / 2 - QFontMetricsF(node_pill_font(zoom)).height() / 2 - 1);
  if (far.bottom + small.height() * static_cast<qreal>(type.size()) > bottom) return;
  painter.setPen(mixed(c.muted, c.text, 0.35));
  draw_lines(painter, {room.left(), far.bottom}, type);
}

void NodeItem::paint_ports(QPainter& painter, const QFont* font) const {
  const Theme& theme = Theme::instance();
  if (font != nullptr) painter.setFont(*font);
  const auto draw = [&](const PortFace& port, Side side, std::size_t row) {
    const SocketMood mood = moods_ ? moods_({{id_, port.name}, side}) : SocketMood::Neutral;
    const QPointF centre = socket_centre(side, row);
    painter.setOpacity(mood == SocketMood::Refuses ? 0.25 : 1);
    paint_socket(painter, centre, port.kind, kSocketRadius,
                 {.connected = port.connected,
                  .required = port.required,
                  .highlighted = mood == SocketMood::Fits,
                  .background = theme.colors().node});
    if (font != nullptr) {
      const QRectF rect(1.5 * kUnit, centre.y() - layout_.port_row / 2, layout_.width - 3 * kUnit, layout_.port_row);
      painter.setPen(port.known ? theme.colors().text : theme.colors().error);
      painter.drawText(rect, Qt::AlignVCenter | (side == Side::Input ? Qt::AlignLeft : Qt::AlignRight),
                       spaced(port.name));
    }
    painter.setOpacity(1);
  };
  for (std::size_t i = 0; i < face_.inputs.size(); ++i) draw(face_.inputs[i], Side::Input, i);
  for (std::size_t i = 0; i < face_.outputs.size(); ++i) draw(face_.outputs[i], Side::Output, i);
}

/// A parameter's name and value.
void NodeItem::paint_value(QPainter& painter, const std::pair<QString, QString>& value, const QRectF& rect) const {
  const Theme::Colors& c = Theme::instance().colors();
  const qreal name_width = QFontMetricsF(painter.font()).horizontalAdvance(value.first) + kUnit;
  painter.setPen(c.muted);
  painter.drawText(rect, Qt::AlignVCenter | Qt::AlignLeft, value.first);
  painter.setPen(c.text);
  draw_elided(painter, rect.adjusted(name_width, 0, 0, 0), Qt::AlignVCenter | Qt::AlignRight, value.second,
              Qt::ElideMiddle);
}

/// The first parameter, for half size.
void NodeItem::paint_half_value(QPainter& painter) const {
  if (face_.values.empty()) return;
  painter.setFont(half_small_font());
  const qreal room = layout_.cost_top - layout_.values_top - 0.5 * kUnit;
  const qreal height = QFontMetricsF(painter.font()).height();
  paint_value(
      painter, face_.values.front(),
      {1.5 * kUnit, layout_.values_top + std::min(0.0, (room - height) / 2), layout_.width - 3 * kUnit, height});
}

void NodeItem::paint_values(QPainter& painter) const {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  const qreal inner = layout_.width - 3 * kUnit;
  painter.setFont(scene_small_font());
  if (!face_.values.empty()) {
    painter.setPen(QPen(mixed(c.node, c.node_border, 0.55), 1));
    painter.drawLine(QPointF(1.5 * kUnit, layout_.values_top - 0.5 * kUnit),
                     QPointF(layout_.width - 1.5 * kUnit, layout_.values_top - 0.5 * kUnit));
  }
  qreal y = layout_.values_top;
  for (const auto& value : face_.values) {
    paint_value(painter, value, {1.5 * kUnit, y, inner, layout_.value_row});
    y += layout_.value_row;
  }
  if (!face_.cost.isEmpty()) {
    painter.setPen(c.muted);
    QRectF row(1.5 * kUnit, layout_.cost_top, inner, layout_.value_row);
    for (const QString& line : face_.cost.split(QLatin1Char('\n'))) {
      draw_elided(painter, row, Qt::AlignVCenter | Qt::AlignLeft, line, Qt::ElideRight);
      row.translate(0, layout_.value_row);
    }
  }
  if (face_.comment.isEmpty()) return;
  QFont italic = scene_small_font();
  italic.setItalic(true);
  painter.setFont(italic);
  painter.setPen(c.muted);
  QString first_line = face_.comment;
  first_line.truncate(first_line.indexOf(QLatin1Char('\n')) < 0 ? first_line.size()
                                                                : first_line.indexOf(QLatin1Char('\n')));
  draw_elided(painter, QRectF(1.5 * kUnit, layout_.comment_top, inner, layout_.value_row),
              Qt::AlignVCenter | Qt::AlignLeft, first_line, Qt::ElideRight);
}

void NodeItem::paint_badge(QPainter& painter) const {
  const bool error = !failure_.isEmpty() || face_.problem_is_error;
  if (failure_.isEmpty() && face_.problem.isEmpty()) return;
  const Theme& theme = Theme::instance();
  const QColor color = error ? theme.colors().error : theme.colors().warning;
  QRectF rect = badge();
  // From afar names take all of the width: it hangs on the corner then.
  if (QStyleOptionGraphicsItem::levelOfDetailFromTransform(painter.worldTransform()) < half_zoom())
    rect.moveCenter(body().topRight() + QPointF(0.25 * kUnit, -0.25 * kUnit));
  QPainterPath shape;
  if (error) {
    shape.addEllipse(rect);
  } else {
    shape.addPolygon(QPolygonF({{rect.center().x(), rect.top() - 1}, rect.bottomRight(), rect.bottomLeft()}));
    shape.closeSubpath();
  }
  painter.setPen(QPen(theme.colors().node, 1.5));
  painter.setBrush(color);
  painter.drawPath(shape);
  painter.setFont(scene_bold_font());
  painter.setPen(theme.dark() ? QColor(Qt::black) : QColor(Qt::white));
  painter.drawText(rect.adjusted(0, error ? 0 : 3, 0, 0), Qt::AlignCenter, QStringLiteral("!"));
  if (failure_.isEmpty()) return;
  painter.setPen(QPen(color, 2.4));
  painter.setBrush(Qt::NoBrush);
  painter.drawRoundedRect(body().adjusted(1, 1, -1, -1), kUnit, kUnit);
  paint_pill(painter, {layout_.width / 2, 0}, words("failed"), color);
}

}  // namespace feedline::gui::inline canvas
