// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <QGraphicsItem>

#include <functional>

namespace feedline::gui::inline canvas {

class FrameTitle;
class PictureCache;

/// A titled area behind the nodes. Its header takes hold of it, its corner sizes it; elsewhere the mouse goes through
/// to the canvas, so that a box can be drawn round the nodes in it.
class FrameItem : public QGraphicsItem {
 public:
  enum { Type = UserType + 4 };
  /// `on_title(id, text)` is called with every change of the title by typing.
  FrameItem(Frame frame, std::function<void(const std::string&, const QString&)> on_title,
            PictureCache* pictures = nullptr);

  [[nodiscard]] const std::string& id() const { return frame_.id; }
  [[nodiscard]] const Frame& frame() const { return frame_; }
  void set_frame(Frame frame);
  void start_editing();
  [[nodiscard]] bool editing() const;
  /// Is this scene position on the corner that sizes the frame?
  [[nodiscard]] bool on_corner(QPointF scene_pos) const;
  void restyle();
  /// The colour that this theme gives the frame.
  [[nodiscard]] static QColor color_of(const std::string& name);

  [[nodiscard]] int type() const override { return Type; }
  [[nodiscard]] QRectF boundingRect() const override;
  [[nodiscard]] QPainterPath shape() const override;
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 private:
  [[nodiscard]] QRectF area() const { return {0, 0, frame_.width, frame_.height}; }
  [[nodiscard]] qreal header() const;

  Frame frame_;
  std::function<void(const std::string&, const QString&)> on_title_;
  FrameTitle* title_;
};

}  // namespace feedline::gui::inline canvas
