// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/network.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace feedline::inline diagnosis {
namespace {

constexpr double kFirstBucket = 1 << 20;
/// Sizes that differ by less say nothing of a slope.
constexpr double kSpread = 1e-3;

/// What grows with the size of a sum, and what it costs whatever its size: neither is below zero.
struct SizeLine {
  double per_byte = 0;
  double each = 0;
};

SizeLine line_through(double small_bytes, double small, double large_bytes, double large) {
  const double slope = (large - small) / (large_bytes - small_bytes);
  if (slope <= 0) return {.per_byte = 0, .each = (small + large) / 2};
  const double each = small - slope * small_bytes;
  if (each < 0) return {.per_byte = large / large_bytes, .each = 0};
  return {.per_byte = slope, .each = each};
}

}  // namespace

double exchange_hops(std::size_t ranks) { return ranks < 2 ? 0 : 2 * static_cast<double>(ranks - 1); }
double exchange_volume(std::size_t ranks) {
  return ranks < 2 ? 0 : 2 * static_cast<double>(ranks - 1) / static_cast<double>(ranks);
}

double Network::exchange(double bytes, double buckets, std::size_t ranks) const {
  if (ranks < 2) return 0;
  const double sending = bytes_per_s > 0 ? exchange_volume(ranks) * bytes / bytes_per_s : 0;
  return exchange_hops(ranks) * latency * buckets + sending;
}

double Network::cpu(double bytes, double buckets, std::size_t ranks) const {
  if (ranks < 2) return 0;
  return exchange_hops(ranks) * buckets * cpu_message + exchange_volume(ranks) * bytes * cpu_byte;
}

Network Network::fitted(const CollectiveSample& counted, double late, std::size_t ranks) {
  const auto n = static_cast<double>(counted.buckets);
  const auto bytes = static_cast<double>(counted.bytes);
  if (counted.buckets == 0 || counted.bytes == 0 || ranks < 2) return {};
  const double busy = std::max(seconds(counted.busy) - late, seconds(counted.busy) * 0.01);
  const double kept = seconds(counted.busy) > 0 ? busy / seconds(counted.busy) : 1;
  const double spread = n * counted.bytes_squared - bytes * bytes;
  double per_byte = busy / bytes;
  double each = 0;
  if (spread > kSpread * bytes * bytes) {
    const double slope = (n * counted.bytes_seconds * kept - bytes * busy) / spread;
    const double start = (busy - slope * bytes) / n;
    if (slope > 0 && start >= 0) {
      per_byte = slope;
      each = start;
    } else if (slope <= 0) {  // the size does not matter: all of it is latency
      per_byte = 0;
      each = busy / n;
    }
  }
  return {.latency = each / exchange_hops(ranks),
          .bytes_per_s = per_byte > 0 ? exchange_volume(ranks) / per_byte : std::numeric_limits<double>::infinity(),
          .measured = true};
}

Network Network::probed(const ExchangeProbe& probe) {
  if (!probe.made()) return assumed_within_machine();
  constexpr std::size_t kTwo = 2;
  const SizeLine time = line_through(probe.small_bytes, probe.small_s, probe.large_bytes, probe.large_s);
  const SizeLine work = line_through(probe.small_bytes, probe.small_cpu, probe.large_bytes, probe.large_cpu);
  return {.latency = time.each / exchange_hops(kTwo),
          .bytes_per_s =
              time.per_byte > 0 ? exchange_volume(kTwo) / time.per_byte : std::numeric_limits<double>::infinity(),
          .cpu_message = work.each / exchange_hops(kTwo),
          .cpu_byte = work.per_byte / exchange_volume(kTwo),
          .measured = true};
}

double bucket_count(double bytes, double bucket_bytes) {
  if (bucket_bytes <= 0) return 1;
  return 1 + std::ceil(std::max(bytes - std::min(bucket_bytes, kFirstBucket), 0.0) / bucket_bytes);
}

}  // namespace feedline::inline diagnosis
