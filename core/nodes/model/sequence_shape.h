// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/node_spec.h"
#include "schema/tensor_desc.h"

#include <cstdint>
#include <string_view>

// Shape rules of layers that see the places of a record one after the other: tokens N×T and sequences N×T×F. T may
// differ from batch to batch, up to what its dimension says; F is one number for all.
//
// Records of one batch are filled up with zeros to the longest of them. Which places are filled up is said by the
// tokens, whose id is 0 there and nowhere else: a layer on sequences takes them as a second input, straight from the
// batch, and then gives each record what it would give it alone, and zeros where it is filled up.

namespace feedline::inline nodes {

/// Name of the second input.
inline constexpr std::string_view kTokensPort = "tokens";
inline constexpr const char* kTokensDoc =
    "The token ids that the sequences come from, N×T, wired from the batch: id 0 says which places are filled up and "
    "do not count. Without it all places count.";

/// Whole numbers N×T?
[[nodiscard]] Status check_token_ids(const TensorDesc& in, std::string_view port);
/// Floating point N×T×F, F known or still a symbol?
[[nodiscard]] Status check_sequences(const TensorDesc& in, std::string_view port);
/// The sequences at input 0, `x`; those of a layer that takes tokens at input 1, if they are wired: then as many places
/// as the sequences have. Errors name the port.
[[nodiscard]] Result<TensorDesc> sequences_in(DescInputs in);

/// How many ids a table of vectors has: `vocabulary`, or as many as the tokens can have where it is 0. 0: not known
/// yet. Errors name the parameter `vocabulary`: nobody says how many there are, or they are fewer than the tokens have.
[[nodiscard]] Result<std::int64_t> ids_of(const TensorDesc& tokens, std::int64_t vocabulary);
/// The most places that a sequence has; 0: not known yet.
[[nodiscard]] std::int64_t most_places(const TensorDesc& in);

}  // namespace feedline::inline nodes
