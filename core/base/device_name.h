// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <string_view>

namespace feedline::inline base {

/// What a user may write for a device: `auto`, `cpu`, `cuda` or `cuda:1`. Whether it exists is another question, which
/// only the trainer can answer.
struct DeviceName {
  enum class Kind { Auto, Cpu, Cuda };
  Kind kind = Kind::Auto;
  int index = 0;  ///< of a CUDA device, 0 to 127
};

[[nodiscard]] Result<DeviceName> parse_device_name(std::string_view text);

}  // namespace feedline::inline base
