// SPDX-License-Identifier: GPL-3.0-or-later
#include "telemetry/rank_times.h"

#include <algorithm>

namespace feedline::inline telemetry {
namespace {

/// Of a step: shorter waiting for one rank is not worth naming it.
constexpr double kStragglerShare = 0.1;
/// Of a step: below it the network is not to blame for anything.
constexpr double kSlowNetworkShare = 0.1;
/// A message of a rank that is cut off half the way takes so many times as long as those of the others.
constexpr double kSlowNetworkTimes = 3;
/// Round trips below this (seconds) are those of one machine.
constexpr double kNetworkFloor = 200e-6;

/// Of all ranks but one.
template <class Value>
double median_of_others(std::span<const RankTimes> ranks, const RankTimes& but, const Value& value) {
  std::vector<double> values;
  for (const RankTimes& rank : ranks)
    if (&rank != &but && rank.steps > 0) values.push_back(value(rank));
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

std::optional<Straggler> slow_network(std::span<const RankTimes> ranks) {
  const RankTimes& worst = *std::max_element(
      ranks.begin(), ranks.end(), [](const RankTimes& a, const RankTimes& b) { return a.round_trip < b.round_trip; });
  const double usual = median_of_others(ranks, worst, [](const RankTimes& rank) { return rank.round_trip; });
  const double share = worst.step.total() > 0 ? exchange_wait(ranks) / worst.step.total() : 0;
  if (usual <= 0 || worst.round_trip < std::max(kSlowNetworkTimes * usual, kNetworkFloor)) return std::nullopt;
  if (share < kSlowNetworkShare) return std::nullopt;
  return Straggler{
      .rank = worst.rank, .part = RankPart::Network, .excess = worst.round_trip - usual, .share = std::min(share, 1.0)};
}

}  // namespace

std::string_view name(RankPart part) {
  switch (part) {
    case RankPart::Loader:
      return "loader";
    case RankPart::Network:
      return "network";
    case RankPart::Step:
      break;
  }
  return "step";
}

std::vector<RankTimes> rank_times(const Snapshot& earlier, const Snapshot& now) {
  std::vector<RankTimes> all;
  all.reserve(now.ranks.size());
  for (std::size_t i = 0; i < now.ranks.size(); ++i) {
    const RankSample& later = now.ranks[i];
    const bool same = i < earlier.ranks.size() && earlier.ranks[i].rank == later.rank &&
                      earlier.ranks[i].process == later.process && earlier.ranks[i].steps <= later.steps;
    const RankSample before = same ? earlier.ranks[i] : RankSample{};
    RankTimes& row = all.emplace_back();
    row.rank = later.rank;
    row.host = later.host;
    row.process = later.process;
    row.steps = later.steps - before.steps;
    row.samples = later.samples - before.samples;
    row.rss_bytes = later.rss_bytes;
    row.slowest_stage = later.slowest_stage;
    row.round_trip = seconds(later.round_trip);
    row.silent = later.heard > 0 ? std::max(seconds(now.at - later.heard), 0.0) : 0;
    if (row.steps == 0) continue;
    const StepTimes times = (later.times - later.validation) - (before.times - before.validation);
    const auto steps = static_cast<double>(row.steps);
    for (const PhaseInfo& info : kStepPhases) row.step[info.phase] = seconds(times[info.phase]) / steps;
    row.loader_cpu = (later.loader_s - before.loader_s) / steps;
    const double total = seconds(times.total());
    row.samples_per_s = total > 0 ? static_cast<double>(row.samples) / total : 0;
  }
  return all;
}

double exchange_wait(std::span<const RankTimes> ranks) {
  double least = -1;
  for (const RankTimes& rank : ranks)
    if (rank.steps > 0 && (least < 0 || rank.step[Phase::Reduce] < least)) least = rank.step[Phase::Reduce];
  return std::max(least, 0.0);
}

std::optional<Straggler> find_straggler(std::span<const RankTimes> ranks) {
  const RankTimes* slow = nullptr;
  std::size_t stepped = 0;
  for (const RankTimes& rank : ranks) {
    if (rank.steps == 0) continue;
    ++stepped;
    if (slow == nullptr || rank.own() > slow->own()) slow = &rank;
  }
  if (stepped < 2) return std::nullopt;
  const double total = median_of_others(ranks, *slow, [](const RankTimes& rank) { return rank.step.total(); });
  const double excess = slow->own() - median_of_others(ranks, *slow, [](const RankTimes& rank) { return rank.own(); });
  if (total <= 0 || excess / total < kStragglerShare) return slow_network(ranks);
  const auto waited = [](const RankTimes& rank) { return rank.step[Phase::Wait]; };
  const double loader = waited(*slow) - median_of_others(ranks, *slow, waited);
  const bool by_loader = loader > excess - loader;
  return Straggler{.rank = slow->rank,
                   .part = by_loader ? RankPart::Loader : RankPart::Step,
                   .excess = by_loader ? loader : excess - loader,
                   .share = std::min(excess / total, 1.0),
                   .stage = by_loader ? slow->slowest_stage : std::string()};
}

}  // namespace feedline::inline telemetry
