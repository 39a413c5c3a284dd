// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "ranks/rank_board.h"
#include "training/ranks/process_group.h"

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace feedline::inline training {

/// Ranks that have found each other and agree.
struct RankMeeting {
  World world{};
  std::string address{};  ///< on which this rank listens for the others
  std::vector<ProcessGroup::Member> members{};
  c10::intrusive_ptr<c10d::Store> store{};
  std::shared_ptr<RankBoard> board{};
};

/// Meets the others in a c10d store: a file of World::store_folder, or TCP at rank 0. Rank 0 waits for what each says
/// of itself, compares, and tells all the same verdict, so that nobody waits for one who has gone; on one machine the
/// launcher tells on the board who has, and why. Blocks until `limit`; errors as ProcessGroup::join().
[[nodiscard]] Result<RankMeeting> meet_ranks(const World& world, const std::string& agreed, std::chrono::seconds limit,
                                             const std::stop_token& stop);

/// A rank that failed before all had met.
[[nodiscard]] Error error_of_meeting(const LostRank& lost);

}  // namespace feedline::inline training
