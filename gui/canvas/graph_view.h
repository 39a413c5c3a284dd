// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/adapters.h"
#include "graph/key.h"
#include "gui/canvas/arrange.h"
#include "gui/canvas/arrange_job.h"
#include "gui/canvas/breadcrumb.h"
#include "gui/canvas/graph_scene.h"
#include "gui/canvas/live_layer.h"
#include "gui/canvas/make_room.h"
#include "gui/canvas/minimap.h"
#include "gui/canvas/reason_bubble.h"
#include "gui/canvas/search_popup.h"
#include "gui/canvas/wire_drag.h"
#include "gui/commands/document_controller.h"
#include "telemetry/snapshot.h"

#include <QGraphicsView>
#include <QLabel>
#include <QTimer>
#include <QUndoCommand>

#include <map>
#include <memory>

class QGraphicsPathItem;
class QMenu;

namespace feedline::gui {

/// The canvas: shows the document and turns gestures into edits. Every edit goes through the DocumentController; the
/// scene then follows the document, never the reverse.
class GraphView : public QGraphicsView {
  Q_OBJECT

 public:
  explicit GraphView(DocumentController& controller, QWidget* parent = nullptr);
  ~GraphView() override;

  // --- a run -------------------------------------------------------------------------------------------------------
  /// Every node shows its rate and how its workers spent the time between the two; the bottleneck is marked.
  void show_snapshot(const Snapshot& now, const Snapshot& earlier);
  /// A run has begun (marks of the last one go) or ended (its last numbers stay).
  void show_run_active(bool active);
  /// In a staged run every node shows the number of its workers.
  void show_staged(bool staged) { staged_ = staged; }
  /// Marks the node that the verdict names, with the next snapshot; empty: none.
  void show_bottleneck(const QString& node) { live_.set_bottleneck(node.toStdString()); }
  /// Frames these nodes (paths), of those that are in view, until others are pointed out or none.
  void point_out(const QStringList& paths);
  /// Takes all numbers and marks of a run away.
  void clear_run();
  void mark_failed(const QString& node, const QString& message);

  // --- looking -----------------------------------------------------------------------------------------------------
  void zoom_to_fit();
  void zoom_to_selection();
  void zoom_in();
  void zoom_out();
  [[nodiscard]] double zoom() const { return transform().m11(); }
  /// Selects a node, note or frame and brings it into view; a path leads into sub-graphs.
  void select_node(const QString& path);
  [[nodiscard]] QStringList selected_paths() const;
  /// Where one looks and what is selected, to come back to.
  struct Place {
    QTransform zoom{};
    QPointF centre{};
    std::string scope{};
    std::vector<std::string> selected{};
    bool fitted = true;
  };
  [[nodiscard]] Place place() const;
  void go_to(const Place& place);
  /// The path of the sub-graph that is shown; empty for the document's own diagram.
  [[nodiscard]] const std::string& scope() const { return scope_; }
  /// Shows the diagram of the sub-graph at this path.
  void enter(const QString& scope);
  /// Shows the one around it.
  void leave();
  /// Enters the selected sub-graph, if one is selected.
  void enter_selected();
  [[nodiscard]] Minimap& minimap() { return minimap_; }
  [[nodiscard]] Breadcrumb& breadcrumb() { return breadcrumb_; }
  /// The line on the whole model.
  [[nodiscard]] QString shown_total() const { return total_.text(); }
  [[nodiscard]] const GraphScene& graph_scene() const { return scene_; }
  /// Where a socket is in the viewport, for tests and for teaching aids; the viewport's centre if there is none.
  [[nodiscard]] QPoint socket_position(const PortId& port) const;
  /// The reason for the refused wire that stands beside the cursor; empty when none is shown.
  [[nodiscard]] QString shown_reason() const;
  [[nodiscard]] ReasonBubble& bubble() { return bubble_; }

  // --- editing -----------------------------------------------------------------------------------------------------
  void add_node(const QString& type);  ///< at the middle of the view
  /// Its top left corner there, on the grid; parameters that are not given keep their defaults.
  void add_node_at(const QString& type, QPointF scene_pos, const ParamMap& params = {});
  /// What reads the data at this path, as one step: a source, or two where validation data lie beside it. Says why if
  /// nothing does.
  void take_data(const QString& path, QPointF scene_pos);
  void add_comment_at(QPointF scene_pos);
  void open_search();  ///< at the cursor
  /// Removes what is selected; wires heal past removed nodes where kinds allow.
  void delete_selection();
  /// The same, and wires that end at removed nodes just go.
  void delete_without_healing();
  void add_frame();                            ///< about the selection, or in the middle of the view
  void set_frame_color(const QString& color);  ///< of the selected frames
  void toggle_mute();
  /// How long the selected node takes over its records.
  void show_durations_of_selection();
  void group_selection();
  void ungroup_selection();
  void align_selection(Align how);
  void distribute_selection(Qt::Orientation along);
  /// Places the selected nodes, or all, in layers.
  void lay_out();
  /// Large graphs are laid out on another thread: this shows how far it is.
  [[nodiscard]] ArrangeJob& arrange_job() { return arrange_job_; }
  /// The edit, and room for the nodes that it adds: what they would cover is pushed along.
  [[nodiscard]] Edit with_room(Edit edit) const;
  /// Fills the window's menu with what the canvas can do, and its keys.
  void fill_graph_menu(QMenu* menu);
  /// Fills a menu with the ways to align and distribute.
  void fill_arrange_menu(QMenu* menu);
  void select_all();
  void copy();
  void cut();
  void paste();  ///< at the pointer, else beside what was copied or in the middle of the view
  void duplicate();
  /// Says on the canvas that what was changed does not reach the run that is on; empty: no run, or nothing changed.
  [[nodiscard]] QString run_notice() const { return run_notice_.isHidden() ? QString() : run_notice_.text(); }

 Q_SIGNALS:
  void selection_changed(const QStringList& node_paths);
  void scope_changed(const QString& scope);
  /// The user wants to see how long this node takes over its records; beside this place on the screen.
  void durations_wanted(const QString& node_path, QPoint place);
  void status_message(const QString& message);
  /// The user wants to change the selected node with keys: its name, or its parameters.
  void inspect_wanted(bool name);
  /// Data from a file manager became the first thing on the empty canvas.
  void data_dropped(const QString& path);

 protected:
  bool viewportEvent(QEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void keyReleaseEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  bool focusNextPrevChild(bool next) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dragMoveEvent(QDragMoveEvent* event) override;
  void dragLeaveEvent(QDragLeaveEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void drawForeground(QPainter* painter, const QRectF& rect) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  enum class Gesture { None, Pan, Move, Resize, Wire };
  /// What is being moved and where it was.
  struct Moving {
    std::vector<std::pair<std::string, Position>> things{};            ///< nodes, notes, frames
    std::vector<std::pair<SetWirePoints, std::vector<bool>>> wires{};  ///< and which of their points move
    std::vector<QRectF> others{};                                      ///< what stays, for its edges
    QRectF lead_body{};                                                ///< of the node under the mouse
    std::string spliced{};                                             ///< the one node that moves, if it has no wires
    QPointF grab{};                                                    ///< where the mouse took hold, in the scene
    QPointF lead{};   ///< where the item under it was: this one lands on the grid
    QPointF shift{};  ///< so far
    [[nodiscard]] bool empty() const { return things.empty() && wires.empty(); }
  };

  // graph_view.cpp
  [[nodiscard]] const Diagram& diagram() const;
  /// Of the nodes of the shown diagram.
  [[nodiscard]] KeyScope keys() const;
  [[nodiscard]] std::string path_of(const std::string& id) const;
  void place_overlays();
  void update_minimap();
  void show_failures();
  void sync();
  void restyle();
  void zoom_by(double factor, QPoint at);
  [[nodiscard]] double zoom_for(const QRectF& area) const;
  void pan_by(QPoint pixels);
  void announce_selection();
  [[nodiscard]] QPoint cursor_or_centre() const;
  bool apply(Edit edit, const QString& gesture = {});
  [[nodiscard]] QString new_gesture(const char* what);
  [[nodiscard]] QPointF free_place(const Node& node, QPointF wanted) const;  ///< near there, clear of all others
  /// The same for several, one below the other.
  void place_below_each_other(std::vector<Node>& nodes, QPointF wanted) const;
  bool add(Node node, const std::optional<PortRef>& wire);  ///< into this wire, if it fits
  void remove_selected(bool heal);
  [[nodiscard]] std::vector<std::string> with_frame_content() const;  ///< selected, and what lies in selected frames
  void paste_at(std::optional<QPoint> pos);
  void paste_part(const Document& part, QPointF offset);

  // graph_view_follow.cpp
  struct Look {
    QTransform transform{};
    QPointF middle{};
  };
  [[nodiscard]] Look look() const { return {transform(), mapToScene(viewport()->rect().center())}; }
  void look_again(const Look& look);
  /// Selects what was just added and brings it into view.
  void select_added(const std::vector<std::string>& ids);
  void follow(const std::vector<std::string>& ids);
  void follow_history(int index);
  [[nodiscard]] QPoint edge_push(QPoint pos) const;
  /// A box is being drawn round what is to be selected.
  [[nodiscard]] bool draws_box() const;
  /// Something is in the hand that the view goes along with at the edge.
  [[nodiscard]] bool holds_something() const;
  void watch_edge(QPoint pos);
  void pan_at_edge();
  void show_run_notice();

  // graph_view_room.cpp
  [[nodiscard]] QRectF sheet_of(const Comment& comment) const;
  void move_notes_away(const Diagram& trial, const Bodies& bodies, MoveNodes& move) const;
  [[nodiscard]] static QSizeF size_of(const Node& node);
  [[nodiscard]] std::vector<QRectF> obstacles() const;
  [[nodiscard]] Edit pushed_along(Edit edit, const std::vector<std::string>& inserted) const;
  void add_what_goes_along(const Diagram& pushed, const Bodies& before, const Bodies& after, Edit::List& steps) const;
  /// After a move: frames grow with what was moved in them, and what left one is told.
  void settle_in_frames(const Moving& moving, const QString& gesture);
  [[nodiscard]] std::vector<QRectF> bodies_of(const Diagram& part) const;
  [[nodiscard]] Edit::List arranged(const std::vector<std::string>& ids, const std::vector<QRectF>& before,
                                    std::vector<QRectF> after) const;
  void take_places(const std::vector<std::string>& ids, const std::map<std::string, Position>& places);

  // graph_view_structure.cpp
  void move_each(const std::vector<std::string>& ids, const std::vector<QPointF>& shifts);
  [[nodiscard]] std::vector<QRectF> bodies(const std::vector<std::string>& ids) const;

  // graph_view_gestures.cpp
  bool key_command(QKeyEvent* event);
  void begin_move(QPointF scene_pos);
  void move_to(QPointF scene_pos, bool snap);
  void resize_to(QPointF scene_pos);
  [[nodiscard]] Moving selection_to_move() const;
  [[nodiscard]] Edit moved(const Moving& moving, QPointF shift) const;
  bool key_alone(QKeyEvent* event);
  bool key_with_control(QKeyEvent* event);
  bool key_of_wire(QKeyEvent* event);
  void start_wire_by_key();
  void next_wire_target(int step);
  void add_content(const Frame& frame, Moving& moving) const;
  void add_wires(Moving& moving) const;
  void add_point(const PortRef& wire, QPointF scene_pos);
  [[nodiscard]] std::optional<PortRef> wire_under(const QRectF& scene_rect, const std::string& node) const;
  void target_wire(const std::optional<PortRef>& wire);
  void drop_into_wire();
  void resize_frame_to(QPointF scene_pos);
  void nudge(QPointF shift);
  void walk_selection(QPointF direction);
  void update_cursor(QPoint pos);
  void ask_for_durations(QPoint pos);

  // graph_view_wires.cpp
  void begin_wire(const PortId& start, QPoint pos);
  void drag_wire(QPoint pos);
  void drop_wire(QPoint pos);
  void end_wire();
  [[nodiscard]] std::optional<PortId> wire_target(QPoint pos) const;
  void search_for_wire(QPoint pos);
  void pick_from_search(const QString& type);
  void offer_adapters(const Error& error, const PortRef& from, const PortRef& to, QPoint pos);
  void check_new_wire(const PortRef& from, const PortRef& to, QPoint pos);
  void insert_adapter(int choice);

  DocumentController& controller_;
  std::string scope_{};
  quint64 shown_analysis_ = 0;
  std::map<std::string, QString> failures_{};  ///< by path, of the last run
  std::map<std::string, Look> looked_at_{};    ///< by scope: when it was left
  struct ArrangedLook {
    const QUndoCommand* command = nullptr;
    std::string scope{};
    Look before{};
    Look after{};
  };
  std::map<int, ArrangedLook> arranged_looks_{};  ///< by the place of the step in the history
  int history_index_ = 0;
  GraphScene scene_{};
  ReasonBubble bubble_{this};
  SearchPopup search_{this};
  Breadcrumb breadcrumb_{this};
  Minimap minimap_{scene_, this};
  QLabel hint_{this};
  QLabel total_{this};
  QLabel run_notice_{this};
  std::optional<Document> running_{};  ///< what the run that is on trains, until somebody has changed it
  std::vector<std::string> arranged_ids_{};
  ArrangeJob arrange_job_{this, [this](const ArrangeJob::Places& places) { take_places(arranged_ids_, places); }};

  Gesture gesture_ = Gesture::None;
  QTimer edge_timer_{};              ///< pans while something is held at the edge
  bool holds_drop_ = false;          ///< something from elsewhere is held over the canvas
  std::optional<QPoint> pointer_{};  ///< where the mouse is, while it is over the canvas
  QPoint pressed_at_{};
  QPoint last_pos_{};
  bool dragged_ = false;
  bool space_held_ = false;
  bool shows_focus_ = false;  ///< the keyboard came here by keys
  bool fitted_ = true;        ///< nobody has panned or zoomed since the last fit: fit again when the size changes
  QString gesture_key_{};
  quint64 gestures_ = 0;
  QString nudge_key_{};
  QString writing_key_{};  ///< what is written into a note or a title from its first letter to the last is one step
  Moving moving_{};
  std::string resized_{};
  std::unique_ptr<WireDrag> wire_{};
  std::unique_ptr<WireDrag> searched_wire_{};  ///< the wire that waits for a node from the search
  QGraphicsPathItem* wire_preview_ = nullptr;
  QPointF search_pos_{};
  std::optional<PortRef> targeted_{};         ///< the wire that what is held would be put into
  std::optional<PortRef> searched_splice_{};  ///< the wire that waits for a node from the search
  std::vector<QLineF> guides_{};
  struct Offer {
    std::vector<AdapterChain> chains{};
    PortRef from{};
    PortRef to{};
  } offer_{};
  bool wire_by_key_ = false;
  std::vector<PortId> key_targets_{};
  int key_target_ = -1;
  bool staged_ = false;
  LiveLayer live_{scene_, this, [this](const std::string& id) { return path_of(id); }};
};

}  // namespace feedline::gui
