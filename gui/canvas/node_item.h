// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/live_state.h"
#include "gui/canvas/node_face.h"
#include "gui/canvas/picture_cache.h"
#include "gui/canvas/port_id.h"

#include <QGraphicsItem>

#include <functional>
#include <optional>
#include <vector>

namespace feedline::gui::inline canvas {

/// How a socket answers a wire that is being dragged.
enum class SocketMood { Neutral, Fits, Refuses };

/// A node on the canvas: header, sockets, the parameters that were set, a badge for problems, live numbers. It shows a
/// face and knows nothing of the document.
class NodeItem : public QGraphicsItem {
 public:
  enum { Type = UserType + 1 };
  /// Without a cache it is drawn anew each time.
  explicit NodeItem(NodeFace face, PictureCache* pictures = nullptr);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const NodeFace& face() const { return face_; }
  [[nodiscard]] const std::optional<LiveState>& live() const { return live_; }
  [[nodiscard]] const QString& failure() const { return failure_; }
  void set_face(NodeFace face);
  void set_live(std::optional<LiveState> live);
  /// The next point of its sparkline; the oldest goes.
  void add_spark(double per_second);
  void clear_sparks() { sparks_.clear(); }
  /// The part that shows live numbers, in scene coordinates; null without them.
  [[nodiscard]] QRectF live_area() const;
  /// A run broke here; an empty text takes the mark away.
  void set_failure(const QString& message);
  /// It is a copy of what its file held: "version 3 → 4" of what the file holds now; empty: there is nothing newer.
  void set_outdated(const QString& step);
  [[nodiscard]] const QString& outdated() const { return outdated_; }
  /// A frame about it, for as long as somebody speaks of it.
  void set_pointed_out(bool on);
  [[nodiscard]] bool pointed_out() const { return pointed_out_; }
  /// While a wire is dragged: how each socket answers. Empty function: no wire.
  void set_moods(std::function<SocketMood(const PortId&)> moods);
  /// Fonts or colours changed.
  void restyle();

  /// Centre of a socket in scene coordinates; none if there is no such port.
  [[nodiscard]] std::optional<QPointF> socket(const PortId& port) const { return socket(port.side, port.ref.port); }
  [[nodiscard]] std::optional<QPointF> socket(Side side, const std::string& port) const;
  [[nodiscard]] std::vector<PortId> ports() const;
  /// What to say at this place (scene coordinates): a port, the badge, or the node.
  [[nodiscard]] QString tip_at(QPointF scene_pos) const;
  /// The body without sockets, in item coordinates.
  [[nodiscard]] QRectF body() const { return {0, 0, layout_.width, layout_.height}; }

  /// Where a problem is marked down to half size, in item coordinates. Nothing else stands there.
  [[nodiscard]] QRectF badge() const;

  [[nodiscard]] int type() const override { return Type; }
  [[nodiscard]] QRectF boundingRect() const override;
  [[nodiscard]] QPainterPath shape() const override;
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 private:
  struct Layout {
    qreal width = 0, height = 0;
    qreal header = 0;         ///< height of name and type
    QStringList name{};       ///< its lines
    QStringList half_name{};  ///< and those in the letters of half size
    qreal port_row = 0;
    qreal ports_top = 0;
    qreal value_row = 0;
    qreal values_top = 0;
    qreal cost_top = 0;
    qreal comment_top = 0;
    qreal live_top = 0;
  };
  void lay_out();
  void redraw();  ///< what it shows has changed
  /// What stands below the name.
  [[nodiscard]] QString type_line() const;
  [[nodiscard]] QPointF socket_centre(Side side, std::size_t row) const;
  /// The bar of busy, starved and blocked time.
  [[nodiscard]] QRectF live_bar() const;

  // node_paint.cpp, node_paint_live.cpp
  /// Everything, or everything but the live numbers.
  void paint_all(QPainter& painter, bool selected, qreal zoom, bool with_live) const;
  /// Its body, until there is time for more.
  void paint_plain(QPainter& painter, bool selected) const;
  [[nodiscard]] QColor category_color() const;
  [[nodiscard]] QColor header_color() const;
  void paint_frame(QPainter& painter, bool selected) const;
  void paint_header(QPainter& painter) const;
  void paint_half_header(QPainter& painter) const;
  void paint_from_afar(QPainter& painter, qreal zoom) const;
  /// Names of ports in this font; none where it is null.
  void paint_ports(QPainter& painter, const QFont* font) const;
  void paint_value(QPainter& painter, const std::pair<QString, QString>& value, const QRectF& rect) const;
  void paint_values(QPainter& painter) const;
  void paint_half_value(QPainter& painter) const;
  void paint_sheets(QPainter& painter, bool selected) const;
  void paint_marks(QPainter& painter, qreal zoom) const;
  void paint_live(QPainter& painter, qreal zoom) const;
  void paint_numbers(QPainter& painter) const;
  void paint_half_rate(QPainter& painter) const;
  void paint_bar(QPainter& painter) const;
  /// What is written from afar: the lines of the name, and where the rate stands.
  struct Far {
    QFont font{};
    QStringList name{};
    qreal narrow = 1;  ///< how wide the name's letters are drawn
    qreal bottom = 0;  ///< of the name
    QRectF rate{};     ///< empty where it has no room
  };
  [[nodiscard]] QRectF far_room() const;
  [[nodiscard]] Far from_afar(qreal zoom) const;
  void paint_far_rate(QPainter& painter, qreal zoom) const;
  void paint_mood(QPainter& painter) const;
  void paint_sparks(QPainter& painter, const QRectF& area) const;
  void paint_badge(QPainter& painter) const;

  std::string id_;
  NodeFace face_;
  std::optional<LiveState> live_{};
  std::vector<double> sparks_{};
  QString failure_{};
  QString outdated_{};
  bool pointed_out_ = false;
  std::function<SocketMood(const PortId&)> moods_{};
  Layout layout_{};
  PictureCache* pictures_;
  CachedPicture picture_{};
};

}  // namespace feedline::gui::inline canvas
