// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/wire_drag.h"

#include <QPoint>
#include <QPointF>

#include <memory>

class QGraphicsPathItem;

namespace feedline::gui::inline canvas {

struct CanvasParts;
class AdapterOffer;
class NodeSearch;

/// A wire in the hand, whatever leads it, mouse or keys: what fits lights up, what does not is refused with the reason
/// beside the cursor.
class HeldWire {
 public:
  HeldWire(CanvasParts& parts, NodeSearch& search, AdapterOffer& adapters);
  ~HeldWire();
  HeldWire(const HeldWire&) = delete;
  HeldWire& operator=(const HeldWire&) = delete;

  [[nodiscard]] bool active() const { return wire_ != nullptr; }
  [[nodiscard]] const WireDrag& wire() const { return *wire_; }

  void begin(const PortId& start, QPoint pos);
  /// Leads its end to here. `tell`: says why it may not end where it is refused.
  void lead(QPoint pos, bool tell);
  /// Connects, or says why not and offers what would help; over nothing it offers nodes that fit.
  void drop(QPoint pos);
  /// Offers nodes that fit, here.
  void search_here(QPoint pos);
  /// Takes a lifted wire away, else lets go.
  void drop_on_nothing();
  void end();  ///< nothing happens if there is none

 private:
  [[nodiscard]] std::optional<PortId> target_at(QPoint pos) const;
  void drop_on(const WireDrag& wire, const PortId& target, QPoint pos);

  CanvasParts& parts_;
  NodeSearch& search_;
  AdapterOffer& adapters_;
  std::unique_ptr<WireDrag> wire_{};
  QGraphicsPathItem* preview_ = nullptr;  ///< the scene's, while there is a wire
};

}  // namespace feedline::gui::inline canvas
