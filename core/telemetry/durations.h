// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace feedline::inline telemetry {

/// How long a node took over its records: counts by time, and the slowest records by name. Two buckets an octave from
/// 256 ns to twenty minutes; what lies beyond counts in the first or last one.
struct Durations {
  static constexpr std::size_t kBuckets = 64;
  static constexpr std::size_t kSlowest = 8;

  struct Slow {
    Nanos time = 0;  ///< to three digits
    std::uint64_t record = 0;
  };
  std::array<std::uint64_t, kBuckets> counts{};
  std::vector<Slow> slowest{};  ///< at most kSlowest, slowest first, each record once

  [[nodiscard]] static std::size_t bucket_of(Nanos time);
  /// Least time of a bucket; that of kBuckets is the end of the last one.
  [[nodiscard]] static Nanos lower(std::size_t bucket);
  [[nodiscard]] std::uint64_t records() const;
  /// So many of the records (0..1) took no longer, to the upper border of a bucket; 0 without records.
  [[nodiscard]] Nanos quantile(double part) const;
  Durations& operator+=(const Durations& other);

 private:
  friend class DurationMeter;
  void keep(const Slow& slow);
};

/// The writer's side: relaxed atomics with a single writer, read by anybody at any time. A record that is timed by
/// itself costs a few nanoseconds here and the reading of a clock; many that were timed together count with their mean.
class DurationMeter {
 public:
  void add(Nanos each, std::uint64_t records);
  /// One record: may become one of the slowest.
  void add_record(Nanos time, std::uint64_t record);
  [[nodiscard]] Durations read() const;

 private:
  std::array<std::atomic<std::uint64_t>, Durations::kBuckets> counts_{};
  /// Time and record in one word, so that a reader never sees those of two records: 24 bits of a float, 40 of the
  /// record.
  std::array<std::atomic<std::uint64_t>, Durations::kSlowest> slowest_{};
  std::uint64_t least_ = 0;  ///< of slowest_; the writer's own
};

}  // namespace feedline::inline telemetry
