// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/node_spec.h"
#include "schema/tensor_desc.h"

#include <cstdint>
#include <vector>

namespace feedline::inline nodes {

/// What attention gives: the shape of its sequences. Errors: no sequences; features that the heads do not divide.
[[nodiscard]] Result<std::vector<TensorDesc>> infer_attention(std::int64_t heads, DescInputs in);
/// Of one self-attention over sequences of this description; MACs of the longest record.
[[nodiscard]] LayerCost attention_cost(const TensorDesc& x);

}  // namespace feedline::inline nodes
