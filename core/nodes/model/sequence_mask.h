// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/torch_layer.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include <c10/core/DispatchKeySet.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <cstdint>
#include <span>

namespace feedline::inline nodes {

/// The second input of a layer on sequences; undefined where nothing is wired.
[[nodiscard]] inline at::Tensor tokens_of(std::span<const at::Tensor> in) {
  return in.size() > 1 ? in[1] : at::Tensor();
}

/// N×T of bool, true where a record has a token.
[[nodiscard]] inline at::Tensor token_mask(const at::Tensor& tokens) { return tokens.ne(0); }

/// N×T×F with zeros where the records are filled up; as it is where no tokens are known.
[[nodiscard]] inline at::Tensor only_tokens(const at::Tensor& x, const at::Tensor& tokens) {
  return tokens.defined() ? x * token_mask(tokens).unsqueeze(2).to(x.scalar_type()) : x;
}

/// Below all numbers that a layer gives, and within the type's own range: float16 ends at 65,504. Not -inf, so that a
/// record without any token gives numbers, which its mask cancels.
[[nodiscard]] inline double below_all(at::ScalarType type) { return type == at::kHalf ? -65'504.0 : -1e30; }

/// N of i64: the place behind the last token of each record.
[[nodiscard]] inline at::Tensor token_counts(const at::Tensor& tokens) {
  const std::int64_t places = tokens.size(1);
  if (places == 0) return at::zeros({tokens.size(0)}, tokens.options().dtype(at::kLong));
  const at::Tensor behind = at::arange(1, places + 1, tokens.options().dtype(at::kLong));
  return std::get<0>((token_mask(tokens) * behind).max(1));
}

/// While one lives, this thread's arithmetic is in the precision of the tensors, whatever the model's is: LibTorch's
/// recurrent layers and norms do not mix two.
class PlainPrecision {
 public:
  PlainPrecision() : guard_(c10::autocast_dispatch_keyset) {}

 private:
  c10::impl::ExcludeDispatchKeyGuard guard_;
};

}  // namespace feedline::inline nodes

#endif
