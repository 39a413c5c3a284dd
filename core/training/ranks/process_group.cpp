// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/ranks/process_group.h"

#include "training/ranks/gloo_group.h"
#ifdef FEEDLINE_GLOO
#include "training/ranks/rank_meeting.h"
#endif

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace feedline::inline training {

#ifdef FEEDLINE_GLOO

namespace {

using Joined = Result<std::shared_ptr<ProcessGroup>>;

constexpr std::chrono::seconds kMeetLimit{22};
constexpr std::chrono::seconds kJoinLimit{28};

/// What the thread that joins leaves for the one that waits.
struct Joining {
  std::mutex mutex{};
  std::condition_variable done{};
  std::optional<Joined> joined{};
};

std::string meeting_place(const World& world) {
  if (!world.store_folder.empty()) return {};
  return fmt::format(", with rank 0 at {}:{}", world.master_address, world.master_port);
}

}  // namespace

Result<std::shared_ptr<ProcessGroup>> ProcessGroup::join(const World& world, const std::string& agreed,
                                                         std::stop_token stop) {
  // LibTorch waits for sockets in ways that nothing ends. So it does on a thread that is left behind where it must be.
  const auto joining = std::make_shared<Joining>();
  std::thread([joining, world, agreed, stop] {
    Joined joined = join_gloo(world, agreed, kMeetLimit, stop);
    const std::lock_guard lock(joining->mutex);
    joining->joined = std::move(joined);
    joining->done.notify_all();
  }).detach();

  std::unique_ptr<RankBoard> board;  // where the launcher of this machine tells who has failed
  if (!world.store_folder.empty())
    if (auto opened = open_board(world.store_folder)) board = std::move(*opened);
  const auto deadline = std::chrono::steady_clock::now() + kJoinLimit;
  std::unique_lock lock(joining->mutex);
  while (!joining->joined) {
    if (stop.stop_requested()) return fail_cancelled();
    if (const auto lost = board ? board->lost() : std::nullopt) return fail(error_of_meeting(*lost));
    if (std::chrono::steady_clock::now() > deadline)
      return fail(Error{.code = ErrorCode::Failed,
                        .reason = fmt::format("rank {} of {} has waited {} s for the others to connect{}", world.rank,
                                              world.size, kJoinLimit.count(), meeting_place(world)),
                        .remedy =
                            "Each rank must reach MASTER_ADDR and each other one's address; FEEDLINE_INTERFACE says "
                            "which network of a machine it is, and a firewall must let all ports between the machines "
                            "through"});
    joining->done.wait_for(lock, std::chrono::milliseconds(50));
  }
  return std::move(*joining->joined);
}

#else

Result<std::shared_ptr<ProcessGroup>> ProcessGroup::join(const World& world, const std::string& /*agreed*/,
                                                         std::stop_token /*stop*/) {
  return fail(fmt::format("this build of Feedline has no Gloo, by which {} processes would train together", world.size),
              "Install Gloo's headers (Debian: libgloo-dev) and build again, or train with one process: the trainer's "
              "replicas use all cores");
}

#endif

}  // namespace feedline::inline training
