// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/attention_shape.h"

#include "nodes/model/sequence_shape.h"

#include <fmt/format.h>

#include <utility>

namespace feedline::inline nodes {

Result<std::vector<TensorDesc>> infer_attention(std::int64_t heads, DescInputs in) {
  auto x = sequences_in(in);
  if (!x) return fail(std::move(x.error()));
  if (const Dim& width = x->shape[2]; width.known() && width.size() % heads != 0)
    return fail(Error{.reason = fmt::format("{} features cannot be divided among {} heads", width.size(), heads),
                      .remedy = fmt::format("Choose a number that divides {}, or another width", width.size()),
                      .parameter = "heads"});
  return std::vector<TensorDesc>{std::move(*x)};
}

LayerCost attention_cost(const TensorDesc& x) {
  const std::int64_t width = x.shape[2].known() ? x.shape[2].size() : 0;
  const auto wide = static_cast<double>(width);
  const auto places = static_cast<double>(most_places(x));
  return {.parameters = 4 * width * (width + 1),
          .multiply_adds = places * 4 * wide * wide + 2 * places * places * wide};
}

}  // namespace feedline::inline nodes
