// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Pipelines of synthetic loads, whose truth is known.

#include "graph/document.h"

#include <QString>

#include <cstdint>
#include <string>
#include <vector>

namespace feedline::test {

/// One load of a pipeline.
struct SyntheticStage {
  double wait_ms = 0;
  double cpu_ms = 0;
  double spread = 0;
  bool sequential = false;
};

struct SyntheticPipeline {
  std::vector<SyntheticStage> stages{};  ///< nodes load1, load2, ...
  std::int64_t batch = 4;
  std::int64_t workers = 1;
  std::int64_t prefetch = 4;
  bool staged = false;
  bool random = false;  ///< begins with a random flip, behind which nothing can be kept

  /// The rates that bound it with so many workers: all loads share the workers, a sequential one lets one in.
  [[nodiscard]] double best_rate(std::int64_t with_workers) const;
  /// The node that limits it as it is set.
  [[nodiscard]] std::string slowest() const;
  /// By how much the limit is tighter than what any other node would set.
  [[nodiscard]] double margin() const;
};

/// A pipeline of two to five loads that wait (so that many can be run at once and any number of workers can help), of
/// which the slowest exceeds the second by `least_margin` or more. The same number gives the same pipeline.
[[nodiscard]] SyntheticPipeline random_pipeline(std::uint64_t number, double least_margin = 1.25);

/// As a graph on small pictures that are written into `folder` (once), with a model of next to no cost.
[[nodiscard]] Document synthetic_graph(const QString& folder, const SyntheticPipeline& pipeline);

}  // namespace feedline::test
