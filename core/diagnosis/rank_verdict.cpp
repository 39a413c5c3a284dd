// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/rank_verdict.h"

#include "diagnosis/scaling.h"
#include "diagnosis/wording.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace feedline::inline diagnosis {
namespace {

/// Of a step: less waiting for gradients of the others is usual.
constexpr double kExchangeHigh = 0.15;

const RankTimes& rank_of(const Profile& profile, int rank) {
  for (const RankTimes& times : profile.ranks)
    if (times.rank == rank) return times;
  return profile.ranks.front();
}

std::string title_of(const RankTimes& rank) {
  return rank.host.empty() ? fmt::format("Rank {}", rank.rank) : fmt::format("Rank {} on {}", rank.rank, rank.host);
}

/// Of the computing phases of its step, the one that takes longer than elsewhere by most.
const PhaseInfo& slowest_phase(const Profile& profile, const RankTimes& slow) {
  const PhaseInfo* most = &kStepPhases[static_cast<std::size_t>(Phase::Other)];
  double excess = -1;
  for (const PhaseInfo& info : kStepPhases) {
    if (info.phase == Phase::Wait || info.phase == Phase::Reduce) continue;
    double others = 0;
    double count = 0;
    for (const RankTimes& rank : profile.ranks) {
      if (rank.rank == slow.rank || rank.steps == 0) continue;
      others += rank.step[info.phase];
      count += 1;
    }
    const double more = slow.step[info.phase] - (count > 0 ? others / count : 0);
    if (more > excess) {
      excess = more;
      most = &info;
    }
  }
  return *most;
}

std::string part_sentence(const Profile& profile, const RankTimes& slow, const Straggler& straggler) {
  using wording::time;
  switch (straggler.part) {
    case RankPart::Loader:
      return fmt::format("Its loader is to blame: its step waits {} for a batch, {} longer than elsewhere.{}",
                         time(slow.step[Phase::Wait]), time(straggler.excess),
                         straggler.stage.empty()
                             ? std::string()
                             : fmt::format(" {} takes most of the loader's time there.", straggler.stage));
    case RankPart::Network:
      return fmt::format("Its network is to blame: a message takes {} there and back, {} longer than elsewhere.",
                         time(slow.round_trip), time(straggler.excess));
    case RankPart::Step:
      break;
  }
  const PhaseInfo& phase = slowest_phase(profile, slow);
  return fmt::format(
      "Its step is to blame: it computes {} longer than elsewhere, most in {}. Other programs on that "
      "machine, or slower cores, make such a rank.",
      time(straggler.excess), phase.title);
}

Verdict straggling(const RunFacts& facts, const Profile& profile, const Straggler& straggler) {
  const RankTimes& slow = rank_of(profile, straggler.rank);
  Verdict verdict{.kind = VerdictKind::StragglingRank, .share = straggler.share, .confidence = 0.85};
  verdict.node = straggler.part == RankPart::Loader ? straggler.stage : facts.trainer_node;
  verdict.headline = fmt::format("{} holds the others up: they wait for it {} of each step.", title_of(slow),
                                 wording::percent(straggler.share));
  verdict.evidence.push_back(part_sentence(profile, slow, straggler));
  verdict.evidence.push_back(fmt::format("All {} ranks step at the pace of the slowest.", profile.ranks.size()));
  return verdict;
}

Verdict communication(const RunFacts& facts, const Diagnosis& found, double waits, double share) {
  const Profile& profile = found.profile;
  const ScalingModel scaling = ScalingModel::of(facts, profile, found.model);
  Verdict verdict{.kind = VerdictKind::CommunicationBound,
                  .node = facts.trainer_node,
                  .share = share,
                  .confidence = 0.6 + 0.4 * std::min(share, 1.0)};
  verdict.headline =
      fmt::format("Communication-bound: {} of each step waits for the exchange of gradients.", wording::percent(share));
  const auto steps = static_cast<double>(std::max<std::uint64_t>(profile.steps, 1));
  if (profile.collective.buckets > 0) {
    const double busy = seconds(profile.collective.busy) / steps;
    verdict.evidence.push_back(
        fmt::format("A step exchanges {} of gradients in {} bucket{}, which takes {}; backward hides {} of it.",
                    wording::bytes(scaling.bytes), std::llround(scaling.buckets), scaling.buckets < 1.5 ? "" : "s",
                    wording::time(busy), wording::time(std::max(busy - waits, 0.0))));
    verdict.evidence.push_back("Measured of the network: " + wire_words(scaling.between(scaling.ranks)) + ".");
  }
  const double without = profile.step.total() - waits;
  if (without > 0)
    verdict.evidence.push_back(fmt::format("Without it {} ranks could take {}; you get {}.", profile.ranks.size(),
                                           wording::rate(profile.samples_per_s * profile.step.total() / without),
                                           wording::rate(profile.samples_per_s)));
  return verdict;
}

}  // namespace

std::optional<Verdict> judge_ranks(const RunFacts& facts, const Diagnosis& found) {
  const Profile& profile = found.profile;
  if (profile.ranks.size() < 2 || profile.step.total() <= 0) return std::nullopt;
  const double waits = std::min(exchange_wait(profile.ranks), profile.step[Phase::Reduce]);
  const double share = waits / profile.step.total();
  const auto straggler = find_straggler(profile.ranks);
  const bool late = straggler && (straggler->part == RankPart::Network || straggler->share > share);
  if (late) return straggling(facts, profile, *straggler);
  if (share < kExchangeHigh || share < profile.wait_share()) return std::nullopt;
  return communication(facts, found, waits, share);
}

}  // namespace feedline::inline diagnosis
