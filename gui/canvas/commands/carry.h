// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"
#include "gui/canvas/commands/geometry.h"
#include "gui/canvas/commands/selection.h"

#include <QStringList>

#include <utility>

namespace feedline::gui::inline canvas {

/// What moves together, and where it was: what is selected, what lies in selected frames, and the points of wires whose
/// ends both go.
struct Carried {
  std::vector<std::pair<std::string, Position>> things{};            ///< nodes, notes, frames
  std::vector<std::pair<SetWirePoints, std::vector<bool>>> wires{};  ///< and which of their points move
  [[nodiscard]] bool empty() const { return things.empty() && wires.empty(); }
  [[nodiscard]] std::vector<std::string> ids() const;
};

[[nodiscard]] Carried carried_with(const Diagram& diagram, const Geometry& geometry, const Selection& selection);

/// The selected ids, and those of what lies in selected frames: what is copied, cut or grouped.
[[nodiscard]] std::vector<std::string> with_frame_content(const Diagram& diagram, const Geometry& geometry,
                                                          const Selection& selection);

/// All of it `shift` away from where it was. `carried` must not be empty.
[[nodiscard]] Edit moved(const Carried& carried, QPointF shift);

/// What follows from a move.
struct Settled {
  Edit::List steps{};  ///< frames grow with what was moved in them
  struct Left {
    std::string frame{};  ///< its title
    QStringList things{};
  };
  std::vector<Left> left{};  ///< what was moved out of frames
};
/// After a move; `carried` is as it was before.
[[nodiscard]] Settled settled_in_frames(const Diagram& diagram, const Geometry& geometry, const Carried& carried);

}  // namespace feedline::gui::inline canvas
