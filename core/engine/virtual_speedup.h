// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

namespace feedline::inline engine {

/// Makes one node of a running pipeline look faster without changing it: for as long as it works, everybody else stands
/// still for a share of that time. What a run takes, less what all have stood still, is what it would take if the node
/// were so much faster; and unlike a formula it sees queues, caches and whatever else there is.
///
/// Each thread has an account. While the node works a sum of delays grows that all share; a thread stands still until
/// its account has caught up with the sum, before it passes anything on. Who has waited for another thread need not:
/// that one stood still on its behalf. Source: Curtsinger and Berger, "Coz: finding code that counts with causal
/// profiling", SOSP 2015, section 3. Where threads outnumber the cores, one that stands still lends its core to others,
/// and the gain looks too large.
class VirtualSpeedup {
 public:
  explicit VirtualSpeedup(const Clock& clock) : clock_(clock) {}

  /// Where a node sits: its segment, and its place in it. The consumer is a node too.
  struct Place {
    std::uint32_t segment = 0;
    std::uint32_t node = 0;
  };
  static constexpr Place kConsumer{UINT32_MAX, 0};

  /// From now on the node looks `factor` times faster (at least 1, infinity allowed); none: no node does. From any
  /// thread.
  void choose(std::optional<Place> place, double factor);
  /// By how much all have been delayed since the start. From any thread.
  [[nodiscard]] Nanos delay() const;

  /// One thread's. Used by that thread alone.
  class Account {
   public:
    explicit Account(VirtualSpeedup& all) : all_(all) {}
    ~Account() { end(); }
    Account(const Account&) = delete;
    Account& operator=(const Account&) = delete;
    /// This thread begins to work at a place, and ends.
    void begin(Place place);
    void end();
    /// Stands still until the account has caught up. True if it has stood still.
    bool catch_up(const std::atomic<bool>& stop);
    /// This thread has waited for another one.
    void forgive();

   private:
    VirtualSpeedup& all_;
    Nanos settled_ = 0;
    Nanos began_ = 0;
    std::uint64_t choice_ = 0;  ///< for which it works; 0: it does not
  };

 private:
  static constexpr std::uint64_t kNobody = UINT64_MAX;
  [[nodiscard]] static std::uint64_t packed(Place place) { return std::uint64_t{place.segment} << 32U | place.node; }
  [[nodiscard]] bool active() const { return place_.load(std::memory_order_relaxed) != kNobody; }
  [[nodiscard]] Nanos sum(Nanos now) const;

  const Clock& clock_;
  std::atomic<std::uint64_t> place_{kNobody};
  mutable std::mutex mutex_{};  ///< of all below; held for nanoseconds, and only while a node is chosen
  std::uint64_t choice_ = 0;    ///< counts them
  double share_ = 0;            ///< of the node's time that the others stand still
  Nanos closed_ = 0;            ///< delays of work that has ended
  Nanos working_ = 0;           ///< threads at work on the node now
  Nanos working_from_ = 0;      ///< sum of when each of them began
};

}  // namespace feedline::inline engine
