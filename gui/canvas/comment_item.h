// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "gui/canvas/picture_cache.h"

#include <QGraphicsItem>

#include <functional>

namespace feedline::gui::inline canvas {

class EditedText;

/// A note on the canvas: a sheet with text that is edited in place and a corner to size it. Its text is never cut.
class CommentItem : public QGraphicsItem {
 public:
  enum { Type = UserType + 3 };
  /// `on_text(id, text)` is called with every change of the words by typing.
  CommentItem(Comment comment, std::function<void(const std::string&, const QString&)> on_text,
              PictureCache* pictures = nullptr);

  [[nodiscard]] const std::string& id() const { return comment_.id; }
  [[nodiscard]] const Comment& comment() const { return comment_; }
  void set_comment(Comment comment);
  void start_editing();
  [[nodiscard]] bool editing() const;
  /// Is this scene position on the corner that sizes the note?
  [[nodiscard]] bool on_corner(QPointF scene_pos) const;
  void restyle();

  [[nodiscard]] int type() const override { return Type; }
  [[nodiscard]] QRectF boundingRect() const override;
  [[nodiscard]] QPainterPath shape() const override;
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 private:
  void grow_to(qreal text_height);
  /// As large as the user made it, or as high as its text needs.
  [[nodiscard]] QRectF sheet() const;
  void paint_sheet(QPainter& painter, bool marked, qreal zoom) const;

  Comment comment_;
  std::function<void(const std::string&, const QString&)> on_text_;
  EditedText* text_;
  qreal text_height_ = 0;
  PictureCache* pictures_;
  CachedPicture picture_{};
};

}  // namespace feedline::gui::inline canvas
