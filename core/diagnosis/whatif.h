// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/scaling.h"
#include "diagnosis/verdict.h"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace feedline::inline diagnosis {

/// What could be different. Unset: as it is.
struct WhatIf {
  std::optional<double> cores{};
  std::optional<double> memory{};  ///< bytes for a cache at the best place
  std::optional<double> disk_bytes_per_s{};
  std::optional<double> batch{};
  std::optional<std::size_t> workers{};  ///< then the settings stay as they are otherwise; else the best ones are taken
  double step_speedup = 1;               ///< a faster GPU
  std::vector<std::pair<std::string, double>> faster{};  ///< node, so many times
  std::optional<std::size_t> ranks{};                    ///< processes that share out each batch
  std::optional<std::size_t> ranks_per_machine{};        ///< unset: as now; of a run alone one a machine
  std::optional<double> network_bytes_per_s{};
  std::optional<double> network_latency{};  ///< seconds a message

  [[nodiscard]] bool nothing() const;
  /// Ranks or the network between them are asked about: settings then stay as they are.
  [[nodiscard]] bool of_ranks() const;
};

/// The answer, in microseconds.
struct WhatIfAnswer {
  double measured = 0;
  double ceiling = 0;                   ///< as things are
  Solution solution{};                  ///< with the changes
  std::string cached{};                 ///< the node behind which a cache then stands; empty: none
  std::optional<ScalingPoint> ranks{};  ///< where ranks or network were changed: the rate is its
  [[nodiscard]] double rate() const { return solution.samples_per_s; }
};

/// What more ranks would bring, with these changes of machines and network: the model behind WhatIf::ranks.
[[nodiscard]] ScalingModel scaling_with(const RunFacts& facts, const Diagnosis& diagnosis, const WhatIf& change);

/// Solves the closed form again with the changes. Sources: Plumber's what-if, DS-Analyzer's speed = min(F, P, G).
[[nodiscard]] WhatIfAnswer what_if(const RunFacts& facts, const Diagnosis& diagnosis, const WhatIf& change);

}  // namespace feedline::inline diagnosis
