// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/wire_point.h"

#include <string>
#include <vector>

namespace feedline::gui::inline canvas {

/// What a command is to work on.
struct Selection {
  std::vector<std::string> nodes{};
  std::vector<std::string> notes{};
  std::vector<std::string> frames{};
  std::vector<Link> wires{};
  std::vector<WirePoint> points{};

  /// Of nodes, notes and frames.
  [[nodiscard]] std::vector<std::string> ids() const {
    std::vector<std::string> all = nodes;
    all.insert(all.end(), notes.begin(), notes.end());
    all.insert(all.end(), frames.begin(), frames.end());
    return all;
  }
};

}  // namespace feedline::gui::inline canvas
