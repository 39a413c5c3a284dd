// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/graph: values that are joined must belong to one record.

#include "graph/wiring.h"

#include <cstddef>
#include <vector>

namespace feedline::inline graph {

/// Where the values of each node come from. Nodes are asked in running order.
class RecordOrigins {
 public:
  explicit RecordOrigins(const Wiring& wiring) : wiring_(wiring), origins_(wiring.nodes().size()) {}

  /// Notes where a node's values come from. What is wrong with it: they are of two sources or samplers, or a cache
  /// would keep what is drawn anew in each epoch.
  [[nodiscard]] std::vector<Error> visit(std::size_t node);

 private:
  /// The one source and the one sampler upstream, and a node that draws random numbers, by node index.
  struct Origin {
    std::size_t source = Wiring::kNone;
    std::size_t sampler = Wiring::kNone;
    std::size_t random = Wiring::kNone;
  };

  const Wiring& wiring_;
  std::vector<Origin> origins_;
};

}  // namespace feedline::inline graph
