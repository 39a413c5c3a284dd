// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/camera.h"
#include "gui/canvas/shown_diagram.h"

#include <map>
#include <optional>
#include <string>

class QUndoCommand;

namespace feedline::gui::inline canvas {

/// Where one looked: at each sub-graph when one left it, and before and after each step that arranged the graph, which
/// takes the view along when it is undone or done again.
class LookHistory {
 public:
  LookHistory(const ShownDiagram& shown, Camera& camera) : shown_(shown), camera_(camera) {}

  void leave(const std::string& scope) { left_[scope] = camera_.look(); }
  /// Looks as one did when this was left; false if it never was.
  bool come_back(const std::string& scope);
  void forget_scopes() { left_.clear(); }

  /// The step that has just been done arranged the graph, and one looked like this before.
  void note_arranged(const Camera::Look& before);
  /// The undo stack stands at another step.
  void follow(int index);

 private:
  struct Arranged {
    const QUndoCommand* command = nullptr;
    std::string scope{};
    Camera::Look before{};
    Camera::Look after{};
  };

  const ShownDiagram& shown_;
  Camera& camera_;
  std::map<std::string, Camera::Look> left_{};
  std::map<int, Arranged> arranged_{};  ///< by the place of the step in the history
  int index_ = 0;
};

}  // namespace feedline::gui::inline canvas
