// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline telemetry {

/// What a thread, or a queue, did during a slice of time.
enum class TraceKind : std::uint8_t {
  Work,     ///< a node worked on records
  Starved,  ///< waited for input
  Blocked,  ///< waited for room at the output
  Phase,    ///< a phase of the trainer's step
  Level,    ///< a queue holds so many entries from `start` on
};

/// One slice. `label` names the node or the phase (Trace::View::labels).
struct TraceSlice {
  Nanos start = 0;     ///< monotonic
  Nanos duration = 0;  ///< 0 for a Level
  TraceKind kind = TraceKind::Work;
  std::uint16_t label = 0;
  std::uint32_t records = 0;  ///< that were worked on; entries of a Level; 0 for waits
  std::uint64_t record = 0;   ///< id of the first one
  bool operator==(const TraceSlice&) const = default;
};

/// The newest slices of one thread or queue: a ring that never grows, so a run of any length keeps its last moments.
/// One writer at a time, any readers, no lock. Adding costs five relaxed stores.
class TraceLane {
 public:
  /// `capacity`: slices, rounded up to a power of two.
  TraceLane(std::string name, std::size_t capacity);

  void add(const TraceSlice& slice);
  /// A copy of what the ring holds, oldest first. What the writer overwrites meanwhile is left out, never torn.
  [[nodiscard]] std::vector<TraceSlice> read() const;
  /// Of those, the ones from the `next`-th ever added on; `next` becomes the number of the first one that will come
  /// after them. For a reader that goes on where it left off.
  [[nodiscard]] std::vector<TraceSlice> read_from(std::uint64_t& next) const;
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Slices ever added.
  [[nodiscard]] std::uint64_t added() const { return next_.load(std::memory_order_acquire); }

 private:
  struct Slot {
    std::atomic<std::uint64_t> start{0};
    std::atomic<std::uint64_t> duration{0};
    std::atomic<std::uint64_t> what{0};  ///< kind, label, records
    std::atomic<std::uint64_t> record{0};
  };

  std::string name_;
  std::size_t mask_;
  std::unique_ptr<Slot[]> slots_;
  std::atomic<std::uint64_t> begun_{0};  ///< slots that may be half written are those below it, from next_ on
  std::atomic<std::uint64_t> next_{0};
};

/// The timeline of a run: a lane for each worker, each queue and the trainer. Thread-safe; lanes stay where they are
/// for as long as it lives. Bounded in memory: `capacity` slices of 32 bytes a lane at most.
class Trace {
 public:
  static constexpr std::size_t kCapacity = std::size_t{1} << 15U;
  explicit Trace(std::size_t capacity = kCapacity) : capacity_(capacity) {}

  /// The lane of this name, made when first asked for: a worker that takes the place of one that has left goes on in
  /// its lane. `capacity`: of a new one; 0: that of the others.
  [[nodiscard]] TraceLane& lane(std::string_view name, std::size_t capacity = 0);
  /// The number that stands for a node or a phase.
  [[nodiscard]] std::uint16_t label(std::string_view name);

  struct Lane {
    std::string name{};
    std::vector<TraceSlice> slices{};  ///< in order
    std::uint64_t lost = 0;            ///< older ones that the ring no longer holds
  };
  /// Its lanes so far, in the order in which they were made; they live as long as it does.
  [[nodiscard]] std::vector<const TraceLane*> lanes() const;
  [[nodiscard]] std::vector<std::string> labels() const;

  /// All of it, by value.
  struct View {
    std::vector<std::string> labels{};
    std::vector<Lane> lanes{};  ///< in the order in which they were made
  };
  [[nodiscard]] View read() const;

 private:
  std::size_t capacity_;
  mutable std::mutex mutex_{};
  std::deque<TraceLane> lanes_{};
  std::vector<std::string> labels_{};
};

}  // namespace feedline::inline telemetry
