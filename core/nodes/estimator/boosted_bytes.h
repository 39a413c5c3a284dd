// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace feedline::inline nodes {

/// May XGBoost read this? It takes the indices of a model as they come, so that a forged one has it read and write
/// anywhere. Looked at here: the form of the bytes (UBJSON, as XGBoost writes it: depth, sizes, no key twice), that the
/// trees are trees of these columns (children within, each node under one parent, no way back to the root), and all by
/// which predictions are laid out: classes, objective, which class a tree is of. Linear in time; memory for one tree
/// and what stands around the trees. Errors: the first thing that is not so.
[[nodiscard]] Status check_boosted_bytes(std::span<const std::uint8_t> bytes, std::size_t columns);

}  // namespace feedline::inline nodes
