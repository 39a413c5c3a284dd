// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/scene_geometry.h"

#include "gui/base/theme.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/cost_text.h"
#include "gui/canvas/graph_scene.h"
#include "gui/canvas/node_item.h"

#include <algorithm>

namespace feedline::gui::inline canvas {
namespace {

/// What the card of a source may come to say.
const SourceFacts kLongestFacts{.records = 9'999'999,
                                .passed_over = "99,999 of 99,999 files passed over: 99,999 .jpeg"};

}  // namespace

std::optional<QRectF> SceneGeometry::body(const std::string& node) const {
  const NodeItem* item = scene_.node(node);
  if (item == nullptr) return std::nullopt;
  return item->mapRectToScene(item->body());
}

QSizeF SceneGeometry::size_of(const Node& node) const {
  Diagram alone;
  (void)alone.apply({AddNode{.node = node}});
  const Analysis nothing;
  const FaceMaker faces(alone, nothing);
  NodeFace face = faces.face(alone.nodes().empty() ? node : alone.nodes().front());
  const NodeSpec* spec = Registry::instance().find(node.type);
  if (spec != nullptr && spec->role == Role::Source) face.cost = source_text(kLongestFacts, nullptr);
  return NodeItem(face).body().size() + QSizeF(0, 2 * Theme::kUnit);
}

QRectF SceneGeometry::sheet(const Comment& note) const {
  const CommentItem* item = scene_.comment(note.id);
  const qreal needed = item == nullptr ? 0 : item->shape().boundingRect().height();
  return {note.position.x, note.position.y, note.width, std::max(note.height, needed)};
}

}  // namespace feedline::gui::inline canvas
