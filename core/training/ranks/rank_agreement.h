// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "ranks/world.h"
#include "telemetry/rank_sample.h"
#include "training/step_fault.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace feedline::inline training {

class ProcessGroup;

/// What each rank tells all others with each batch: a small record of fixed size, gathered while the forward pass runs.
struct RankWord {
  std::int64_t rows = 0;       ///< of the batch that it is about to learn from
  std::int64_t tried = 0;      ///< records of training so far, that batch included
  std::int64_t bad = 0;        ///< of them, those that were left out
  std::int64_t ends = 0;       ///< it was asked to end behind this step
  std::int64_t late = 0;       ///< the run's time is up
  std::int64_t keeps = 0;      ///< of rank 0: a checkpoint is due behind this step
  std::int64_t loss_rows = 0;  ///< of its newest step; 0: there was none since the last word
  double loss_sum = 0;         ///< the loss of that, over its rows
  std::int64_t steps = 0;      ///< figures, as in RankSample
  std::int64_t samples = 0;
  std::array<Nanos, kStepPhaseCount> times{};
  std::array<Nanos, kStepPhaseCount> validation{};
  Nanos stood_still = 0;  ///< paused so far, which is in none of `times`
  double loader_s = 0;
  std::int64_t rss_bytes = 0;
  Nanos round_trip = 0;
  std::int64_t slowest_stage = -1;  ///< place among the nodes of the data side; -1: not known
};
static_assert(std::is_trivially_copyable_v<RankWord>);

/// How the ranks of a run keep in step: all of them have the same batches, and with each they agree on how many rows it
/// has and whether the run ends behind it. For the run's thread. Every function that waits throws StepFailed where a
/// rank is lost, StepCancelled where this one is stopped meanwhile. All ranks call them in the same order.
class RankAgreement {
 public:
  explicit RankAgreement(std::shared_ptr<ProcessGroup> group);
  ~RankAgreement();
  RankAgreement(const RankAgreement&) = delete;
  RankAgreement& operator=(const RankAgreement&) = delete;

  [[nodiscard]] const World& world() const;
  [[nodiscard]] std::size_t rank() const { return static_cast<std::size_t>(world().rank); }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(world().size); }
  [[nodiscard]] bool leads() const { return world().rank == 0; }
  [[nodiscard]] ProcessGroup& group() const { return *group_; }
  [[nodiscard]] const std::string& host_of(std::size_t rank) const;
  [[nodiscard]] Nanos round_trip() const;  ///< see ProcessGroup::round_trip()

  /// This rank's next word, to be filled in.
  [[nodiscard]] RankWord& own() { return own_; }
  /// Sends it, and takes its loss back: that is told once.
  void tell();
  /// Waits for the words of all that tell() sent, by rank; at once where they were waited for already.
  const std::vector<RankWord>& hear();
  [[nodiscard]] const std::vector<RankWord>& heard() const { return words_; }
  [[nodiscard]] Nanos heard_at() const { return heard_at_; }
  /// How long another rank was paused before it told the words that the last hear() waited for: that part of the
  /// waiting is nobody's fault.
  [[nodiscard]] Nanos stood_still() const { return stood_still_; }
  /// Of heard(): the rows of all ranks.
  [[nodiscard]] std::int64_t rows() const { return sum(&RankWord::rows); }
  /// Of heard(), over all ranks.
  [[nodiscard]] std::int64_t sum(std::int64_t RankWord::*number) const;
  /// Does any of heard() have this?
  [[nodiscard]] bool any(std::int64_t RankWord::*flag) const;

  /// Bytes of all ranks, by rank; those of one.
  [[nodiscard]] std::vector<std::string> gather(std::string_view own) const;
  [[nodiscard]] std::string share(std::string_view own, int from = 0) const;
  /// The least of what they say.
  [[nodiscard]] std::int64_t least(std::int64_t own) const;
  /// All ranks have come this far.
  void meet() const { (void)gather({}); }
  /// Nothing is asked of the others any more: their end is none of this rank's business.
  void leave_alone() const;
  /// Tells the others why this rank ends before them.
  void leave(const std::string& why) const noexcept;

  /// What the words say, for whoever watches. `nodes`: of the data side, by RankWord::slowest_stage.
  [[nodiscard]] std::vector<RankSample> samples(const std::vector<std::string>& nodes) const;

 private:
  class Exchange;
  std::shared_ptr<ProcessGroup> group_;
  std::unique_ptr<Exchange> exchange_;
  RankWord own_{};
  std::vector<RankWord> words_{};
  std::vector<Nanos> stood_before_{};  ///< RankWord::stood_still of the words before these, by rank
  Nanos heard_at_ = 0;
  Nanos stood_still_ = 0;
};

}  // namespace feedline::inline training
