// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/frame_item.h"

#include "gui/base/theme.h"
#include "gui/canvas/canvas_text.h"
#include "gui/canvas/edited_text.h"
#include "gui/canvas/paint_tools.h"
#include "gui/models/text.h"

#include <QFontMetricsF>
#include <QKeyEvent>
#include <QPainter>
#include <QStyleOptionGraphicsItem>

#include <algorithm>

namespace feedline::gui::inline canvas {
namespace {

constexpr qreal kFrameCorner = 2 * kUnit;
/// Height on the screen, in pixels, of a title seen from afar.
constexpr qreal kFarTitle = 11;

}  // namespace

/// One line.
class FrameTitle : public EditedText {
 public:
  using EditedText::EditedText;

 protected:
  [[nodiscard]] QString told_as(const QString& typed) const override { return typed.simplified(); }
  [[nodiscard]] bool ends(const QKeyEvent& event) const override {
    return event.key() == Qt::Key_Return || event.key() == Qt::Key_Enter;
  }
};

FrameItem::FrameItem(Frame frame, std::function<void(const std::string&, const QString&)> on_title,
                     PictureCache* pictures)
    : frame_(std::move(frame)),
      on_title_(std::move(on_title)),
      title_(new FrameTitle(
          this, [this](const QString& text) { on_title_(frame_.id, text); }, pictures)) {
  setFlag(ItemIsSelectable);
  setZValue(-2);
  title_->setPos(0.5 * kUnit, 0.25 * kUnit);
  restyle();
  title_->show_text(to_qstring(frame_.title));
  setPos(frame_.position.x, frame_.position.y);
}

void FrameItem::set_frame(Frame frame) {
  if (frame == frame_) return;
  prepareGeometryChange();
  frame_ = std::move(frame);
  title_->show_text(to_qstring(frame_.title));
  setPos(frame_.position.x, frame_.position.y);
  update();
}

void FrameItem::start_editing() { title_->edit(); }

bool FrameItem::editing() const { return title_->editing(); }

bool FrameItem::on_corner(QPointF scene_pos) const {
  return QRectF(frame_.width - kFrameCorner, frame_.height - kFrameCorner, kFrameCorner, kFrameCorner)
      .contains(mapFromScene(scene_pos));
}

void FrameItem::restyle() {
  title_->set_look(scene_bold_font(), Theme::instance().colors().text);
  prepareGeometryChange();
  update();
}

QColor FrameItem::color_of(const std::string& name) {
  const bool dark = Theme::instance().dark();
  if (name == "blue") return dark ? "#5b8fe8" : "#2f6fd0";
  if (name == "teal") return dark ? "#3fb8ad" : "#0b8a80";
  if (name == "green") return dark ? "#5fb760" : "#3c8f3d";
  if (name == "yellow") return dark ? "#d9b53c" : "#b8920b";
  if (name == "orange") return dark ? "#e0934a" : "#c46a12";
  if (name == "red") return dark ? "#e07070" : "#c23f3f";
  if (name == "purple") return dark ? "#a98bea" : "#7450c4";
  return Theme::instance().colors().muted;
}

qreal FrameItem::header() const { return QFontMetricsF(scene_bold_font()).height() + kUnit; }

QRectF FrameItem::boundingRect() const { return area().adjusted(-3, -3, 3, 3); }

QPainterPath FrameItem::shape() const {
  QPainterPath path;
  path.setFillRule(Qt::WindingFill);
  path.addRect(QRectF(0, 0, frame_.width, header()));
  path.addRect(QRectF(frame_.width - kFrameCorner, frame_.height - kFrameCorner, kFrameCorner, kFrameCorner));
  return path;
}

void FrameItem::paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget*) {
  const Theme::Colors& c = Theme::instance().colors();
  const QColor color = color_of(frame_.color);
  const bool selected = option->state.testFlag(QStyle::State_Selected);
  painter->setRenderHint(QPainter::Antialiasing);
  const QRectF sheet = area().adjusted(0.5, 0.5, -0.5, -0.5);
  painter->setPen(Qt::NoPen);
  painter->setBrush(mixed(c.canvas, color, 0.10));
  painter->drawRoundedRect(sheet, kUnit, kUnit);
  QPainterPath outline;
  outline.addRoundedRect(sheet, kUnit, kUnit);
  painter->save();
  painter->setClipPath(outline, Qt::IntersectClip);
  painter->fillRect(QRectF(0, 0, frame_.width, header()), mixed(c.canvas, color, 0.30));
  painter->restore();
  painter->setPen(selected || title_->editing() ? QPen(c.accent, 2.4) : QPen(mixed(c.canvas, color, 0.55), 1.2));
  painter->setBrush(Qt::NoBrush);
  painter->drawRoundedRect(sheet, kUnit, kUnit);

  const qreal zoom = QStyleOptionGraphicsItem::levelOfDetailFromTransform(painter->worldTransform());
  if (zoom < text_zoom() && zoom >= kTitleZoom) {  // else the title item writes it
    painter->setFont(screen_font(kFarTitle, zoom, true));
    painter->setPen(c.text);
    const QFontMetricsF metrics(painter->font());
    painter->drawText(QRectF(kUnit, 0.25 * kUnit, frame_.width - 2 * kUnit, metrics.height()), Qt::AlignLeft,
                      metrics.elidedText(to_qstring(frame_.title), Qt::ElideRight, frame_.width - 2 * kUnit));
  }
  painter->setPen(QPen(mixed(c.canvas, color, 0.8), 1));
  for (const qreal reach : {0.5 * kUnit, kUnit})
    painter->drawLine(sheet.bottomRight() - QPointF(reach + 3, 3), sheet.bottomRight() - QPointF(3, reach + 3));
}

}  // namespace feedline::gui::inline canvas
