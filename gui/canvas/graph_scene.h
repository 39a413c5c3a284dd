// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/validate.h"
#include "gui/canvas/commands/selection.h"
#include "gui/canvas/picture_cache.h"
#include "gui/canvas/port_id.h"
#include "gui/canvas/wire_point_item.h"
#include "gui/commands/document_controller.h"

#include <QGraphicsScene>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace feedline::gui::inline canvas {

class CommentItem;
class FrameItem;
class NodeItem;
struct NodeFace;
class WireItem;
class WirePointItem;
struct WireRoute;

/// A diagram as graphics items. sync() makes them follow it by difference; nothing here ever changes the document.
class GraphScene : public QGraphicsScene {
  Q_OBJECT

 public:
  explicit GraphScene(QObject* parent = nullptr);
  ~GraphScene() override;

  /// What is known of the data of sources; shown with the next sync().
  void set_source_facts(const SourceFactsMap& facts) { source_facts_ = facts; }
  /// `scope` is the diagram's path within the document that was analysed; `root`: that document's own diagram, where it
  /// is another.
  void sync(const Diagram& diagram, const Analysis& analysis, const std::string& scope, const Diagram* root = nullptr);
  /// The same where only looks have changed since: places, notes, frames, points of wires. Much quicker, as in a drag.
  void sync_looks(const Diagram& diagram, const Analysis& analysis, const std::string& scope);
  /// Fonts or colours changed.
  void restyle();
  /// Called with every change of a note that is edited in place.
  std::function<void(const std::string& id, const QString& text)> on_comment_text{};
  /// Called with every change of a frame's title that is edited in place.
  std::function<void(const std::string& id, const QString& text)> on_frame_title{};

  [[nodiscard]] NodeItem* node(std::string_view id) const;
  [[nodiscard]] CommentItem* comment(std::string_view id) const;
  [[nodiscard]] FrameItem* frame(std::string_view id) const;
  [[nodiscard]] WirePointItem* wire_point(const WirePoint& point) const;
  [[nodiscard]] WireItem* wire(const PortRef& to) const;
  [[nodiscard]] const std::map<std::string, NodeItem*, std::less<>>& nodes() const { return nodes_; }
  [[nodiscard]] const std::map<std::string, FrameItem*, std::less<>>& frames() const { return frames_; }
  [[nodiscard]] const std::map<std::string, CommentItem*, std::less<>>& comments() const { return comments_; }
  [[nodiscard]] const std::map<PortRef, WireItem*>& wires() const { return wires_; }

  /// Centre of a socket.
  [[nodiscard]] std::optional<QPointF> socket(const PortId& port) const;
  /// The socket nearest to a place, at most `reach` away.
  [[nodiscard]] std::optional<PortId> port_at(QPointF pos, qreal reach) const;
  /// The topmost node under a place.
  [[nodiscard]] NodeItem* node_at(QPointF pos) const;

  [[nodiscard]] std::vector<std::string> selected_nodes() const;
  [[nodiscard]] std::vector<std::string> selected_comments() const;
  [[nodiscard]] std::vector<std::string> selected_frames() const;
  /// Of nodes, notes and frames.
  [[nodiscard]] std::vector<std::string> selected_ids() const;
  [[nodiscard]] std::vector<Link> selected_wires() const;
  [[nodiscard]] std::vector<WirePoint> selected_points() const;
  /// All that is selected, as commands take it.
  [[nodiscard]] Selection selection() const;
  /// Selects exactly these nodes, notes and frames.
  void select(const std::vector<std::string>& ids);
  /// About all that is drawn; null when there is nothing. Kept until something changes.
  [[nodiscard]] QRectF content() const;
  /// Nodes have grown or shrunk since, as they do when a run begins or its numbers go.
  void sizes_changed();
  /// The pictures of nodes and of the words on wires.
  [[nodiscard]] PictureCache& pictures() { return pictures_; }
  /// The same of what is selected.
  [[nodiscard]] QRectF selected_content() const;

 protected:
  void drawBackground(QPainter* painter, const QRectF& rect) override;

 private:
  void clear_items();
  void content_changed();
  void adopt_renamed(const Diagram& diagram);
  [[nodiscard]] bool shows_nodes_of(const Diagram& diagram) const;
  void sync_nodes(const Diagram& diagram, const class FaceMaker& faces);
  void sync_wires(const Diagram& diagram, const class FaceMaker& faces);
  void sync_places(const Diagram& diagram);
  void sync_points(const Diagram& diagram);
  void sync_comments(const Diagram& diagram);
  void sync_frames(const Diagram& diagram);
  [[nodiscard]] static WireRoute route(const Link& link, const NodeItem& from, const NodeItem& to);
  static void place_wire(WireItem& wire, const Link& link, const NodeItem& from, const NodeItem& to);

  PictureCache pictures_{};
  std::map<std::string, NodeItem*, std::less<>> nodes_{};
  std::map<PortRef, WireItem*> wires_{};
  std::map<WirePoint, WirePointItem*> points_{};
  std::map<std::string, CommentItem*, std::less<>> comments_{};
  std::map<std::string, FrameItem*, std::less<>> frames_{};
  /// Nodes and wires in the order of the diagram, so that a step of a drag need not look all of them up.
  std::vector<NodeItem*> nodes_in_order_{};
  struct OrderedWire {
    WireItem* item = nullptr;
    std::size_t from = 0, to = 0;  ///< of its nodes, in nodes_in_order_
  };
  std::vector<OrderedWire> wires_in_order_{};
  void show_source_size(const Node& node, const FaceMaker& faces, NodeFace& face) const;

  SourceFactsMap source_facts_{};
  std::string scope_{};
  mutable std::optional<QRectF> content_{};
};

}  // namespace feedline::gui::inline canvas
