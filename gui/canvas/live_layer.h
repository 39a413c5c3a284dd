// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/live_state.h"

#include <QElapsedTimer>
#include <QObject>

#include <functional>
#include <string>
#include <utility>

namespace feedline::gui::inline canvas {

class GraphScene;

/// What a run adds to the canvas: numbers, moods and sparklines on nodes, flow in wires. All of it changes together, at
/// the window's pace, and the canvas is drawn once for it all. Drops move only while something flows and the user has
/// not asked for less motion.
class LiveLayer : public QObject {
  Q_OBJECT

 public:
  /// `path_of`: the path of a node of the diagram that is shown.
  LiveLayer(const GraphScene& scene, QObject* parent, std::function<std::string(const std::string& id)> path_of);

  /// True if nodes have become taller for it.
  bool show(const Snapshot& now, const Snapshot& earlier, const std::string& trainer, bool staged);
  /// From now on this node is marked; empty: none.
  void set_bottleneck(std::string node) { bottleneck_ = std::move(node); }
  /// A run begins: wires show what flows.
  void begin() { running_ = true; }
  /// It has ended: its last numbers stay, nothing moves.
  void rest();
  void clear();

 private:
  bool show_nodes(const Snapshot& now, const Snapshot& earlier, const std::string& trainer, bool staged);
  void show_wires(const Snapshot& now, const Snapshot& earlier);

  const GraphScene& scene_;
  std::function<std::string(const std::string&)> path_of_;
  QElapsedTimer shown_{};
  QElapsedTimer sparked_{};
  double phase_ = 0;
  bool running_ = false;
  std::string bottleneck_{};
};

}  // namespace feedline::gui::inline canvas
