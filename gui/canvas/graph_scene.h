// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "canvas/port_id.h"
#include "graph/validate.h"

#include <QGraphicsScene>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace feedline::gui {

class CommentItem;
class NodeItem;
class WireItem;
struct WireRoute;

/// The document as graphics items. sync() makes them follow the document by difference; nothing here ever changes the
/// document.
class GraphScene : public QGraphicsScene {
  Q_OBJECT

 public:
  explicit GraphScene(QObject* parent = nullptr);
  ~GraphScene() override;

  void sync(const Document& document, const Analysis& analysis);
  /// Fonts or colours changed.
  void restyle();
  /// Called when a note was edited in place.
  std::function<void(const std::string& id, const QString& text)> on_comment_text{};

  [[nodiscard]] NodeItem* node(std::string_view id) const;
  [[nodiscard]] CommentItem* comment(std::string_view id) const;
  [[nodiscard]] WireItem* wire(const PortRef& to) const;
  [[nodiscard]] const std::map<std::string, NodeItem*, std::less<>>& nodes() const { return nodes_; }

  /// Centre of a socket.
  [[nodiscard]] std::optional<QPointF> socket(const PortId& port) const;
  /// The socket nearest to a place, at most `reach` away.
  [[nodiscard]] std::optional<PortId> port_at(QPointF pos, qreal reach) const;
  /// The topmost node under a place.
  [[nodiscard]] NodeItem* node_at(QPointF pos) const;

  [[nodiscard]] std::vector<std::string> selected_nodes() const;
  [[nodiscard]] std::vector<std::string> selected_comments() const;
  [[nodiscard]] std::vector<Link> selected_wires() const;
  /// Selects exactly these nodes and notes.
  void select(const std::vector<std::string>& ids);
  /// About all that is drawn; null when there is nothing.
  [[nodiscard]] QRectF content() const;

 protected:
  void drawBackground(QPainter* painter, const QRectF& rect) override;

 private:
  void adopt_renamed(const Document& document);
  void sync_nodes(const Document& document, const class FaceMaker& faces);
  void sync_wires(const Document& document, const Analysis& analysis, const class FaceMaker& faces);
  void sync_comments(const Document& document);
  [[nodiscard]] WireRoute route(const Link& link) const;

  std::map<std::string, NodeItem*, std::less<>> nodes_{};
  std::map<PortRef, WireItem*> wires_{};
  std::map<std::string, CommentItem*, std::less<>> comments_{};
};

}  // namespace feedline::gui
