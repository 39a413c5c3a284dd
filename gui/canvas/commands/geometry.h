// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <QRectF>

#include <optional>
#include <string>
#include <vector>

namespace feedline::gui::inline canvas {

/// How large things are drawn, in scene coordinates: all that a command has to know beyond the diagram. On the canvas
/// the scene answers, in a test a table does.
class Geometry {
 public:
  Geometry() = default;
  virtual ~Geometry() = default;
  Geometry(const Geometry&) = delete;
  Geometry& operator=(const Geometry&) = delete;

  /// Of a node that is drawn; none for one that is not.
  [[nodiscard]] virtual std::optional<QRectF> body(const std::string& node) const = 0;
  /// What a node that is not drawn yet may come to take.
  [[nodiscard]] virtual QSizeF size_of(const Node& node) const = 0;
  /// A note as it is drawn: as high as its text needs.
  [[nodiscard]] virtual QRectF sheet(const Comment& note) const = 0;
};

/// A note as the diagram has it.
[[nodiscard]] inline QRectF area_of(const Comment& note) {
  return {note.position.x, note.position.y, note.width, note.height};
}

/// The bodies of nodes, notes and frames, in the order of their ids; ids of nothing are left out.
[[nodiscard]] std::vector<QRectF> bodies_of(const Diagram& diagram, const Geometry& geometry,
                                            const std::vector<std::string>& ids);

/// What new things must not cover: nodes and notes.
[[nodiscard]] std::vector<QRectF> obstacles(const Diagram& diagram, const Geometry& geometry);

}  // namespace feedline::gui::inline canvas
