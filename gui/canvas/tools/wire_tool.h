// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/tools/held_wire.h"
#include "gui/canvas/tools/tool.h"

namespace feedline::gui::inline canvas {

/// Drags a wire off a socket. One that is pulled off an input and dropped on nothing is removed.
class WireTool : public Tool {
 public:
  WireTool(CanvasParts& parts, NodeSearch& search, AdapterOffer& adapters)
      : Tool(parts), wire_(parts, search, adapters) {}

  bool press(const Pointer& at) override;
  void move(const Pointer& at) override { wire_.lead(at.pos, at.dragged); }
  void release(const Pointer& at) override;
  void cancel() override { wire_.end(); }
  bool survives_change() const override { return false; }
  [[nodiscard]] std::optional<Qt::CursorShape> cursor(const Pointer& at) const override;
  [[nodiscard]] bool pans_at_edge(bool dragged) const override { return dragged; }

 private:
  HeldWire wire_;
};

}  // namespace feedline::gui::inline canvas
