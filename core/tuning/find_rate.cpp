// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/find_rate.h"

#include "base/advice.h"
#include "graph/subgraph.h"
#include "schema/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>
#include <string>
#include <utility>

namespace feedline::inline tuning {
namespace {

constexpr double kSmoothing = 0.95;
constexpr double kDiverged = 4;  ///< times the lowest smoothed loss; fastai's
constexpr std::size_t kFewest = 12;
constexpr double kCoarse = 1.5;         ///< where a step multiplies the rate by more, the loss lags behind it
constexpr std::size_t kFewInFall = 10;  ///< steps: below them the middle of the fall is a matter of chance
constexpr double kClearFall = 2;        ///< times the deviation of a batch's loss
constexpr std::uint32_t kEpochsWithoutEnd = 1'000'000;
constexpr std::chrono::milliseconds kLook{20};

/// Where the longest falling series of smoothed losses begins, roughly, and where it ends: as fastai's `valley` counts.
std::pair<std::size_t, std::size_t> longest_fall(const std::vector<RateLoss>& curve) {
  std::vector<std::size_t> length(curve.size(), 1);
  std::size_t end = 0;
  for (std::size_t i = 1; i < curve.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j)
      if (curve[i].smoothed < curve[j].smoothed) length[i] = std::max(length[i], length[j] + 1);
    if (length[i] > length[end]) end = i;
  }
  return {end + 1 - std::min(length[end], end + 1), end};
}

/// Standard deviation of one batch's loss around its trend, up to this point.
double deviation_until(const std::vector<RateLoss>& curve, std::size_t end) {
  double sum = 0;
  for (std::size_t i = 1; i <= end; ++i) sum += std::pow(curve[i].loss - curve[i - 1].loss, 2);
  return end > 0 ? std::sqrt(sum / 2 / static_cast<double>(end)) : 0;
}

std::size_t lowest_of(const std::vector<RateLoss>& curve) {
  const auto lower = [](const RateLoss& a, const RateLoss& b) { return a.smoothed < b.smoothed; };
  return static_cast<std::size_t>(std::min_element(curve.begin(), curve.end(), lower) - curve.begin());
}

/// Between the neighbours of a point; rates grow by one factor, so that steps measure their logarithm.
std::size_t steepest_of(const std::vector<RateLoss>& curve, std::size_t before) {
  std::size_t best = 1;
  double fall = 0;
  for (std::size_t i = 1; i < std::min(before, curve.size() - 1); ++i) {
    const double here = curve[i - 1].smoothed - curve[i + 1].smoothed;
    if (here <= fall) continue;
    fall = here;
    best = i;
  }
  return best;
}

/// Runs to the end of the test; the curve is filled on the run's thread.
Status test_rates(const Document& document, const FindRateOptions& options, FoundRate& found) {
  std::mutex mutex;
  std::optional<Error> failure;
  RunOptions run = options.measure.run;
  run.epochs = kEpochsWithoutEnd;
  run.max_steps.reset();
  run.max_seconds.reset();
  run.validate = false;
  run.rate_test = RateTest{.rate = [&](std::uint64_t step) { return tested_rate(options, step); },
                           .seen =
                               [&](double rate, double loss) {
                                 found.diverged = add_loss(found.curve, rate, loss);
                                 return !found.diverged && found.curve.size() < options.steps;
                               }};
  const auto started = Run::start(document, run, [&](const Fact& fact) {
    const std::lock_guard lock(mutex);
    if (const auto* finished = std::get_if<Finished>(&fact)) failure = finished->result.failure;
  });
  while (!started->wait_for(kLook)) {
    if (options.measure.stop.stop_requested()) {
      started->stop();
      while (!started->wait_for(kLook)) continue;
      return fail_cancelled();
    }
  }
  if (options.measure.stop.stop_requested()) return fail_cancelled();  // it may have ended before anyone looked
  const std::lock_guard lock(mutex);
  if (failure && !found.diverged) return fail(std::move(*failure));
  return {};
}

}  // namespace

double tested_rate(const FindRateOptions& options, std::uint64_t step) {
  const double done = options.steps > 1 ? static_cast<double>(step) / static_cast<double>(options.steps - 1) : 0;
  return options.low * std::pow(options.high / options.low, done);
}

bool add_loss(std::vector<RateLoss>& curve, double rate, double loss) {
  // The sum of weighted losses and that of the weights, from the mean so far.
  const double weights = 1 - std::pow(kSmoothing, static_cast<double>(curve.size()));
  const double sum = curve.empty() ? 0 : curve.back().smoothed * weights;
  const double smoothed = (kSmoothing * sum + (1 - kSmoothing) * loss) / (kSmoothing * weights + 1 - kSmoothing);
  if (!std::isfinite(smoothed)) return true;
  curve.push_back({.rate = rate, .loss = loss, .smoothed = smoothed});
  return smoothed > kDiverged * curve[lowest_of(curve)].smoothed && curve[lowest_of(curve)].smoothed > 0;
}

std::optional<RateProposal> propose_rate(const std::vector<RateLoss>& curve) {
  if (curve.size() < kFewest) return std::nullopt;
  const std::size_t lowest = lowest_of(curve);
  const auto [begin, end] = longest_fall(curve);
  if (lowest == 0 || end <= begin) return std::nullopt;
  const std::size_t third = (end - begin) / 3;
  return RateProposal{.proposed = curve[begin + third + third / 2].rate,
                      .steepest = curve[steepest_of(curve, lowest)].rate,
                      .lowest = curve[lowest].rate};
}

std::string doubt_about(const std::vector<RateLoss>& curve) {
  if (curve.size() < 2) return "no step was taken";
  if (const double factor = curve[1].rate / curve[0].rate; factor > kCoarse)
    return fmt::format("with so few steps each multiplies the rate by {:.2g}, faster than the loss can answer", factor);
  const auto [begin, end] = longest_fall(curve);
  const std::size_t steps = end - begin + 1;
  if (steps < kFewInFall) return fmt::format("the loss fell over {} steps alone", steps);
  const double fall = curve[begin].smoothed - curve[end].smoothed;
  const double deviation = deviation_until(curve, end);
  if (fall >= kClearFall * deviation) return {};
  return fmt::format("the loss fell by {:.2g}, and from batch to batch it differs by {:.2g} anyway", fall, deviation);
}

double RateProposal::to_use() const { return std::stod(fmt::format("{:.2g}", proposed)); }

Result<FoundRate> find_rate(const Document& document, const FindRateOptions& options) {
  FoundRate found{.optimizer_node = find_role(document, Role::Optimizer)};
  const Node* node = found.optimizer_node.empty() ? nullptr : document.find(found.optimizer_node);
  const NodeSpec* spec = node == nullptr ? nullptr : Registry::instance().find(node->type);
  if (spec == nullptr || !spec->optimizer_settings)
    return fail("the graph has no optimiser, so there is no learning rate to be found",
                "Wire an optimiser to the trainer");
  found.before = spec->optimizer_settings(spec->complete(node->params)).learning_rate;
  options.measure.tell("trying learning rates", 0);
  if (Status tested = test_rates(document, options, found); !tested) return fail(std::move(tested.error()));
  if (found.curve.size() < kFewest)
    return fail(Error{
        .code = ErrorCode::Failed,
        .reason = fmt::format("the loss diverged after {} steps, which are too few to tell a rate", found.curve.size()),
        .remedy = advice("Divide the input by its scale (a normalise node), or use a smaller model",
                         "Try more steps, or a range that begins and ends lower: --steps 400 --to 0.1"),
        .node = found.optimizer_node});
  const auto proposal = propose_rate(found.curve);
  if (!proposal)
    return fail(Error{.code = ErrorCode::Failed,
                      .reason = "the loss fell at none of the learning rates that were tried",
                      .remedy = "Begin lower, try more steps, or see that the data are normalised",
                      .node = found.optimizer_node});
  found.proposal = *proposal;
  found.doubt = doubt_about(found.curve);
  return found;
}

}  // namespace feedline::inline tuning
