// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/tools/key_wire_tool.h"

#include "graph/port_edits.h"
#include "gui/base/theme.h"
#include "gui/canvas/graph_scene.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/shown_diagram.h"
#include "gui/models/text.h"

#include <QCoreApplication>
#include <QKeyEvent>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline canvas {
namespace {

QString key_wire_words(const char* text) { return QCoreApplication::translate("Canvas", text); }

QPoint socket_in_view(const CanvasParts& parts, const PortId& port) {
  const auto place = parts.scene.socket(port);
  return place ? parts.view.mapFromScene(*place) : parts.view.viewport()->rect().center();
}

}  // namespace

/// Outputs, inputs that are free, and inputs that give their wire away.
std::vector<PortId> KeyWireTool::starts() const {
  const std::vector<std::string> selected = parts_.scene.selected_nodes();
  const NodeItem* node = selected.empty() ? nullptr : parts_.scene.node(selected.front());
  std::vector<PortId> ports;
  if (node == nullptr) {
    parts_.shown.say(key_wire_words("Select a node first (Ctrl and an arrow key); W then takes a wire off it."));
    return ports;
  }
  ports = node->ports();
  const auto rank = [&](const PortId& port) {
    if (port.side == Side::Output) return 0;
    return parts_.shown.diagram().link_into(port.ref) == nullptr ? 1 : 2;
  };
  std::stable_sort(ports.begin(), ports.end(), [&](const PortId& a, const PortId& b) { return rank(a) < rank(b); });
  return ports;
}

bool KeyWireTool::start() {
  const std::vector<PortId> ports = starts();
  if (ports.empty()) return wire_.active();
  start_ = wire_.active() ? (start_ + 1) % ports.size() : 0;
  wire_.end();
  wire_.begin(ports[start_], socket_in_view(parts_, ports[start_]));
  find_targets();
  choose(1);
  tell_keys();
  return true;
}

void KeyWireTool::tell_keys() const {
  if (const auto& lifted = wire_.wire().lifted()) {
    parts_.shown.say(
        key_wire_words("%1: Delete removes the wire, arrow keys choose where else it ends, Enter connects.")
            .arg(to_qstring(lifted->from.text() + " → " + lifted->to.text())));
  } else if (targets_.empty()) {
    parts_.shown.say(key_wire_words("No node in the graph takes this wire; the space bar offers nodes that do."));
  } else {
    parts_.shown.say(
        key_wire_words("Arrow keys choose where the wire ends, Enter connects, the space bar adds a node."));
  }
}

void KeyWireTool::find_targets() {
  targets_.clear();
  target_ = -1;
  const PortId& start = wire_.wire().anchor();
  const QPointF from = parts_.scene.socket(start).value_or(QPointF());
  for (const auto& [id, item] : parts_.scene.nodes())
    for (PortId& port : item->ports())
      if (port.side != start.side && id != start.ref.node && !wire_.wire().refusal(port))
        targets_.push_back(std::move(port));
  const auto& lifted = wire_.wire().lifted();
  std::sort(targets_.begin(), targets_.end(), [&](const PortId& a, const PortId& b) {
    const auto away = [&](const PortId& port) {
      if (lifted && port.ref == lifted->to) return -1.0;  // where it ends as yet
      const QPointF way = parts_.scene.socket(port).value_or(from) - from;
      return std::hypot(way.x(), way.y());
    };
    const bool new_a = a.ref.port == kFreePort;  // another input is made only where it is asked for
    const bool new_b = b.ref.port == kFreePort;
    return new_a != new_b ? new_b : away(a) < away(b);
  });
}

void KeyWireTool::choose(int step) {
  if (targets_.empty()) return;
  const int count = static_cast<int>(targets_.size());
  target_ = (std::max(target_, step > 0 ? -1 : 0) + step + count) % count;
  const PortId& target = targets_[static_cast<std::size_t>(target_)];
  if (const NodeItem* item = parts_.scene.node(target.ref.node))
    parts_.view.ensureVisible(item, 4 * Theme::kUnit, 4 * Theme::kUnit);
  wire_.lead(socket_in_view(parts_, target), true);
  parts_.shown.say(to_qstring(wire_.wire().anchor().ref.text() + " → " + target.ref.text()));
}

void KeyWireTool::connect() {
  if (target_ < 0) return wire_.end();
  wire_.drop(socket_in_view(parts_, targets_[static_cast<std::size_t>(target_)]));
}

bool KeyWireTool::key(const QKeyEvent& event) {
  switch (event.key()) {
    case Qt::Key_Right:
    case Qt::Key_Down:
    case Qt::Key_Tab:
      return choose(1), true;
    case Qt::Key_Left:
    case Qt::Key_Up:
    case Qt::Key_Backtab:
      return choose(-1), true;
    case Qt::Key_W:
      return start(), true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      return connect(), true;
    case Qt::Key_Delete:
    case Qt::Key_Backspace:
      return wire_.drop_on_nothing(), true;
    case Qt::Key_Space:
      return wire_.search_here(socket_in_view(parts_, wire_.wire().anchor()) + QPoint(40, 0)), true;
    case Qt::Key_Shift:
    case Qt::Key_Control:
    case Qt::Key_Alt:
    case Qt::Key_AltGr:
    case Qt::Key_Meta:
      return true;
    default:
      return wire_.end(), true;
  }
}

}  // namespace feedline::gui::inline canvas
