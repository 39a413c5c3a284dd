// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/branches.h"
#include "diagnosis/cost_model.h"

#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline diagnosis {

enum class VerdictKind {
  NotYet,              ///< too few steps to judge
  ReadBound,           ///< the source waits for its disk
  PreparationBound,    ///< a node of the data side
  SequentialStage,     ///< a node that lets one worker in at a time
  TransferBound,       ///< host to device
  PipelineBubble,      ///< stages of the network wait for each other
  StepBound,           ///< forward, backward, optimiser, launch
  Contention,          ///< another process has the cores, or the loader starves the step
  QueueOverhead,       ///< records so small that handing them on is the work
  StartUpStall,        ///< the first batch of an epoch, or loading everything first
  StragglingBranch,    ///< one branch of a record holds the others up at the batch
  CommunicationBound,  ///< gradients take longer to exchange between ranks than backward hides
  StragglingRank,      ///< the other ranks wait for one of them
  FitBound,            ///< nodes learn from the records, before training, for longer than it trains
  NoClearBottleneck,   ///< the methods disagree, or nothing stands out
};
/// For JSON: not_enough_steps, read_bound, preparation_bound, ...
[[nodiscard]] std::string_view name(VerdictKind kind);

/// What limits a run, with what it rests on.
struct Verdict {
  VerdictKind kind = VerdictKind::NotYet;
  std::string node{};                   ///< empty where no single node is to blame
  double share = 0;                     ///< of the training time that it explains, 0..1
  double confidence = 0;                ///< 0..1
  std::string headline{};               ///< "Highly input-bound: 63 % of each step waits for a batch."
  std::vector<std::string> evidence{};  ///< sentences
  std::vector<std::string> concerns{};  ///< what else is wrong: records left out, a full cache
  /// Headline and evidence as one paragraph.
  [[nodiscard]] std::string text() const;
};

/// A verdict with everything around it.
struct Diagnosis {
  Verdict verdict{};
  Profile profile{};
  CostModel model{};
  Solution expected{};  ///< what the closed form gives for the settings as they are
  Solution ceiling{};   ///< and for the best settings: any workers, enough prefetch; nothing is kept that is not now
  /// The same with a cache at its best place, which `cached_at` names; empty where none is allowed or would help.
  Solution cached_ceiling{};
  std::string cached_at{};
  std::vector<BranchCost> branches{};  ///< of a record, the slowest first; empty where it has no two
  [[nodiscard]] double measured() const { return profile.samples_per_s; }
};

/// Steps between the two snapshots below which nothing is said.
inline constexpr std::uint64_t kStepsNeeded = 20;

/// Pure: two snapshots of one run, warm-up before the first of them, give a verdict. The closed form (Plumber) and the
/// walk along the queues (SPDL) must agree, or it says that they do not. Thresholds and wording follow TensorBoard's
/// input-pipeline analyser: below 5 % of the step not input-bound, up to 20 % moderately, above it highly.
[[nodiscard]] Diagnosis diagnose(const RunFacts& facts, const Snapshot& earlier, const Snapshot& later);
/// The same from costs that are known already.
[[nodiscard]] Diagnosis diagnose(const RunFacts& facts, const Profile& profile);

}  // namespace feedline::inline diagnosis
