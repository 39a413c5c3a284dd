// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/graph: the rules of wires, shared by check_connect() and analyse(), and the order of nodes.

#include "graph/document.h"

#include <cstddef>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace feedline::inline graph {

/// A diagram with its names looked up once. Holds references: it lives no longer than the diagram.
class Wiring {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  Wiring(const Diagram& diagram, const Registry& registry);

  [[nodiscard]] const std::vector<Node>& nodes() const { return diagram_.nodes(); }
  [[nodiscard]] const std::vector<Link>& links() const { return diagram_.links(); }
  /// Index of a node, kNone if there is none.
  [[nodiscard]] std::size_t index(std::string_view id) const;
  /// Null for an unknown type. With the node's own ports: a sub-graph's are those that its diagram gives it, others may
  /// follow from parameters (NodeSpec::ports); a sub-graph input's has the kind of what it is wired to.
  [[nodiscard]] const NodeSpec* spec(std::size_t node) const { return specs_[node]; }
  /// Indices into links(), in document order.
  [[nodiscard]] const std::vector<std::size_t>& wires_into(std::size_t node) const { return into_[node]; }
  [[nodiscard]] const std::vector<std::size_t>& wires_out_of(std::size_t node) const { return out_of_[node]; }
  /// Node at the far end of a wire.
  [[nodiscard]] std::size_t from(std::size_t link) const { return from_[link]; }
  [[nodiscard]] std::size_t to(std::size_t link) const { return to_[link]; }

  /// What an output port gives by the specs alone: a port of kind Any passes on the Any input of its own name, else the
  /// node's first Any input. Any while that is open.
  [[nodiscard]] Kind kind_of(const PortRef& output) const { return carried(output).first; }
  /// Can the output still give anything, because no wire has decided its kind (PortSpec::open)?
  [[nodiscard]] bool is_open(const PortRef& output) const { return carried(output).second; }

 private:
  const Diagram& diagram_;
  std::unordered_map<std::string_view, std::size_t> indices_{};
  [[nodiscard]] std::pair<Kind, bool> carried(const PortRef& output) const;
  void make_specs(const Registry& registry);

  std::vector<const NodeSpec*> specs_{};
  std::deque<NodeSpec> made_{};  ///< those that are not the registry's
  std::vector<std::vector<std::size_t>> into_{};
  std::vector<std::vector<std::size_t>> out_of_{};
  std::vector<std::size_t> from_{};
  std::vector<std::size_t> to_{};
};

/// Do both ports exist and is the one an output, the other an input? Unknown node types are an error too.
[[nodiscard]] std::optional<Error> check_ports(const Wiring& wiring, const PortRef& from, const PortRef& to,
                                               const Registry& registry);
/// May a value of `kind` enter the port? The error names adapters that help.
[[nodiscard]] std::optional<Error> check_kinds(const PortRef& from, Kind kind, const PortRef& to, const PortSpec& input,
                                               const Registry& registry);
/// Both: may a wire lead from here to there, by the ports and kinds of the specs? What else it takes (a free input, no
/// cycle) is check_connect()'s to say.
[[nodiscard]] std::optional<Error> check_ends(const Wiring& wiring, const PortRef& from, const PortRef& to,
                                              const Registry& registry);
/// Which nodes to put between, most direct first: "Put a decode node between"; empty if none help.
[[nodiscard]] std::string adapter_remedy(Kind from, Kind to, const Registry& registry);

struct Order {
  std::vector<std::size_t> nodes{};                ///< every wire goes forward; nodes on a cycle are absent
  std::vector<std::vector<std::size_t>> cycles{};  ///< one cycle of each knot, in the direction of its wires
};
/// Tarjan's strongly connected components (SIAM J. Comput. 1972), without recursion. Linear; among the possible orders
/// the one nearest to the document's.
[[nodiscard]] Order order_nodes(const Wiring& wiring);

}  // namespace feedline::inline graph
