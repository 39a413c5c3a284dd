// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/behaviour.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace feedline::inline plan {

/// What a run really uses: the trainer's settings, the caller's options and the machine, resolved once when the run
/// begins. Everything that tells of a run holds one: its start, its result, its diagnosis.
struct Execution {
  std::int64_t seed = 0;
  std::uint32_t epochs = 0;        ///< passes over the training data; 0: until it is stopped
  std::string device{};            ///< cpu, cuda:0; of each replica or stage: cuda:0,cuda:1; empty: not decided yet
  std::size_t workers = 0;         ///< loader threads
  std::size_t prefetch = 0;        ///< batches prepared ahead; 0: nothing overlaps
  bool staged = false;             ///< every node with its own workers and queue
  int replicas = 0;                ///< copies of the network; 0 where none is trained
  int ranks = 1;                   ///< processes that train together
  int stages = 1;                  ///< parts of the network, each on a device or cores of its own
  std::int64_t micro_batches = 1;  ///< into which a batch is cut for them
  int intra_op_threads = 0;  ///< threads within one operation of a replica, or of an estimator's fit; 0: nothing learns
  std::string precision{};   ///< float32, bfloat16, float16; empty where no network is trained
  bool channels_last = false;  ///< pictures lie so in memory
  bool has_bfloat16 = false;   ///< the device could compute in it
  /// Of its machine, for this process; one that k ranks share counts as 1/k. 0: not decided yet.
  double cores = 0;

  /// All of it; a stage may be there and others not.
  [[nodiscard]] bool on_cpu() const { return device.find("cuda") == std::string::npos; }
  /// Replicas that have a device, and its memory, to themselves; 1: none has.
  [[nodiscard]] int replica_devices() const { return on_cpu() || stages > 1 ? 1 : replicas; }

  /// What the settings ask for, before a machine decides: what is automatic is 0 or empty. `passes`: that an estimator
  /// learns in, whatever the epochs.
  [[nodiscard]] static Execution asked_for(const TrainerSettings& settings, std::optional<std::uint32_t> passes = {});

  [[nodiscard]] bool operator==(const Execution&) const = default;
};

}  // namespace feedline::inline plan
