// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/exporting: what the tensors of backbones do not tell, for ONNX and TorchScript.

#include <array>

namespace feedline::inline exporting {

/// The rows of the table of Sandler et al. (2018): blocks, and the stride of the first of them.
inline constexpr std::array<std::array<int, 2>, 7> kMobileNetTable = {
    {{1, 1}, {2, 2}, {3, 2}, {4, 2}, {3, 1}, {3, 2}, {1, 1}}};

/// Of Tan and Le (2019): the stride of the first block of each row.
inline constexpr std::array<int, 7> kEfficientNetStrides = {1, 2, 2, 2, 1, 2, 1};

}  // namespace feedline::inline exporting
