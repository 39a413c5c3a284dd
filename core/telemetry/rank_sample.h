// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "telemetry/step_times.h"

#include <cstdint>
#include <string>
#include <vector>

namespace feedline::inline telemetry {

/// One of the processes that train a model together, as rank 0 knows it: each tells it with every step.
struct RankSample {
  int rank = 0;
  std::string host{};
  std::int64_t process = 0;     ///< its id on its machine
  std::uint64_t steps = 0;      ///< that it has finished
  std::uint64_t samples = 0;    ///< training samples that it has learnt from
  StepTimes times{};            ///< of its trainer, since the run started; waiting for other ranks is Phase::Reduce
  StepTimes validation{};       ///< the part of `times` that validation took
  double loader_s = 0;          ///< CPU seconds of its data side
  std::uint64_t rss_bytes = 0;  ///< memory that ranks share counts for the first one of their machine
  std::string slowest_stage{};  ///< node of its data side that took most CPU time; empty: not known
  Nanos round_trip = 0;         ///< that a small message to where the ranks meet takes, about; 0: not measured
  Nanos heard = 0;              ///< when rank 0 heard of it last (its own clock)
};

/// What the collective operations of this process came to. Each bucket is counted by add(), so that besides the totals
/// the line of time over size can be fitted: an exchange is a latency and bytes over a bandwidth.
struct CollectiveSample {
  std::uint64_t bytes = 0;  ///< of gradients that this rank has given
  Nanos exposed = 0;        ///< of their time, what the step waited for
  Nanos busy = 0;           ///< from the start of each to its end
  std::uint64_t buckets = 0;
  double bytes_squared = 0;  ///< sum over the buckets
  double bytes_seconds = 0;  ///< sum over the buckets of bytes times seconds

  void add(std::uint64_t size, Nanos lasted, Nanos waited) {
    bytes += size;
    busy += lasted;
    exposed += waited;
    ++buckets;
    bytes_squared += static_cast<double>(size) * static_cast<double>(size);
    bytes_seconds += static_cast<double>(size) * seconds(lasted);
  }
  [[nodiscard]] CollectiveSample operator-(const CollectiveSample& earlier) const {
    return {.bytes = bytes - earlier.bytes,
            .exposed = exposed - earlier.exposed,
            .busy = busy - earlier.busy,
            .buckets = buckets - earlier.buckets,
            .bytes_squared = bytes_squared - earlier.bytes_squared,
            .bytes_seconds = bytes_seconds - earlier.bytes_seconds};
  }
};

/// Sums over two ranks of one machine that were measured by themselves, of two sizes: what one of them takes, and what
/// it costs each rank.
struct ExchangeProbe {
  double small_bytes = 0;
  double small_s = 0;    ///< seconds from its start to its end
  double small_cpu = 0;  ///< core seconds of a rank
  double large_bytes = 0;
  double large_s = 0;
  double large_cpu = 0;
  [[nodiscard]] bool made() const { return small_bytes > 0 && large_bytes > small_bytes; }
};

}  // namespace feedline::inline telemetry
