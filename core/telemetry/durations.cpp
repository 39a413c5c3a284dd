// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled by -O3: runs over records.
#include "telemetry/durations.h"

#include <algorithm>
#include <bit>

namespace feedline::inline telemetry {
namespace {

constexpr unsigned kFirstOctave = 8;
constexpr unsigned kRecordBits = 40;
constexpr std::uint64_t kRecordMask = (std::uint64_t{1} << kRecordBits) - 1;

/// Grows with the time, so words compare as times do. The sign bit of a float is free here; the 8 lowest bits are too
/// fine.
std::uint64_t word_of(Nanos time, std::uint64_t record) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(std::max<Nanos>(time, 1)));
  return std::uint64_t{bits >> 8U} << kRecordBits | (record & kRecordMask);
}

Durations::Slow slow_of(std::uint64_t word) {
  const auto bits = static_cast<std::uint32_t>(word >> kRecordBits) << 8U;
  return {static_cast<Nanos>(std::bit_cast<float>(bits)), word & kRecordMask};
}

}  // namespace

std::size_t Durations::bucket_of(Nanos time) {
  const auto value = static_cast<std::uint64_t>(std::max<Nanos>(time, 1));
  const auto octave = static_cast<unsigned>(std::bit_width(value)) - 1;
  if (octave < kFirstOctave) return 0;
  const std::uint64_t half = value >> (octave - 1) & 1U;
  return std::min<std::size_t>(2 * (octave - kFirstOctave) + half, kBuckets - 1);
}

Nanos Durations::lower(std::size_t bucket) {
  const Nanos octave = Nanos{1} << (kFirstOctave + bucket / 2);
  return bucket % 2 == 0 ? octave : octave + octave / 2;
}

std::uint64_t Durations::records() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : counts) sum += count;
  return sum;
}

Nanos Durations::quantile(double part) const {
  const double wanted = part * static_cast<double>(records());
  double sum = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    sum += static_cast<double>(counts[i]);
    if (counts[i] > 0 && sum >= wanted) return lower(i + 1);
  }
  return 0;
}

void Durations::keep(const Slow& slow) {
  const auto same =
      std::find_if(slowest.begin(), slowest.end(), [&](const Slow& s) { return s.record == slow.record; });
  if (same != slowest.end()) {
    if (same->time >= slow.time) return;
    slowest.erase(same);
  }
  const auto at = std::find_if(slowest.begin(), slowest.end(), [&](const Slow& s) { return s.time < slow.time; });
  slowest.insert(at, slow);
  if (slowest.size() > kSlowest) slowest.pop_back();
}

Durations& Durations::operator+=(const Durations& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) counts[i] += other.counts[i];
  for (const Slow& slow : other.slowest) keep(slow);
  return *this;
}

void DurationMeter::add(Nanos each, std::uint64_t records) {
  std::atomic<std::uint64_t>& count = counts_[Durations::bucket_of(each)];
  count.store(count.load(std::memory_order_relaxed) + records, std::memory_order_relaxed);
}

void DurationMeter::add_record(Nanos time, std::uint64_t record) {
  add(time, 1);
  const std::uint64_t word = word_of(time, record);
  if (word <= least_) return;
  // In the place of the same record, or of the quickest of the slow ones.
  const auto value = [](const std::atomic<std::uint64_t>& slot) { return slot.load(std::memory_order_relaxed); };
  const auto same = std::find_if(slowest_.begin(), slowest_.end(), [&](const auto& slot) {
    return value(slot) != 0 && (value(slot) & kRecordMask) == (record & kRecordMask);
  });
  const auto least = std::min_element(slowest_.begin(), slowest_.end(),
                                      [&](const auto& a, const auto& b) { return value(a) < value(b); });
  auto& slot = same != slowest_.end() ? *same : *least;
  if (word > value(slot)) slot.store(word, std::memory_order_relaxed);
  least_ = ~std::uint64_t{0};
  for (const auto& each : slowest_) least_ = std::min(least_, value(each));
}

Durations DurationMeter::read() const {
  Durations read;
  for (std::size_t i = 0; i < Durations::kBuckets; ++i) read.counts[i] = counts_[i].load(std::memory_order_relaxed);
  for (const auto& slot : slowest_)
    if (const std::uint64_t word = slot.load(std::memory_order_relaxed); word != 0) read.keep(slow_of(word));
  return read;
}

}  // namespace feedline::inline telemetry
