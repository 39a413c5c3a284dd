// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training: between the engine's values and LibTorch's tensors.

#include "base/torch.h"
#include "engine/preview.h"

namespace feedline::inline training {

[[nodiscard]] at::ScalarType scalar_type(DType type);
/// The value of one record as a batch of one, with memory of its own.
[[nodiscard]] at::Tensor batch_of_one(const PreviewValue& value);
/// A tensor of one record (no N) as numbers: f32, three dimensions as CHW.
[[nodiscard]] PreviewValue to_value(const at::Tensor& tensor);

}  // namespace feedline::inline training
