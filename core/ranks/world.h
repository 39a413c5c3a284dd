// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace feedline::inline ranks {

/// The place of this process among those that train one model together, as torchrun's environment says it: RANK,
/// WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT.
/// Source: https://docs.pytorch.org/docs/stable/elastic/run.html#environment-variables
struct World {
  int rank = 0;
  int size = 1;
  int local_rank = 0;  ///< on this machine
  int local_size = 1;
  std::string master_address{};  ///< of rank 0, where the store is
  std::uint16_t master_port = 0;
  std::filesystem::path store_folder{};  ///< all ranks are on this machine and meet in this folder: no port is opened
  bool store_elsewhere = false;          ///< another process (torchrun's agent) serves the store
  std::string interface_address{};    ///< where it listens for the other ranks; empty: the one that reaches the master
  std::string secret{};               ///< all ranks must have the same; empty: none
  std::string host{};                 ///< of this process
  double cores = 0;                   ///< of this machine, for this rank; shared ones count in part; 0: not known
  int restarts = 0;                   ///< how often the launcher has started these ranks again
  std::chrono::seconds patience{20};  ///< for a rank of which nothing is heard

  [[nodiscard]] bool alone() const { return size <= 1; }
};

/// Looks up a variable of the environment.
using Environment = std::function<std::optional<std::string>(std::string_view)>;

/// What the environment says: torchrun's variables, else Slurm's (SLURM_PROCID, SLURM_STEP_NUM_TASKS, SLURM_LOCALID,
/// SLURM_STEP_NODELIST, a port from SLURM_JOB_ID), else a world of one. FEEDLINE_STORE, FEEDLINE_SECRET,
/// FEEDLINE_INTERFACE and FEEDLINE_PATIENCE are Feedline's own. Errors name the variable, its value and the remedy.
[[nodiscard]] Result<World> world_from(const Environment& environment);
/// The same of this process.
[[nodiscard]] Result<World> world_of_process();

}  // namespace feedline::inline ranks
