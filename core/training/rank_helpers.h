// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"
#include "graph/document.h"
#include "ranks/meeting_place.h"
#include "training/run.h"

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace feedline::inline training {

/// The processes that a run of this one is shared out among.
struct HelperPlan {
  std::filesystem::path program{};  ///< feedline-cli, which the others run
  int processes = 1;                ///< this one among them; 1: it is alone
  /// Numbers of the cores that they share out, each having its own where there are enough (cores_of_part()): this
  /// process keeps to those of part 0 itself. Empty: each runs where the system likes.
  std::vector<int> cores{};
  std::function<void()> first{};  ///< on the thread that starts them, from which they inherit; may be empty
};

/// The other processes of a run whose rank 0 is this process: feedline-cli, started as ranks 1 and up by a thread that
/// lives as long as they do. See resources/help/ranks.md.
class RankHelpers {
 public:
  /// What is heard of them, on their thread.
  struct HelperNews {
    std::function<void(std::string_view)> line{};  ///< what one of them says, "[rank 1] ...", or how it has failed
    std::function<void(const Error&)> failed{};    ///< they cannot be started: rank 0 would wait in vain
  };

  /// A place to meet, for 2 processes at least. Errors: the program is not there, no folder can be written.
  [[nodiscard]] static Result<std::shared_ptr<RankHelpers>> prepare(HelperPlan plan);
  RankHelpers(const RankHelpers&) = delete;
  RankHelpers& operator=(const RankHelpers&) = delete;
  /// Has those end that still run, which may take seconds.
  ~RankHelpers();

  /// Of rank 0, for RunOptions::world.
  [[nodiscard]] const World& world() const { return world_; }
  /// Starts them on a copy of what rank 0 runs. Returns at once. Once `hurry` says so they are told to end behind
  /// their step, and are made to a second after over(): nobody waits any more. Null: never.
  void start(const Document& document, const RunOptions& options, HelperNews told,
             std::shared_ptr<const std::atomic<bool>> hurry);
  /// Rank 0 is through: they end by themselves, are told to after a few seconds, and then made to.
  void over();

 private:
  RankHelpers(std::shared_ptr<const MeetingPlace> place, World world, HelperPlan plan);
  void run(const Document& document, const std::vector<std::string>& options, const HelperNews& told);
  [[nodiscard]] int signal() const;  ///< what they are told: nothing at first, then SIGTERM, then SIGKILL

  std::shared_ptr<const MeetingPlace> place_;
  World world_;
  HelperPlan plan_;
  std::atomic<Nanos> over_since_{0};
  std::shared_ptr<const std::atomic<bool>> hurry_{};
  std::jthread thread_{};
};

}  // namespace feedline::inline training
