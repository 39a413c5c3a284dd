// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <cstddef>

namespace feedline::test {

/// A data side and a deep model: convolution, batch norm and ReLU in turns, in rows of 25, as people lay them out.
[[nodiscard]] Document deep_network(std::size_t nodes);

}  // namespace feedline::test
