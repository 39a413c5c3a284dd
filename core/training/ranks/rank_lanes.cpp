// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/ranks/rank_lanes.h"

#include <fmt/format.h>

#include <algorithm>

namespace feedline::inline training {
namespace {

constexpr std::size_t kRankLaneSlices = std::size_t{1} << 12U;

}  // namespace

RankLanes::RankLanes(Trace& trace, const RankAgreement& ranks) {
  for (const PhaseInfo& info : kStepPhases) labels_[static_cast<std::size_t>(info.phase)] = trace.label(info.slice);
  for (std::size_t rank = 1; rank < std::min(ranks.size(), kMostLanes + 1); ++rank) {
    const std::string& host = ranks.host_of(rank);
    const std::string name =
        host == ranks.host_of(0) ? fmt::format("rank {}", rank) : fmt::format("rank {} on {}", rank, host);
    lanes_.push_back({.rank = rank, .lane = &trace.lane(name, kRankLaneSlices)});
  }
}

void RankLanes::add(const std::vector<RankWord>& words, Nanos now) {
  const bool first = heard_ == 0;
  if (now <= heard_) return;
  heard_ = now;
  for (One& one : lanes_) {
    StepTimes told;
    told.parts = words[one.rank].times;
    StepTimes spent = told - one.told;
    one.told = told;
    if (first) {  // when that was is not known
      one.end = now;
      continue;
    }
    // A pause of another rank may have been taken back.
    for (Nanos& part : spent.parts) part = std::max<Nanos>(part, 0);
    const Nanos total = spent.total();
    if (total <= 0) continue;
    Nanos at = std::max(one.end, now - total);
    const double scale = std::min(static_cast<double>(now - at) / static_cast<double>(total), 1.0);
    const auto draw = [&](Phase phase) {
      const auto length = static_cast<Nanos>(scale * static_cast<double>(spent[phase]));
      if (length <= 0) return;
      one.lane->add({.start = at,
                     .duration = length,
                     .kind = TraceKind::Phase,
                     .label = labels_[static_cast<std::size_t>(phase)]});
      at += length;
    };
    for (const PhaseInfo& info : kStepPhases)
      if (info.phase != Phase::Wait) draw(info.phase);
    draw(Phase::Wait);  // a word is told once the batch is there
    one.end = at;
  }
}

}  // namespace feedline::inline training
