// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "graph/validate.h"

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
  std::vector<std::string> fields{};    ///< inputs of the batch that it leads to (see RunFacts::labels)
};

/// What a diagnosis must know of a run besides its meters: the graph, and what the machine and the run gave it.
struct RunFacts {
  std::size_t cores = 1;         ///< that the process may use
  std::size_t workers = 1;       ///< loader threads
  std::size_t most_workers = 0;  ///< that tuning may use; 0: see workers_limit()
  std::size_t prefetch = 4;      ///< batches; 0: nothing overlaps
  bool staged = false;
  bool on_cpu = true;  ///< the step shares the cores with the loader
  int replicas = 1;
  int intra_op_threads = 1;
  bool bfloat16 = false;       ///< the device has it
  bool channels_last = false;  ///< pictures lie so in memory
  std::string precision = "float32";
  std::int64_t batch = 64;
  std::uint64_t records = 0;    ///< training records an epoch
  std::uint32_t epochs = 1;     ///< 0: until stopped
  std::uint64_t memory = 0;     ///< bytes that caches may take
  double disk_bytes_per_s = 0;  ///< what the disk can do; 0: not known
  std::string trainer_node{};
  std::string batch_node{};
  std::vector<DataNode> nodes{};  ///< of the training data, every input first
  std::vector<std::string> labels{"label"};  ///< inputs of the batch that take labels, for which no file is read

  [[nodiscard]] const DataNode* find(std::string_view id) const;
  [[nodiscard]] bool is_label(std::string_view field) const;
  /// Waiting costs no core, so more workers than cores can help; but not any number.
  [[nodiscard]] std::size_t workers_limit() const;
  [[nodiscard]] double step_threads() const;
};

/// What the graph alone says: trainer settings, batch size, the data side of the trainer's loss, as it runs: nodes of
/// sub-graphs are named by their paths, muted ones are left out. What only a run knows (device, replicas, records)
/// keeps its default.
[[nodiscard]] RunFacts facts_of(const Document& document, const Registry& registry = Registry::instance());

}  // namespace feedline
