// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Which devices a network learns on.

#include "base/error.h"
#include "ranks/world.h"
#include "schema/behaviour.h"

#include <cstddef>
#include <string>
#include <vector>

namespace feedline::inline training {

/// The devices of a machine, besides its processor.
struct DevicesThere {
  int gpus = 0;          ///< as CUDA counts them, so CUDA_VISIBLE_DEVICES counts
  bool for_gpus = true;  ///< LibTorch was built for them

  /// "cpu, cuda:0, cuda:1"
  [[nodiscard]] std::string text() const;
};

/// Of this machine. The first call may take half a second, in which CUDA starts.
[[nodiscard]] DevicesThere devices_there();

/// Where a network learns: cpu, cuda:0. One device has all of it. Several have a stage each, in their order, where it
/// is cut into stages; else a replica each.
struct DevicePlacement {
  std::vector<std::string> devices{"cpu"};

  [[nodiscard]] bool several() const { return devices.size() > 1; }
  [[nodiscard]] bool on_cpu() const;    ///< all of it
  [[nodiscard]] bool uses_cpu() const;  ///< any of it
  /// "cuda:0,cuda:1"
  [[nodiscard]] std::string text() const;
};

/// What the settings come to on a machine. A process among several on it has the GPU of its local rank: of those that
/// are named, or of all. Errors (parameter: device) name what is lacking and what is there: a device that is not there;
/// more or fewer devices than stages; a replica on the CPU beside GPUs, or two on one GPU; more processes than GPUs.
[[nodiscard]] Result<DevicePlacement> place_network(const TrainerSettings& settings, const DevicesThere& there,
                                                    const World& world = {});

/// What a rank on a GPU tells of the way that its gradients take to the others, and what would be shorter.
[[nodiscard]] Error host_way_notice(const DevicePlacement& placement, const World& world);

}  // namespace feedline::inline training
