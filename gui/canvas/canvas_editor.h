// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/adapters.h"
#include "gui/canvas/arrange.h"
#include "gui/canvas/arrange_job.h"
#include "gui/canvas/canvas_parts.h"
#include "gui/canvas/commands/carry.h"
#include "gui/canvas/look_history.h"

#include <QObject>
#include <QString>

namespace feedline::gui::inline canvas {

/// What the canvas does to the graph at one word, by key, menu or button: it takes what is selected, asks a command
/// (gui/canvas/commands) for the edit, applies it, selects what is new and brings it into view.
class CanvasEditor : public QObject {
  Q_OBJECT

 public:
  CanvasEditor(CanvasParts& parts, LookHistory& looks);

  // --- adding ------------------------------------------------------------------------------------------------------
  void add_node(const QString& type);  ///< at the middle of the view
  /// Its top left corner there, on the grid; parameters that are not given keep their defaults.
  void add_node_at(const QString& type, QPointF place, const ParamMap& params = {});
  /// A node that is made already, at the free place nearest to this one, under a free id like its own.
  void add_copy(Node node, QPointF place);
  /// Its middle there, put into the wire that ends at this input.
  void add_node_into(const NodeSpec& spec, QPointF middle, const std::optional<PortRef>& wire);
  /// What reads the data at this path, as one step: a source, or two where validation data lie beside it. Says why if
  /// nothing does.
  void take_data(const QString& path, QPointF place);
  void add_comment_at(QPointF place);
  void add_frame();  ///< about the selection, or in the middle of the view
  void add_point(const PortRef& wire, QPointF place);
  void insert_adapter(const AdapterChain& chain, const PortRef& from, const PortRef& to);

  // --- changing ----------------------------------------------------------------------------------------------------
  /// Removes what is selected; wires heal past removed nodes where kinds allow.
  void delete_selection() { remove(true); }
  /// The same, and wires that end at removed nodes just go.
  void delete_without_healing() { remove(false); }
  void set_frame_color(const QString& color);  ///< of the selected frames
  void toggle_mute();
  /// A stage of the trainer's network begins at this node of the document, or no longer; says why where none can.
  void toggle_stage(const std::string& node);
  /// The same at the first layer that lies in the selected frame.
  void toggle_stage_of_frame();
  void group_selection();
  void ungroup_selection();
  void align_selection(Align how);
  void distribute_selection(Qt::Orientation along);
  void nudge(QPointF shift);
  /// Places the selected nodes, or all, in layers; large graphs on another thread.
  void lay_out();
  /// Shows how far that is.
  [[nodiscard]] ArrangeJob& arrange_job() { return arrange_job_; }

  // --- clipboard ---------------------------------------------------------------------------------------------------
  void select_all();
  void copy();
  void cut();
  void paste() { paste_at(parts_.pointer); }  ///< at the pointer, else beside what was copied or in the middle
  void paste_at(std::optional<QPoint> pos);
  void duplicate();

  // --- for tools ---------------------------------------------------------------------------------------------------
  [[nodiscard]] Carried carried() const;
  /// After a move: frames grow with what was moved in them, and what left one is told.
  void settle(const Carried& carried, const QString& gesture);
  /// The edit, and what it adds is selected and brought into view.
  bool apply_added(Edit edit, const std::vector<std::string>& ids);
  /// Steps of the arrow keys in sequence are one step of undo, until something else is selected.
  void end_nudging() { nudge_key_.clear(); }

 Q_SIGNALS:
  /// Data from a file manager became the first thing on the empty canvas.
  void data_dropped(const QString& path);
  /// A large graph is being laid out: the progress bar stands on the canvas.
  void arranging();

 private:
  [[nodiscard]] const Diagram& diagram() const;
  void select_added(const std::vector<std::string>& ids);
  void follow(const std::vector<std::string>& ids);
  void remove(bool heal);
  /// Where there is no edit, it says why, beside the node.
  void apply_or_refuse(const Result<Edit>& edit);
  void paste_part(const Document& part, QPointF offset);
  void take_places(const ArrangeJob::Places& places);

  CanvasParts& parts_;
  LookHistory& looks_;
  QString nudge_key_{};
  std::vector<std::string> arranged_{};
  ArrangeJob arrange_job_;
};

}  // namespace feedline::gui::inline canvas
