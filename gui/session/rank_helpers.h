// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"
#include "graph/document.h"
#include "ranks/meeting_place.h"
#include "training/run.h"

#include <QString>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace feedline::gui::inline session {

/// The other processes of a run that the window shares out: feedline-cli, started as ranks 1 and up by a thread that
/// lives as long as they do. The window's own run is rank 0. See resources/help/ranks.md.
class RankHelpers {
 public:
  /// What is heard of them, on their thread.
  struct HelperNews {
    std::function<void(const QString&)> line{};  ///< what one of them says, "[rank 1] ...", or how it has failed
    std::function<void(const Error&)> failed{};  ///< they cannot be started: rank 0 would wait in vain
  };

  /// A place to meet for so many processes, 2 at least, the window among them. Errors: feedline-cli is not there, no
  /// folder can be written.
  [[nodiscard]] static Result<std::shared_ptr<RankHelpers>> prepare(int processes);
  RankHelpers(const RankHelpers&) = delete;
  RankHelpers& operator=(const RankHelpers&) = delete;
  /// Has those end that still run, which may take seconds.
  ~RankHelpers();

  /// Of rank 0, for RunOptions::world.
  [[nodiscard]] const World& world() const { return world_; }
  /// Starts them on a copy of what rank 0 runs. Returns at once. Once `hurry` says so they are told to end behind
  /// their step, and are made to a second after over(): the window closes.
  void start(const Document& document, const RunOptions& options, HelperNews told,
             std::shared_ptr<const std::atomic<bool>> hurry);
  /// Rank 0 is through: they end by themselves, are told to after a few seconds, and then made to.
  void over();

 private:
  RankHelpers(std::shared_ptr<const MeetingPlace> place, World world, std::filesystem::path program);
  void run(const Document& document, const std::vector<std::string>& options, const HelperNews& told);
  [[nodiscard]] int signal() const;  ///< what they are told: nothing at first, then SIGTERM, then SIGKILL

  std::shared_ptr<const MeetingPlace> place_;
  World world_;
  std::filesystem::path program_;
  std::atomic<Nanos> over_since_{0};
  std::shared_ptr<const std::atomic<bool>> hurry_{};
  std::jthread thread_{};
};

}  // namespace feedline::gui::inline session
