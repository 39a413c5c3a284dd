// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/virtual_gain.h"

#include "diagnosis/cost_model.h"
#include "diagnosis/whatif.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>
#include <vector>

namespace feedline {
namespace {

constexpr double kCloseEnough = 0.1;

double predicted_gain(const RunFacts& facts, const Diagnosis& diagnosis, const std::string& node, double factor) {
  const WhatIfAnswer faster = what_if(facts, diagnosis, {.workers = facts.workers, .faster = {{node, factor}}});
  const double before = diagnosis.model.expected().samples_per_s;
  return before > 0 ? faster.rate() / before : 1;
}

}  // namespace

bool VirtualGain::agree() const {
  return (predicted >= ratio.low && predicted <= ratio.high) || std::abs(predicted / ratio.ratio - 1) <= kCloseEnough;
}

Result<VirtualGain> measure_virtual_gain(const Document& document, const std::string& node, double factor,
                                         const VirtualGainOptions& options) {
  const auto tell = [&](const std::string& what) {
    if (options.measure.progress) options.measure.progress(what);
  };
  LiveRun run(document, options.measure);
  tell("warming up");
  if (Status warm = run.warm_up(); !warm) return fail(std::move(warm.error()));
  VirtualGain gain{.node = node, .factor = factor};
  std::vector<double> before;
  std::vector<double> after;
  std::optional<Slice> plain;
  const Nanos start = Clock::system().now();
  for (std::size_t pair = 0;; ++pair) {
    for (const bool faster : pair % 2 == 0 ? std::array{false, true} : std::array{true, false}) {
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
    if (options.on_pair) options.on_pair(gain.ratio);
    tell(fmt::format("pair {}: {:.2f} times", pair + 1, gain.ratio.ratio));
    if (pair + 1 >= options.least_pairs && seconds(Clock::system().now() - start) >= options.seconds) break;
  }
  gain.measured = median(before);
  gain.with_faster_node = median(after);
  gain.predicted = predicted_gain(run.facts(), diagnose(run.facts(), plain->from, plain->to), node, factor);
  return gain;
}

}  // namespace feedline
