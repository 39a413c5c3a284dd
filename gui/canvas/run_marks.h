// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/camera.h"
#include "gui/canvas/live_layer.h"
#include "gui/canvas/shown_diagram.h"
#include "telemetry/snapshot.h"

#include <QStringList>

#include <map>
#include <optional>

namespace feedline::gui::inline canvas {

class NodeItem;

/// What a run leaves on the canvas: numbers and moods (LiveLayer), failures, the nodes that the verdict points at; and
/// whether what was changed since reaches it.
class RunMarks : public QObject {
  Q_OBJECT

 public:
  RunMarks(QGraphicsView& view, GraphScene& scene, const ShownDiagram& shown, Camera& camera);

  void show_snapshot(const Snapshot& now, const Snapshot& earlier);
  /// A run has begun (marks of the last one go) or ended (its last numbers stay).
  void show_active(bool active);
  void show_staged(bool staged) { staged_ = staged; }
  void show_bottleneck(const QString& node) { live_.set_bottleneck(node.toStdString()); }
  void point_out(const QStringList& paths);
  void clear();
  void mark_failed(const QString& node, const QString& message);
  /// Other nodes are shown.
  void show_failures();
  /// A run is on, and the graph has been changed since it began, so that a run of it would do something else.
  [[nodiscard]] bool outdated() const;

  /// A click at this place of the viewport: on the live numbers of a node it asks how long that takes over its records.
  void click(QPoint pos);
  /// The same of the selected node.
  void ask_for_durations_of_selection();

 Q_SIGNALS:
  void durations_wanted(const QString& node_path, QPoint place);
  void said(const QString& text);

 private:
  QGraphicsView& view_;
  GraphScene& scene_;
  const ShownDiagram& shown_;
  Camera& camera_;
  LiveLayer live_;
  std::map<std::string, QString> failures_{};  ///< by path, of the last run
  std::optional<Document> running_{};          ///< what the run that is on trains
  bool staged_ = false;
};

}  // namespace feedline::gui::inline canvas
