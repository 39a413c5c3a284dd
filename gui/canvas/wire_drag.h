// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"
#include "graph/validate.h"
#include "gui/canvas/port_id.h"

#include <map>
#include <optional>

namespace feedline::gui::inline canvas {

/// A wire in the hand: where it starts, what it may be dropped on, and the edit that dropping makes. It looks at the
/// diagram only; check_connect() decides.
class WireDrag {
 public:
  /// Drags off `start`. An input that is connected gives its wire away: it then hangs at its output.
  WireDrag(const Diagram& diagram, const PortId& start);

  /// The end that stays.
  [[nodiscard]] const PortId& anchor() const { return anchor_; }
  /// The wire that was picked up, if any.
  [[nodiscard]] const std::optional<Link>& lifted() const { return lifted_; }
  /// Why the wire may not end here; none if it may. Asked once a port, then remembered.
  [[nodiscard]] const std::optional<Error>& refusal(const PortId& target) const;
  /// Dropping on `target`, which must fit. One change, whatever wire it replaces; none if nothing would change.
  [[nodiscard]] std::optional<Edit> drop_on(const PortId& target) const;
  /// The input at which a wire dropped on `target` ends: that of the free input is the one which it makes.
  [[nodiscard]] PortRef end_at(const PortId& target) const;
  /// Dropping on empty canvas: takes a lifted wire away, else nothing.
  [[nodiscard]] std::optional<Edit> drop_on_nothing() const;

  /// The first port of a node of this type that the wire could end at, if it stood on the canvas.
  [[nodiscard]] std::optional<std::string> port_that_fits(const NodeSpec& spec) const;
  /// Adds such a node, connected.
  [[nodiscard]] Edit drop_on_new(const NodeSpec& spec, const std::string& id, Position position) const;

 private:
  [[nodiscard]] std::optional<Error> check(const Diagram& diagram, const PortId& target) const;
  [[nodiscard]] std::pair<PortRef, PortRef> ends(const PortId& target) const;

  Diagram diagram_;  ///< as it is without the lifted wire
  PortId anchor_;
  std::optional<Link> lifted_{};
  mutable std::map<PortId, std::optional<Error>> refusals_{};
};

}  // namespace feedline::gui::inline canvas
