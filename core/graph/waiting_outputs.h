// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/graph: which outputs hang on what a fitted node has not learnt yet.

#include "graph/wiring.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <vector>

namespace feedline::inline graph {

/// By node and output. Nodes are asked in running order.
class WaitingOutputs {
 public:
  explicit WaitingOutputs(const Wiring& wiring) : wiring_(wiring), waits_(wiring.nodes().size()) {
    for (std::size_t node = 0; node < waits_.size(); ++node)
      if (const NodeSpec* spec = wiring.spec(node)) waits_[node].resize(spec->outputs.size(), false);
  }

  /// What enters a batch or sampler leaves it by the output of the same name; all other outputs follow from all inputs.
  void pass_on(std::size_t node) {
    const NodeSpec& spec = *wiring_.spec(node);
    const bool by_name = spec.role == Role::Batch || spec.role == Role::Sampler;
    for (const std::size_t wire : wiring_.wires_into(node)) {
      const Link& link = wiring_.links()[wire];
      const std::size_t up = wiring_.from(wire);
      const int from = wiring_.spec(up) == nullptr ? -1 : wiring_.spec(up)->output(link.from.port);
      if (from < 0 || !waits_[up][static_cast<std::size_t>(from)]) continue;
      for (std::size_t port = 0; port < spec.outputs.size(); ++port)
        if (!by_name || spec.input(spec.outputs[port].name) < 0 || spec.outputs[port].name == link.to.port)
          waits_[node][port] = true;
    }
  }
  /// The node itself has to learn.
  void begin_at(std::size_t node) { waits_[node].assign(waits_[node].size(), true); }
  [[nodiscard]] bool any(std::size_t node) const {
    return std::find(waits_[node].begin(), waits_[node].end(), true) != waits_[node].end();
  }
  [[nodiscard]] std::set<PortRef> all() const {
    std::set<PortRef> outputs;
    for (std::size_t node = 0; node < waits_.size(); ++node)
      for (std::size_t port = 0; port < waits_[node].size(); ++port)
        if (waits_[node][port]) outputs.insert({wiring_.nodes()[node].id, wiring_.spec(node)->outputs[port].name});
    return outputs;
  }

 private:
  const Wiring& wiring_;
  std::vector<std::vector<bool>> waits_;
};

}  // namespace feedline::inline graph
