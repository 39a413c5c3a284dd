// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/tools/held_wire.h"
#include "gui/canvas/tools/tool.h"

#include <vector>

namespace feedline::gui::inline canvas {

/// Takes a wire off the selected node by keys: W, again for its next port; arrow keys or Tab choose where it ends,
/// nearest first, Enter connects, the space bar offers nodes that fit, Delete removes a wire that was lifted off its
/// input, any other key lets go.
class KeyWireTool : public Tool {
 public:
  KeyWireTool(CanvasParts& parts, NodeSearch& search, AdapterOffer& adapters)
      : Tool(parts), wire_(parts, search, adapters) {}

  /// Off the selected node's first output, else its first free input, else the wire of its first input. False: there is
  /// nothing to start at.
  bool start();
  [[nodiscard]] bool active() const { return wire_.active(); }

  bool press(const Pointer&) override { return false; }
  void move(const Pointer& at) override { wire_.lead(at.pos, true); }
  bool key(const QKeyEvent& event) override;
  void cancel() override { wire_.end(); }
  bool survives_change() const override { return false; }

 private:
  [[nodiscard]] std::vector<PortId> starts() const;
  void tell_keys() const;
  void find_targets();
  void choose(int step);
  void connect();

  HeldWire wire_;
  std::size_t start_ = 0;          ///< in starts()
  std::vector<PortId> targets_{};  ///< nearest first
  int target_ = -1;
};

}  // namespace feedline::gui::inline canvas
