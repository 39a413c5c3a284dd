// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline plan {

/// A node of the data side, as the graph shows it.
struct DataNode {
  std::string id{};
  std::string type{};
  Role role = Role::Sample;
  bool cache = false;
  /// It draws random numbers, or stands behind a node that does: what it gives differs from epoch to epoch.
  bool random = false;
  std::vector<std::string> upstream{};  ///< every node above it
  std::vector<std::string> fields{};    ///< inputs of the batch that it leads to
};

/// The training data of a graph, as it runs: nodes of sub-graphs are named by their paths, muted ones are left out, and
/// so is what no field that the learner reads depends on.
struct GraphFacts {
  std::string trainer_node{};                ///< empty: there is none
  std::string batch_node{};                  ///< that the trainer learns from; empty: there is none
  std::int64_t batch = 64;                   ///< records in a batch
  bool network = true;                       ///< trained by gradient descent; false: an estimator learns
  std::string estimator_node{};              ///< empty: a network, or nothing, learns
  std::optional<std::uint32_t> passes{};     ///< that the estimator learns in, where it knows
  std::vector<DataNode> nodes{};             ///< every input first
  std::vector<std::string> labels{"label"};  ///< inputs of the batch that take labels, for which no file is read

  [[nodiscard]] const DataNode* find(std::string_view id) const;
  [[nodiscard]] bool is_label(std::string_view field) const;
};

/// Of any graph, finished or not; opens no file.
[[nodiscard]] GraphFacts graph_facts(const Document& document, const Registry& registry = Registry::instance());

}  // namespace feedline::inline plan
