// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/exporting: backbones of pictures in TorchScript.

#include "exporting/writers.h"

#include <string>
#include <vector>

namespace feedline::inline exporting {

/// What forward(self, x) does, and the functions that it calls.
struct BackboneScript {
  std::string body{};
  std::vector<std::string> functions{};
};
/// Of resnet, mobilenet_v2, efficientnet_b0 and vit_b_16. `layer.weights` must be there: sizes are those of the
/// tensors.
[[nodiscard]] BackboneScript backbone_script(const LayerToWrite& layer);

}  // namespace feedline::inline exporting
