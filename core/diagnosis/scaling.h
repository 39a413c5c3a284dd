// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/cost_model.h"

#include <cstddef>
#include <vector>

namespace feedline::inline diagnosis {

/// How long messages take between two ranks: latency + bytes / bandwidth.
struct Network {
  double latency = 50e-6;       ///< seconds a message
  double bytes_per_s = 1.25e9;  ///< 10 Gbit/s
  bool measured = false;        ///< false: nothing was exchanged yet, and these values are assumed

  /// Seconds for summing `bytes` in `buckets` messages over so many ranks. Source: Thakur, Rabenseifner, Gropp (2005),
  /// reduce-scatter and all-gather: 2 (p - 1) latencies and 2 (p - 1) / p times the bytes.
  [[nodiscard]] double exchange(double bytes, double buckets, std::size_t ranks) const;
  /// From the line of a bucket's time over its size, fitted by least squares to what one rank counted. `late`: seconds
  /// of it that were spent waiting for a rank that was late.
  [[nodiscard]] static Network fitted(const CollectiveSample& counted, double late, std::size_t ranks);
};

/// Into how many buckets so many bytes go, as training/ranks/gradient_exchange.h divides them: the first one is small.
/// A parameter is never divided, so there may be fewer.
[[nodiscard]] double bucket_count(double bytes, double bucket_bytes);

/// A number of ranks, and what comes of it.
struct ScalingPoint {
  std::size_t ranks = 1;
  double samples_per_s = 0;           ///< of all
  double efficiency = 1;              ///< beside so many times the rate of one rank
  double exchange_share = 0;          ///< of a step, that it waits for the gradients of the others
  LimitKind limit = LimitKind::Step;  ///< Step, Exchange, Cores or Workers (the data side)
};

/// What training would come to on another number of ranks, as a closed form of what was measured on one: a step is what
/// it costs whatever its size, what it costs a row, and the part of the exchange that backward does not hide. Ranks on
/// one machine share its cores. What is measured comes out again for the ranks that were measured.
/// Sources: Li et al., PyTorch Distributed (VLDB 2020), for the overlap of buckets with backward; Amdahl (1967).
struct ScalingModel {
  std::size_t ranks = 1;        ///< measured
  std::size_t per_machine = 1;  ///< ranks on one machine, at most
  double batch = 1;             ///< samples a step of all ranks
  bool batch_grows = false;     ///< each rank keeps its rows; false: they share out the batch that there is
  double once = 0;              ///< seconds a step whatever its rows: optimiser, launch
  double rows = 1;              ///< of one rank, as measured
  double kernels = 0;           ///< seconds a step for that many rows
  double threads = 1;           ///< that computed these
  bool fills_cores = false;     ///< a rank takes what cores its machine has left for it
  bool on_cpu = true;
  double cores = 1;   ///< of a machine
  double cpu = 0;     ///< core seconds a sample, of step and data side; 0: nothing
  double loader = 0;  ///< samples/s that the data side of one rank can prepare; 0: any number
  double bytes = 0;   ///< of gradients a step
  double buckets = 1;
  double hidden = 0;    ///< seconds of the exchange that backward can hide
  double tail = 0;      ///< share of the exchange that it cannot hide: the last bucket comes when backward is over
  double backward = 0;  ///< seconds a step, as measured
  Network network{};
  double calibration = 1;  ///< what was measured beside what the form says of it

  /// Of what was measured; the data side as `model` has it.
  [[nodiscard]] static ScalingModel of(const RunFacts& facts, const Profile& profile, const CostModel& model);
  [[nodiscard]] ScalingPoint at(std::size_t ranks) const;
  /// 1, 2, 4, ... and the number that was measured.
  [[nodiscard]] std::vector<ScalingPoint> curve(std::size_t most = kMostRanks) const;
  /// Beyond so many ranks one more brings less than half of what one alone reaches. Where several share a machine,
  /// whole machines are added, if that pays: then a machine more brings less than half of what one machine reaches.
  [[nodiscard]] std::size_t pays_until(std::size_t most = kMostRanks) const;
  /// Seconds a step that the step waits for the exchange between so many ranks.
  [[nodiscard]] double exposed(std::size_t ranks) const;
  /// The gradients travel in so many buckets instead. Each pays a latency; the first one leaves, and so the exchange
  /// can begin to hide, when its share of backward is over.
  void set_buckets(double count);

  static constexpr std::size_t kMostRanks = 1024;

 private:
  [[nodiscard]] double window(double count) const;
  [[nodiscard]] ScalingPoint raw(std::size_t ranks) const;
};

}  // namespace feedline::inline diagnosis
