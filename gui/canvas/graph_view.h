// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/adapter_offer.h"
#include "gui/canvas/camera.h"
#include "gui/canvas/canvas_editor.h"
#include "gui/canvas/canvas_menus.h"
#include "gui/canvas/canvas_overlays.h"
#include "gui/canvas/drop_target.h"
#include "gui/canvas/graph_scene.h"
#include "gui/canvas/key_commands.h"
#include "gui/canvas/look_history.h"
#include "gui/canvas/node_files.h"
#include "gui/canvas/node_search.h"
#include "gui/canvas/reason_bubble.h"
#include "gui/canvas/run_marks.h"
#include "gui/canvas/scene_geometry.h"
#include "gui/canvas/shown_diagram.h"
#include "gui/canvas/tools/tool_chooser.h"

#include <QGraphicsView>

namespace feedline::gui::inline canvas {

/// The canvas: shows a diagram of the document, and gives what mouse and keys do to those who know what it means:
/// tools, the editor, drops, menus. Every edit goes through the DocumentController; the scene then follows the
/// document, never the reverse.
class GraphView : public QGraphicsView {
  Q_OBJECT

 public:
  explicit GraphView(DocumentController& controller, QWidget* parent = nullptr);
  ~GraphView() override;

  /// What it can do to the graph.
  [[nodiscard]] CanvasEditor& editor() { return editor_; }
  [[nodiscard]] CanvasMenus& menus() { return menus_; }
  [[nodiscard]] NodeFiles& node_files() { return files_; }

  // --- a run -------------------------------------------------------------------------------------------------------
  /// Every node shows its rate and how its workers spent the time between the two; the bottleneck is marked.
  void show_snapshot(const Snapshot& now, const Snapshot& earlier) { run_.show_snapshot(now, earlier); }
  /// A run has begun (marks of the last one go) or ended (its last numbers stay).
  void show_run_active(bool active);
  /// In a staged run every node shows the number of its workers.
  void show_staged(bool staged) { run_.show_staged(staged); }
  /// Marks the node that the verdict names, with the next snapshot; empty: none.
  void show_bottleneck(const QString& node) { run_.show_bottleneck(node); }
  /// Frames these nodes (paths), of those that are in view, until others are pointed out or none.
  void point_out(const QStringList& paths) { run_.point_out(paths); }
  /// Takes all numbers and marks of a run away.
  void clear_run() { run_.clear(); }
  void mark_failed(const QString& node, const QString& message) { run_.mark_failed(node, message); }
  /// Says on the canvas that what was changed does not reach the run that is on; empty: no run, or nothing changed.
  [[nodiscard]] QString run_notice() const { return overlays_.run_notice(); }

  // --- looking -----------------------------------------------------------------------------------------------------
  void zoom_to_fit() { camera_.fit(); }
  void zoom_to_selection() { camera_.fit_selection(); }
  void zoom_in();
  void zoom_out();
  [[nodiscard]] double zoom() const { return camera_.zoom(); }
  /// Selects a node, note or frame and brings it into view; a path leads into sub-graphs.
  void select_node(const QString& path);
  [[nodiscard]] QStringList selected_paths() const;
  /// Where one looks and what is selected, to come back to.
  struct Place {
    Camera::Look look{};
    std::string scope{};
    std::vector<std::string> selected{};
    bool fitted = true;
  };
  [[nodiscard]] Place place() const;
  void go_to(const Place& place);
  /// The path of the sub-graph that is shown; empty for the document's own diagram.
  [[nodiscard]] const std::string& scope() const { return shown_.scope(); }
  /// Shows the diagram of the sub-graph at this path.
  void enter(const QString& scope);
  /// Shows the one around it.
  void leave();
  /// Enters the selected sub-graph, if one is selected.
  void enter_selected();
  [[nodiscard]] Minimap& minimap() { return overlays_.minimap(); }
  [[nodiscard]] Breadcrumb& breadcrumb() { return overlays_.breadcrumb(); }
  /// The line on the whole model.
  [[nodiscard]] QString shown_total() const { return overlays_.total(); }
  [[nodiscard]] const GraphScene& graph_scene() const { return scene_; }
  /// Where a socket is in the viewport, for tests and for teaching aids; the viewport's centre if there is none.
  [[nodiscard]] QPoint socket_position(const PortId& port) const;
  /// The reason for the refused wire that stands beside the cursor; empty when none is shown.
  [[nodiscard]] QString shown_reason() const;
  [[nodiscard]] ReasonBubble& bubble() { return bubble_; }

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
  bool event(QEvent* event) override;
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
  // graph_view.cpp
  void set_up();
  void connect_parts();
  [[nodiscard]] const Diagram& diagram() const { return shown_.diagram(); }
  void sync();
  void restyle();
  void place_overlays();
  void update_overview() { overlays_.show_seen(camera_.seen()); }
  void announce_selection();
  void write(std::optional<Edit> edit);

  // graph_view_events.cpp
  void pass_on();
  bool native_gesture(const QEvent& event);
  bool pinch(const QEvent& event);
  [[nodiscard]] QString tip_at(QPoint pos) const;
  void double_click(QMouseEvent* event);

  ShownDiagram shown_;
  GraphScene scene_{};
  SceneGeometry geometry_{scene_};
  ReasonBubble bubble_{this};
  Camera camera_{*this, scene_};
  LookHistory looks_{shown_, camera_};
  RunMarks run_{*this, scene_, shown_, camera_};
  CanvasParts parts_{.view = *this,
                     .scene = scene_,
                     .shown = shown_,
                     .geometry = geometry_,
                     .camera = camera_,
                     .run = run_,
                     .bubble = bubble_,
                     .pass_on = [this] { pass_on(); }};
  CanvasOverlays overlays_{*this, scene_};
  CanvasEditor editor_{parts_, looks_};
  NodeFiles files_{parts_, editor_};
  NodeSearch search_{parts_, editor_, files_};
  AdapterOffer adapters_{parts_, editor_};
  ToolChooser tools_{parts_, editor_, search_, adapters_};
  DropTarget drops_{parts_, editor_, files_, tools_};
  KeyCommands keys_{*this, parts_, editor_, search_, adapters_, tools_};
  CanvasMenus menus_{*this, parts_, editor_, files_, search_, tools_};

  quint64 shown_analysis_ = 0;
  QMouseEvent* mouse_event_ = nullptr;  ///< at work
  QPoint last_pos_{};
  bool shows_focus_ = false;  ///< the keyboard came here by keys
  QString writing_key_{};     ///< what is written into a note or a title from its first letter to the last is one step
};

}  // namespace feedline::gui::inline canvas
