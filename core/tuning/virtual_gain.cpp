// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/virtual_gain.h"

#include "diagnosis/cost_model.h"
#include "diagnosis/whatif.h"
#include "tuning/pair_clock.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>
#include <vector>

namespace feedline::inline tuning {
namespace {

constexpr double kCloseEnough = 0.1;

double predicted_gain(const RunFacts& facts, const Diagnosis& diagnosis, const std::string& node, double factor) {
  const WhatIfAnswer faster =
      what_if(facts, diagnosis, {.workers = facts.execution.workers, .faster = {{node, factor}}});
  const double before = diagnosis.model.expected().samples_per_s;
  return before > 0 ? faster.rate() / before : 1;
}

}  // namespace

bool VirtualGain::agree() const {
  return (predicted >= ratio.low && predicted <= ratio.high) || std::abs(predicted / ratio.ratio - 1) <= kCloseEnough;
}

Result<VirtualGain> measure_virtual_gain(const Document& document, const std::string& node, double factor,
                                         const VirtualGainOptions& options) {
  LiveRun run(document, options.measure);
  options.measure.tell("warming up", options.seconds + kUsualWarmUp);
  if (Status warm = run.warm_up(); !warm) return fail(std::move(warm.error()));
  VirtualGain gain{.node = node, .factor = factor};
  std::vector<double> before;
  std::vector<double> after;
  std::optional<Slice> plain;
  const PairClock clock(options.seconds, options.least_pairs);
  for (std::size_t pairs = 0; !clock.over(pairs);) {
    for (const bool faster : pairs % 2 == 0 ? std::array{false, true} : std::array{true, false}) {
      if (!run.speed_up(node, faster ? factor : 1))
        return fail(Error{.reason = "the run has no such node on the way to the training step",
                          .remedy = "Choose a node of the data side or the trainer",
                          .node = node});
      auto slice = run.measure(options.slice);
      if (!slice) return fail(std::move(slice.error()));
      (faster ? after : before).push_back(slice->virtual_samples_per_s());
      if (!faster && !plain) plain = std::move(*slice);
    }
    gain.ratio = estimate_ratio(before, after);
    ++pairs;
    if (options.on_pair) options.on_pair(gain.ratio);
    options.measure.tell(fmt::format("pair {}: {:.2f} times", pairs, gain.ratio.ratio), clock.left(pairs));
  }
  gain.measured = median(before);
  gain.with_faster_node = median(after);
  gain.predicted = predicted_gain(run.facts(), diagnose(run.facts(), plain->from, plain->to), node, factor);
  return gain;
}

}  // namespace feedline::inline tuning
