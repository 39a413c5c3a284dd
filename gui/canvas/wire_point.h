// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <cstddef>

namespace feedline::gui::inline canvas {

/// One of the points that a wire is led through.
struct WirePoint {
  PortRef to{};  ///< the input that the wire ends at
  std::size_t index = 0;
  bool operator==(const WirePoint&) const = default;
  auto operator<=>(const WirePoint&) const = default;
};

}  // namespace feedline::gui::inline canvas
