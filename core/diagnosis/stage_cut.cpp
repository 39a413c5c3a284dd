// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/stage_cut.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace feedline::inline diagnosis {
namespace {

/// Of the stages so far: the slowest one's seconds, the largest one's bytes.
using CutCost = std::pair<double, double>;
constexpr CutCost kNoCut{std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};

}  // namespace

std::vector<std::size_t> balanced_cut(const std::vector<CutLayer>& layers, std::size_t stages, double most_bytes) {
  const std::size_t count = layers.size();
  if (stages < 2 || stages > count) return {};
  std::vector<CutCost> before(count + 1);  // sums of the layers in front
  for (std::size_t i = 0; i < count; ++i)
    before[i + 1] = {before[i].first + layers[i].seconds, before[i].second + layers[i].bytes};
  // best[k][i]: the first i layers in k + 1 stages; begins[k][i]: where the last of these begins.
  std::vector<std::vector<CutCost>> best(stages, std::vector<CutCost>(count + 1, kNoCut));
  std::vector<std::vector<std::size_t>> begins(stages, std::vector<std::size_t>(count + 1, 0));
  const auto stage_of = [&](std::size_t from, std::size_t to) {
    const CutCost cost{before[to].first - before[from].first, before[to].second - before[from].second};
    return most_bytes > 0 && cost.second > most_bytes ? kNoCut : cost;
  };
  for (std::size_t to = 1; to <= count; ++to) best[0][to] = stage_of(0, to);
  for (std::size_t k = 1; k < stages; ++k) {
    for (std::size_t to = k + 1; to <= count; ++to) {
      for (std::size_t from = k; from < to; ++from) {
        if (!layers[from].can_begin_stage) continue;
        const CutCost last = stage_of(from, to);
        const CutCost& first = best[k - 1][from];
        const CutCost cost{std::max(first.first, last.first), std::max(first.second, last.second)};
        if (cost >= best[k][to]) continue;
        best[k][to] = cost;
        begins[k][to] = from;
      }
    }
  }
  if (best[stages - 1][count].first == kNoCut.first) return {};
  std::vector<std::size_t> cuts(stages - 1);
  std::size_t to = count;
  for (std::size_t k = stages - 1; k > 0; --k) to = cuts[k - 1] = begins[k][to];
  return cuts;
}

}  // namespace feedline::inline diagnosis
