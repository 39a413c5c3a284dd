// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/live_layer.h"

#include "gui/base/pace.h"
#include "gui/base/theme.h"
#include "gui/canvas/graph_scene.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/wire_flow.h"
#include "gui/canvas/wire_item.h"

#include <utility>

namespace feedline::gui::inline canvas {

namespace {
constexpr int kSparkMs = 500;
constexpr double kStride = 5;  // how far drops move each time, in the canvas's own units
}  // namespace

LiveLayer::LiveLayer(const GraphScene& scene, QObject* parent, std::function<std::string(const std::string&)> path_of)
    : QObject(parent), scene_(scene), path_of_(std::move(path_of)) {}

bool LiveLayer::show(const Snapshot& now, const Snapshot& earlier, const std::string& trainer, bool staged) {
  if (now.at <= earlier.at || (shown_.isValid() && shown_.elapsed() < Pace::instance().interval_ms())) return false;
  shown_.start();
  if (running_) show_wires(now, earlier);
  return show_nodes(now, earlier, trainer, staged);
}

bool LiveLayer::show_nodes(const Snapshot& now, const Snapshot& earlier, const std::string& trainer, bool staged) {
  const auto states = live_states(earlier, now, trainer, staged, bottleneck_);
  const bool spark = !sparked_.isValid() || sparked_.elapsed() >= kSparkMs;
  if (spark) sparked_.start();
  bool taller = false;
  for (const auto& [id, item] : scene_.nodes()) {
    const LiveState* state = live_state_at(states, path_of_(id));
    if (state == nullptr) continue;
    taller |= !item->live().has_value();
    if (spark) item->add_spark(state->per_second);
    item->set_live(*state);
  }
  return taller;
}

void LiveLayer::show_wires(const Snapshot& now, const Snapshot& earlier) {
  const FlowMaker flows(earlier, now);
  if (!Theme::instance().reduced_motion()) phase_ += kStride;
  for (const auto& [to, item] : scene_.wires()) {
    item->set_flow(flows.flow(path_of_(item->link().from.node), path_of_(to.node)));
    item->set_phase(phase_);
  }
}

void LiveLayer::rest() {
  running_ = false;
  shown_.invalidate();
  for (const auto& [to, item] : scene_.wires()) item->set_flow(std::nullopt);
}

void LiveLayer::clear() {
  rest();
  bottleneck_.clear();
  for (const auto& [id, item] : scene_.nodes()) {
    item->set_live(std::nullopt);
    item->clear_sparks();
    item->set_failure({});
  }
}

}  // namespace feedline::gui::inline canvas
