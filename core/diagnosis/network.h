// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "telemetry/rank_sample.h"

#include <cstddef>

namespace feedline::inline diagnosis {

/// How long messages take between two ranks, latency + bytes / bandwidth, and what they cost the cores of each.
struct Network {
  double latency = 50e-6;       ///< seconds a message
  double bytes_per_s = 1.25e9;  ///< 10 Gbit/s
  double cpu_message = 20e-6;   ///< core seconds of a rank a message: threads that are woken, calls of the kernel
  double cpu_byte = 0.5e-9;     ///< core seconds of a rank a byte: copies to and from the kernel
  bool measured = false;        ///< false: nothing was exchanged yet, and these values are assumed

  /// Between ranks of one machine, where nothing was measured: 127.0.0.1, whose bytes are copied by the cores.
  [[nodiscard]] static Network assumed_within_machine() {
    return {.latency = 100e-6, .bytes_per_s = 1.0e9, .cpu_message = 100e-6};
  }
  /// The line through both sizes; what is assumed within a machine where nothing was probed.
  [[nodiscard]] static Network probed(const ExchangeProbe& probe);

  /// Seconds for summing `bytes` in `buckets` over p ranks as a ring does: 2 (p - 1) latencies a bucket, and
  /// 2 (p - 1) / p times the bytes. Source: Thakur, Rabenseifner, Gropp, Optimization of Collective Communication
  /// Operations in MPICH (2005).
  [[nodiscard]] double exchange(double bytes, double buckets, std::size_t ranks) const;
  /// Core seconds that it costs each of them.
  [[nodiscard]] double cpu(double bytes, double buckets, std::size_t ranks) const;
  /// From the line of a bucket's time over its size, fitted by least squares to what one rank counted. `late`: seconds
  /// of it that were spent waiting for a rank that was late. What it costs on cores is assumed.
  [[nodiscard]] static Network fitted(const CollectiveSample& counted, double late, std::size_t ranks);
};

/// Latencies of a sum over so many ranks, one behind the other, and the part of its bytes that each sends.
[[nodiscard]] double exchange_hops(std::size_t ranks);
[[nodiscard]] double exchange_volume(std::size_t ranks);

/// Into how many buckets so many bytes go, as training/gradient_buckets.h divides them: the first one is small.
/// A parameter is never divided, so there may be fewer.
[[nodiscard]] double bucket_count(double bytes, double bucket_bytes);

}  // namespace feedline::inline diagnosis
