// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "graph/validate.h"
#include "plan/execution.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace feedline {

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

/// What a diagnosis must know of a run besides its meters: the graph, and what the machine and the run gave it.
struct RunFacts {
  std::size_t cores = 1;         ///< that the process may use
  std::size_t most_workers = 0;  ///< that tuning may use; 0: see workers_limit()
  /// What the run uses, or what the graph asks for. On the CPU the step shares the cores with the loader.
  Execution execution{
      .epochs = 1, .workers = 1, .prefetch = 4, .replicas = 1, .intra_op_threads = 1, .precision = "float32"};
  bool network = true;  ///< trained by gradient descent; false: an estimator learns
  std::int64_t batch = 64;
  std::uint64_t records = 0;    ///< training records an epoch
  std::uint64_t memory = 0;     ///< bytes that caches may take
  double disk_bytes_per_s = 0;  ///< what the disk can do; 0: not known
  std::string trainer_node{};
  std::string batch_node{};
  std::vector<DataNode> nodes{};  ///< of the training data, every input first

  [[nodiscard]] const DataNode* find(std::string_view id) const;
  /// Waiting costs no core, so more workers than cores can help; but not any number.
  [[nodiscard]] std::size_t workers_limit() const;
  [[nodiscard]] double step_threads() const;
};

/// What the graph alone says: trainer settings, batch size, the data side of what the trainer teaches, as it runs:
/// nodes of sub-graphs are named by their paths, muted ones are left out. What only a run knows (device, replicas,
/// records) keeps its default.
[[nodiscard]] RunFacts facts_of(const Document& document, const Registry& registry = Registry::instance());

}  // namespace feedline
