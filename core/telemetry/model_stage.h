// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace feedline::inline telemetry {

/// One layer of a network.
struct LayerSample {
  std::string node{};
  Nanos forward = 0;             ///< of its passes in training
  std::uint64_t weights = 0;     ///< bytes of its parameters
  std::uint64_t gives = 0;       ///< bytes of what it gave of the newest micro-batch, or of its replica's rows
  bool can_begin_stage = false;  ///< every later layer lies behind it
};

/// One stage of such a network: what its thread did in training steps since the start.
struct ModelStageSample {
  Nanos forward = 0;
  Nanos backward = 0;
  Nanos idle = 0;  ///< waited for another stage: the bubble, and stages that take longer
  std::vector<LayerSample> layers{};
  [[nodiscard]] Nanos busy() const { return forward + backward; }
};

}  // namespace feedline::inline telemetry
