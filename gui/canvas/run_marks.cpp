// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/run_marks.h"

#include "graph/path.h"
#include "graph/subgraph.h"
#include "gui/canvas/graph_scene.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/paint_tools.h"
#include "gui/models/text.h"

#include <algorithm>

namespace feedline::gui::inline canvas {
namespace {

/// Would a run of both do the same?
bool same_meaning(const Diagram& a, const Diagram& b) {
  const auto same_node = [](const Node& x, const Node& y) {
    return x.id == y.id && x.type == y.type && x.muted == y.muted && x.params == y.params &&
           static_cast<bool>(x.inner) == static_cast<bool>(y.inner) && (!x.inner || same_meaning(*x.inner, *y.inner));
  };
  const auto same_link = [](const Link& x, const Link& y) { return x.from == y.from && x.to == y.to; };
  return std::equal(a.nodes().begin(), a.nodes().end(), b.nodes().begin(), b.nodes().end(), same_node) &&
         std::equal(a.links().begin(), a.links().end(), b.links().begin(), b.links().end(), same_link);
}

bool is_measured(const NodeItem* node) { return node != nullptr && node->live() && node->live()->measured; }

}  // namespace

RunMarks::RunMarks(QGraphicsView& view, GraphScene& scene, const ShownDiagram& shown, Camera& camera)
    : view_(view), scene_(scene), shown_(shown), camera_(camera), live_(scene, nullptr, [this](const std::string& id) {
        return shown_.path_of(id);
      }) {}

void RunMarks::show_snapshot(const Snapshot& now, const Snapshot& earlier) {
  if (!live_.show(now, earlier, find_role(shown_.document(), Role::Trainer), staged_)) return;
  scene_.sizes_changed();
  camera_.refit();
}

void RunMarks::show_active(bool active) {
  running_.reset();
  if (!active) return live_.rest();
  running_ = shown_.document();
  clear();
  live_.begin();
}

void RunMarks::clear() {
  failures_.clear();
  live_.clear();
  scene_.sizes_changed();
}

void RunMarks::mark_failed(const QString& node, const QString& message) {
  failures_[drawn_path(node.toStdString())] = message;
  show_failures();
}

void RunMarks::point_out(const QStringList& paths) {
  for (const auto& [id, item] : scene_.nodes()) {
    const std::string here = shown_.path_of(id);
    item->set_pointed_out(std::any_of(paths.begin(), paths.end(), [&](const QString& path) {
      const std::string drawn = drawn_path(path.toStdString());
      return drawn == here || is_within(drawn, here);
    }));
  }
}

void RunMarks::show_failures() {
  for (const auto& [path, message] : failures_)
    for (const auto& [id, item] : scene_.nodes())
      if (path == shown_.path_of(id) || is_within(path, shown_.path_of(id))) item->set_failure(message);
}

bool RunMarks::outdated() const { return running_ && !same_meaning(*running_, shown_.document()); }

void RunMarks::click(QPoint pos) {
  const QPointF place = view_.mapToScene(pos);
  const NodeItem* node = scene_.node_at(place);
  if (!is_measured(node) || camera_.zoom() < text_zoom()) return;
  if (node->live_area().contains(place))
    Q_EMIT durations_wanted(to_qstring(shown_.path_of(node->id())), view_.viewport()->mapToGlobal(pos));
}

void RunMarks::ask_for_durations_of_selection() {
  const std::vector<std::string> ids = scene_.selected_nodes();
  const NodeItem* node = ids.size() == 1 ? scene_.node(ids.front()) : nullptr;
  if (!is_measured(node)) {
    Q_EMIT said(tr("Select a node of the data side while a run is on, or after it"));
    return;
  }
  Q_EMIT durations_wanted(to_qstring(shown_.path_of(node->id())),
                          view_.viewport()->mapToGlobal(view_.mapFromScene(node->live_area().bottomLeft())));
}

}  // namespace feedline::gui::inline canvas
