// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/stage_cut.h"

#include "schema/node_spec.h"

#include <algorithm>
#include <limits>

namespace feedline::inline plan {
namespace {

constexpr double kNoCut = std::numeric_limits<double>::infinity();

using CutMeasure = double (*)(const CutLayer&);
double cut_seconds(const CutLayer& layer) { return layer.seconds; }
double cut_bytes(const CutLayer& layer) { return layer.bytes; }

struct CutFound {
  double largest = kNoCut;  ///< of its stages, in what was to be as small as may be; kNoCut: there is no such cut
  std::vector<std::size_t> begins{};
};

/// The cut whose largest stage by `measure` is as small as may be, among those of which no stage has more than `most`
/// by `other`.
CutFound smallest_cut(const std::vector<CutLayer>& layers, std::size_t stages, CutMeasure measure, CutMeasure other,
                      double most) {
  const std::size_t count = layers.size();
  std::vector<double> before(count + 1, 0.0);  // sums of the layers in front
  std::vector<double> others(count + 1, 0.0);
  for (std::size_t i = 0; i < count; ++i) {
    before[i + 1] = before[i] + measure(layers[i]);
    others[i + 1] = others[i] + other(layers[i]);
  }
  const double slack = 1e-9 * others[count];  // differences of sums
  const auto stage_of = [&](std::size_t from, std::size_t to) {
    return others[to] - others[from] > most + slack ? kNoCut : before[to] - before[from];
  };
  // best[k][i]: the first i layers in k + 1 stages; begins[k][i]: where the last of these begins.
  std::vector<std::vector<double>> best(stages, std::vector<double>(count + 1, kNoCut));
  std::vector<std::vector<std::size_t>> begins(stages, std::vector<std::size_t>(count + 1, 0));
  for (std::size_t to = 1; to <= count; ++to) best[0][to] = stage_of(0, to);
  for (std::size_t k = 1; k < stages; ++k)
    for (std::size_t to = k + 1; to <= count; ++to)
      for (std::size_t from = k; from < to; ++from) {
        if (!layers[from].can_begin_stage) continue;
        const double largest = std::max(best[k - 1][from], stage_of(from, to));
        if (largest >= best[k][to]) continue;
        best[k][to] = largest;
        begins[k][to] = from;
      }
  CutFound found{.largest = best[stages - 1][count]};
  if (found.largest == kNoCut) return found;
  found.begins.resize(stages - 1);
  std::size_t to = count;
  for (std::size_t k = stages - 1; k > 0; --k) to = found.begins[k - 1] = begins[k][to];
  return found;
}

}  // namespace

std::vector<std::size_t> balanced_cut(const std::vector<CutLayer>& layers, std::size_t stages, double most_bytes) {
  if (stages < 2 || stages > layers.size()) return {};
  const CutFound fastest = smallest_cut(layers, stages, cut_seconds, cut_bytes, most_bytes > 0 ? most_bytes : kNoCut);
  if (fastest.begins.empty()) return {};
  return smallest_cut(layers, stages, cut_bytes, cut_seconds, fastest.largest).begins;
}

std::vector<bool> stage_borders(const ModelPlan& model) {
  std::vector<bool> borders(model.layers.size(), false);
  for (std::size_t first = 1; first < model.layers.size(); ++first) {
    if (model.layers[first].spec->role != Role::Layer) continue;
    std::vector<bool> behind(model.layers.size(), false);
    behind[first] = true;
    for (std::size_t i = first + 1; i < model.layers.size(); ++i)
      for (const LayerPlan::Input& from : model.layers[i].from)
        behind[i] = behind[i] || (from.layer >= 0 && behind[static_cast<std::size_t>(from.layer)]);
    borders[first] =
        std::find(behind.begin() + static_cast<std::ptrdiff_t>(first), behind.end(), false) == behind.end();
  }
  return borders;
}

}  // namespace feedline::inline plan
