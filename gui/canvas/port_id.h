// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

namespace feedline::gui::inline canvas {

enum class Side { Input, Output };

/// One socket on the canvas. A PortRef alone does not say which side it means: a node may have an input and an output
/// of one name.
struct PortId {
  PortRef ref{};
  Side side = Side::Output;
  bool operator==(const PortId&) const = default;
  auto operator<=>(const PortId&) const = default;
};

}  // namespace feedline::gui::inline canvas
