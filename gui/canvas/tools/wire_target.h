// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <QRectF>

#include <optional>

namespace feedline::gui::inline canvas {

struct CanvasParts;

/// The wire that what is held would be put into if it were dropped now; it is drawn as such.
class WireTarget {
 public:
  explicit WireTarget(CanvasParts& parts) : parts_(parts) {}

  /// The input that it ends at.
  [[nodiscard]] const std::optional<PortRef>& wire() const { return wire_; }
  void set(const std::optional<PortRef>& wire);
  /// Takes it, and marks none any more.
  std::optional<PortRef> take();
  /// A wire under the middle of this body, that this node of the diagram could be put into.
  [[nodiscard]] std::optional<PortRef> under(const QRectF& body, const std::string& node) const;

 private:
  CanvasParts& parts_;
  std::optional<PortRef> wire_{};
};

}  // namespace feedline::gui::inline canvas
