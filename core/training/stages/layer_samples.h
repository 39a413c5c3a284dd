// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "telemetry/model_stage.h"
#include "training/model.h"

#include <vector>

namespace feedline::inline training {

/// What each layer of a model has taken so far, and where a stage of it can begin: where all that comes later lies
/// behind the layer, so that a stage begins with it alone.
[[nodiscard]] std::vector<LayerSample> layer_samples(const Model& model, const std::vector<Model::LayerMeter>& meters);

}  // namespace feedline::inline training
