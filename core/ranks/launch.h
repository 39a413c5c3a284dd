// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline ranks {

class MeetingPlace;

/// Processes to be started, which then train together.
struct LaunchPlan {
  std::filesystem::path program{};
  std::vector<std::string> arguments{};  ///< of each process, without the program's name
  int processes = 1;                     ///< on this machine
  int machines = 1;
  int machine = 0;             ///< this one, from 0 on
  std::string meeting_host{};  ///< of machine 0; only with several machines
  std::uint16_t meeting_port = 0;
  /// Rank 0 is this process itself, which meets the others there: only they are started, once. Null: all are.
  std::shared_ptr<const MeetingPlace> leads{};
  bool binds = true;                             ///< each process to cores of its own, where there are as many
  std::vector<int> cores{};                      ///< that they share out; empty: those of this process
  int restarts = 0;                              ///< how often they are started again after a failure
  std::vector<std::string> when_restarted{};     ///< arguments added then
  std::chrono::milliseconds grace{35'000};       ///< for the others to end by themselves once one has failed
  std::chrono::milliseconds last_grace{10'000};  ///< between SIGTERM and SIGKILL
};

struct LaunchHost {
  /// Asked ten times a second; the number of a signal to be passed on, or 0.
  std::function<int()> signal{};
  /// Lines for standard error: of ranks other than 0, "[rank 3] ...", and of the launcher itself.
  std::function<void(std::string_view)> line{};
};

/// How they ended.
struct LaunchEnd {
  int exit_code = 0;  ///< 0 if all did well; 130 on a signal; 2 if all that failed refused their input; else 3
  int attempts = 0;
  std::vector<std::string>
      failures{};  ///< "rank 1 (process 4711) was killed by signal 9 (Killed)", of the last attempt
};

/// Starts the processes with the environment of torchrun (ranks/world.h) and waits for all of them. Rank 0 keeps
/// standard output and error; of the others, standard error comes line by line and standard output is closed. A signal
/// is passed on to all, and so is another one after it. Where one process fails, the others are told why, end by
/// themselves within `grace`, and are ended then; one that was stopped (SIGSTOP) goes on, to do so too. They do not
/// outlive this process. For the main thread, or one that lives as long. Errors: the program cannot be started, no
/// folder to meet in, no process or pipe left.
[[nodiscard]] Result<LaunchEnd> launch(const LaunchPlan& plan, const LaunchHost& host);

}  // namespace feedline::inline ranks
