// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <cstddef>
#include <string_view>
#include <vector>

namespace feedline::inline base {

/// What a user may write for a device: `auto`, `cpu`, `cuda` or `cuda:1`. Whether it exists is another question, which
/// only the trainer can answer.
struct DeviceName {
  enum class Kind { Auto, Cpu, Cuda };
  Kind kind = Kind::Auto;
  int index = 0;  ///< of a CUDA device, 0 to 127
  [[nodiscard]] bool operator==(const DeviceName&) const = default;
};

[[nodiscard]] Result<DeviceName> parse_device_name(std::string_view text);

/// The devices of a network, divided by commas: `cuda:0,cuda:1`, `cpu,cuda:0`. `cuda:all` are all GPUs of a machine.
struct DeviceNames {
  bool every_gpu = false;
  std::vector<DeviceName> names{};  ///< one or more; none: every_gpu

  [[nodiscard]] bool operator==(const DeviceNames&) const = default;
};

/// Errors: a name that is none; auto or cuda:all beside others.
[[nodiscard]] Result<DeviceNames> parse_device_names(std::string_view text);
/// Does a network that is cut into so many stages fit them, whatever the machine? One a stage, in their order, or cpu
/// alone for all; of one stage, a replica on each. Errors: more or fewer devices than stages; replicas on the CPU
/// beside GPUs, or two on one GPU.
[[nodiscard]] Status check_devices(const DeviceNames& devices, std::size_t stages);

}  // namespace feedline::inline base
