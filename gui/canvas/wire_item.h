// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "gui/canvas/picture_cache.h"
#include "gui/canvas/wire_flow.h"

#include <QGraphicsItem>
#include <QLineF>
#include <QStringList>

#include <optional>
#include <vector>

namespace feedline::gui::inline canvas {

/// What a wire shows.
struct WireFace {
  Link link{};
  Kind kind = Kind::Any;
  QString label{};        ///< the shape that stands on it
  QString short_label{};  ///< its dimensions alone, where there is little room
  bool faulty = false;
  bool operator==(const WireFace&) const = default;
};

/// Where a wire that goes back to the left runs, so that it passes above its target and beside its fellows.
struct WireRoute {
  qreal out = 20;              ///< how far it leaves its output before it turns
  qreal in = 20;               ///< how far before its input it turns in
  std::optional<qreal> gap{};  ///< height of the free lane above the target; none: half way
  std::vector<QPointF> via{};  ///< points to pass in this order; they stand for the lane then
  bool operator==(const WireRoute&) const = default;
};

/// The way from an output (right side of a node) to an input (left side): a curve, or, where the input lies to the
/// left, back between the rows with rounded corners.
[[nodiscard]] QPainterPath wire_path(QPointF from, QPointF to, const WireRoute& route = {});

/// A wire on the canvas: thin for single records, thick for batches, in the colour of what it carries, with its shape
/// written on it where there is room. While a run is on it is a pipe: as wide as its rate, drops that move with what
/// flows, and where a queue stands in it, filled in the colour that says how full, with a word beside it.
class WireItem : public QGraphicsItem {
 public:
  enum { Type = UserType + 2 };
  /// Without a cache its label is drawn anew each time.
  explicit WireItem(WireFace face, PictureCache* pictures = nullptr);

  [[nodiscard]] const WireFace& face() const { return face_; }
  [[nodiscard]] const Link& link() const { return face_.link; }
  [[nodiscard]] const std::vector<QPointF>& via() const { return route_.via; }
  void set_face(WireFace face);
  void set_ends(QPointF from, QPointF to, const WireRoute& route);
  /// Which of the wire's points would come after a new one at this scene position.
  [[nodiscard]] std::size_t place_for_point(QPointF scene_pos) const;
  /// Where a new point near this scene position comes to lie so that the wire keeps its way: on the lane by which it
  /// goes back, else just there.
  [[nodiscard]] QPointF on_route(QPointF scene_pos) const;
  /// Does the wire pass through this rectangle of the scene?
  [[nodiscard]] bool passes(const QRectF& scene_rect) const;
  /// Something is held over the wire that would be put into it.
  void set_targeted(bool targeted);
  /// The wire is being dragged away from its input.
  void set_lifted(bool lifted);
  /// What flows through it; none: no run is on.
  void set_flow(std::optional<WireFlow> flow);
  [[nodiscard]] const std::optional<WireFlow>& flow() const { return flow_; }
  /// How far the drops have come; draws anew only what moves.
  void set_phase(qreal phase);
  /// Fonts or colours changed.
  void restyle();
  /// What covers its label may be another node from now on.
  void nodes_moved() { label_placed_ = false; }
  /// Where the label stands, in the scene; empty: nowhere along the wire could it be read, or it has none.
  [[nodiscard]] QRectF label_rect();

  [[nodiscard]] int type() const override { return Type; }
  [[nodiscard]] QRectF boundingRect() const override;
  [[nodiscard]] QPainterPath shape() const override;
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 private:
  [[nodiscard]] qreal pen_width() const;
  [[nodiscard]] QStringList label_texts() const;
  /// Shows what stays the same from one moment of a run to the next from its picture.
  void show_body(QPainter& painter, qreal zoom, bool cached);
  void paint_body(QPainter& painter, qreal zoom) const;
  void paint_level(QPainter& painter) const;
  void paint_drops(QPainter& painter) const;
  void find_beads() const;
  /// Where the shape stands, and in which words.
  struct Label {
    QString text{};
    QRectF rect{};
    bool tight = false;  ///< there is so little room that it stands above the wire
    bool fits = true;    ///< else it is shown on a selected wire only
    bool operator==(const Label&) const = default;
  };
  [[nodiscard]] const Label& label();
  [[nodiscard]] Label laid_out() const;
  /// On a part of the wire that neither a node nor another wire's label covers, the middle first; false: there is none.
  bool place(Label& label) const;
  [[nodiscard]] bool covered(const QRectF& rect) const;
  /// Where it stands in the scene, as far as that is known by now.
  [[nodiscard]] QRectF placed_label() const;
  void show_label(QPainter& painter, bool selected, bool cached);
  void paint_label(QPainter& painter) const;

  WireFace face_;
  std::optional<WireFlow> flow_{};
  qreal phase_ = 0;
  mutable std::vector<QLineF> beads_{};  ///< where drops can be, along the path; empty: to be found
  QPointF from_{};
  QPointF to_{};
  WireRoute route_{};
  QPainterPath path_{};
  std::optional<Label> label_{};  ///< none: to be laid out
  PictureCache* pictures_;
  CachedPicture label_picture_{};
  CachedPicture body_picture_{};
  bool label_placed_ = false;
  bool lifted_ = false;
  bool targeted_ = false;
};

}  // namespace feedline::gui::inline canvas
