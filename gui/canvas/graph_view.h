// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "canvas/graph_scene.h"
#include "canvas/reason_bubble.h"
#include "canvas/search_popup.h"
#include "canvas/wire_drag.h"
#include "commands/document_controller.h"
#include "telemetry/snapshot.h"

#include <QGraphicsView>
#include <QLabel>

#include <memory>

class QGraphicsPathItem;

namespace feedline::gui {

/// The canvas: shows the document and turns gestures into edits. Every edit goes through the DocumentController; the
/// scene then follows the document, never the reverse.
class GraphView : public QGraphicsView {
  Q_OBJECT

 public:
  explicit GraphView(DocumentController& controller, QWidget* parent = nullptr);
  ~GraphView() override;

  // --- a run -------------------------------------------------------------------------------------------------------
  /// Every node wears its rate and how its workers spent the time between the two; the busiest is marked.
  void show_snapshot(const Snapshot& now, const Snapshot& earlier);
  /// A run has begun (marks of the last one go) or ended (its last numbers stay).
  void show_run_active(bool active);
  /// In a staged run every node wears the number of its workers.
  void show_staged(bool staged) { staged_ = staged; }
  /// Takes all numbers and marks of a run away.
  void clear_run();
  void mark_failed(const QString& node, const QString& message);

  // --- looking -----------------------------------------------------------------------------------------------------
  void zoom_to_fit();
  void zoom_in();
  void zoom_out();
  [[nodiscard]] double zoom() const { return transform().m11(); }
  /// Selects a node and brings it into view.
  void select_node(const QString& id);
  [[nodiscard]] const GraphScene& graph_scene() const { return scene_; }
  /// Where a socket is in the viewport, for tests and for teaching aids; the viewport's centre if there is none.
  [[nodiscard]] QPoint socket_position(const PortId& port) const;
  /// The reason for the refused wire that stands beside the cursor; empty when none is shown.
  [[nodiscard]] QString shown_reason() const;

  // --- editing -----------------------------------------------------------------------------------------------------
  void add_node(const QString& type);                        ///< at the middle of the view
  /// Its top left corner there, on the grid; parameters that are not given keep their defaults.
  void add_node_at(const QString& type, QPointF scene_pos, const ParamMap& params = {});
  void add_comment_at(QPointF scene_pos);
  void open_search();  ///< at the cursor
  void delete_selection();
  void select_all();
  void copy();
  void cut();
  void paste();
  void duplicate();

 Q_SIGNALS:
  void selection_changed(const QStringList& node_ids);
  void status_message(const QString& message);

 protected:
  bool viewportEvent(QEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void keyReleaseEvent(QKeyEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  bool focusNextPrevChild(bool next) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dragMoveEvent(QDragMoveEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  enum class Gesture { None, Pan, Move, Resize, Wire };
  /// What is being moved and where it was.
  struct Moving {
    std::vector<std::pair<std::string, Position>> nodes{};
    std::vector<Comment> comments{};
    QPointF grab{};   ///< where the mouse took hold, in the scene
    QPointF lead{};   ///< where the item under it was: this one lands on the grid
    QPointF shift{};  ///< so far
  };

  // graph_view.cpp
  void sync();
  void restyle();
  void place_hint();
  void zoom_by(double factor, QPoint at);
  void pan_by(QPoint pixels);
  void announce_selection();
  [[nodiscard]] QPoint cursor_or_centre() const;
  bool apply(const Edit& edit, const QString& gesture = {});
  [[nodiscard]] QString new_gesture(const char* what);
  [[nodiscard]] QPointF free_place(QPointF wanted) const;  ///< near there, clear of all nodes

  // graph_view_gestures.cpp
  bool key_command(QKeyEvent* event);
  void begin_move(QPointF scene_pos);
  void move_to(QPointF scene_pos, bool snap);
  void resize_to(QPointF scene_pos);
  [[nodiscard]] Moving selection_to_move() const;
  [[nodiscard]] Edit moved(const Moving& moving, QPointF shift) const;
  void nudge(QPointF shift);
  void walk_selection(QPointF direction);
  void update_cursor(QPoint pos);

  // graph_view_wires.cpp
  void begin_wire(const PortId& start, QPoint pos);
  void drag_wire(QPoint pos);
  void drop_wire(QPoint pos);
  void end_wire();
  [[nodiscard]] std::optional<PortId> wire_target(QPoint pos) const;
  void search_for_wire(QPoint pos);
  void pick_from_search(const QString& type);

  DocumentController& controller_;
  GraphScene scene_{};
  ReasonBubble bubble_{this};
  SearchPopup search_{this};
  QLabel hint_{this};

  Gesture gesture_ = Gesture::None;
  QPoint pressed_at_{};
  QPoint last_pos_{};
  bool dragged_ = false;
  bool space_held_ = false;
  bool fitted_ = true;  ///< nobody has panned or zoomed since the last fit: fit again when the size changes
  QString gesture_key_{};
  quint64 gestures_ = 0;
  QString nudge_key_{};
  Moving moving_{};
  std::string resized_{};
  std::unique_ptr<WireDrag> wire_{};
  std::unique_ptr<WireDrag> searched_wire_{};  ///< the wire that waits for a node from the search
  QGraphicsPathItem* wire_preview_ = nullptr;
  QPointF search_pos_{};
  bool staged_ = false;
};

}  // namespace feedline::gui
