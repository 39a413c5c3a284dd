// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/clock.h"
#include "ranks/rank_board.h"
#include "training/ranks/process_group.h"

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace feedline::inline training {

/// A thread that shows once a second on the board that this rank lives, and looks at the others: rank 0 at all of them,
/// the others at rank 0, whose word on the rest they take. So a rank costs the board as little among a thousand ranks
/// as among two. Where the board itself gives no answer for as long as World::patience, rank 0 counts as lost.
class RankMonitor {
 public:
  RankMonitor(World world, std::vector<ProcessGroup::Member> members, std::shared_ptr<RankBoard> board);
  /// Shows that this rank is through; where the board goes with this process, waits a few seconds for the others to
  /// have looked. The thread is left behind where it is stuck in the board.
  ~RankMonitor();
  RankMonitor(const RankMonitor&) = delete;
  RankMonitor& operator=(const RankMonitor&) = delete;

  /// The rank that is gone, if one is. Cheap; from any thread.
  [[nodiscard]] std::optional<Error> lost() const;
  /// Why an operation failed with this message: waits until it shows which rank is gone, World::patience at most. None:
  /// a stop came first.
  [[nodiscard]] std::optional<Error> cause_of(const std::string& message, const std::stop_token& stop) const;
  /// See ProcessGroup::on_loss().
  void on_loss(std::function<void(const Error&)> told);
  void leave(const std::string& why);
  /// How long the board takes to answer, about; 0: it has not been asked yet.
  [[nodiscard]] Nanos round_trip() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< the thread's too
};

}  // namespace feedline::inline training
