// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/cache_placement.h"
#include "diagnosis/fit_verdict.h"
#include "diagnosis/queue_model.h"
#include "diagnosis/queue_walk.h"
#include "diagnosis/rank_verdict.h"
#include "diagnosis/verdict.h"
#include "diagnosis/wording.h"
#include "plan/stage_schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace feedline::inline diagnosis {
namespace {

using wording::percent;
using wording::rate;
using wording::time;

// Shares of the step's time, as TensorBoard's input-pipeline analyser draws the lines.
constexpr double kModerate = 0.05;
constexpr double kHigh = 0.20;
constexpr double kTransferHigh = 0.15;
// Shares of records that were left out, as SPDL draws them.
constexpr double kBadConcern = 0.05;
constexpr double kBadCritical = 0.20;
// Cores that others have, and that nobody has, as shares of all.
constexpr double kOthersNotable = 0.15;
constexpr double kFewIdle = 0.15;
/// The rate that is left to reach before the closed form counts as having explained nothing.
constexpr double kUnexplained = 2.0;
/// A record that costs less than this in a segment is cheap beside being handed on.
constexpr double kTinyRecord = 30e-6;

class Diagnoser {
 public:
  Diagnoser(const RunFacts& facts, Diagnosis& found)
      : facts_(facts), found_(found), profile_(found.profile), verdict_(found.verdict) {}

  void run() {
    if (profile_.steps < kStepsNeeded) return not_yet();
    add_concerns();
    if (others_have_the_cores()) return contention();
    if (auto ranks = judge_ranks(facts_, found_)) return take(std::move(*ranks));
    if (stalls_at_borders()) return start_up_stall();
    if (profile_.wait_share() < kModerate) return step_side();
    if (tiny_records()) return queue_overhead();
    loader_side();
  }

 private:
  void say(VerdictKind kind, std::string node, double share, double confidence, std::string headline) {
    verdict_.kind = kind;
    verdict_.node = std::move(node);
    verdict_.share = share;
    verdict_.confidence = std::clamp(confidence * (profile_.steps < 2 * kStepsNeeded ? 0.9 : 1.0), 0.0, 1.0);
    verdict_.headline = std::move(headline);
  }
  /// What is wrong besides stays.
  void take(Verdict verdict) {
    verdict.concerns = std::move(verdict_.concerns);
    verdict_ = std::move(verdict);
  }
  void because(std::string sentence) { verdict_.evidence.push_back(std::move(sentence)); }

  void not_yet() {
    say(VerdictKind::NotYet, {}, 0, 0,
        fmt::format("Not enough steps to judge: {} of {} so far.", profile_.steps, kStepsNeeded));
  }

  void add_concerns() {
    if (profile_.bad > kBadConcern)
      verdict_.concerns.push_back(fmt::format("{}: {} of the records are left out because they cannot be used.",
                                              profile_.bad > kBadCritical ? "Critical" : "A concern",
                                              percent(profile_.bad)));
  }

  /// Another process uses the cores, none are idle, and with them this run would be faster.
  [[nodiscard]] bool others_have_the_cores() const {
    const auto cores = static_cast<double>(std::max<std::size_t>(facts_.cores, 1));
    if (profile_.other_cores < kOthersNotable * cores || profile_.idle_cores > kFewIdle * cores) return false;
    CostModel alone = found_.model;
    CostModel beside = found_.model;
    beside.cores = beside.cores * std::max(cores - profile_.other_cores, 0.1) / cores;
    const double undisturbed = alone.expected().samples_per_s;
    return beside.expected().samples_per_s < 0.95 * undisturbed && profile_.samples_per_s < 0.9 * undisturbed;
  }

  void contention() {
    const auto cores = static_cast<double>(facts_.cores);
    say(VerdictKind::Contention, {}, profile_.other_cores / cores, 0.9,
        fmt::format("CPU contention: other processes use {:.1f} of the {} cores, and none are idle.",
                    profile_.other_cores, facts_.cores));
    because(fmt::format("This run gets {:.1f} cores. No bottleneck can be named until the others are free.",
                        profile_.own_cores));
    because(fmt::format("With all cores to itself it could reach {}; you get {}.",
                        rate(found_.model.expected().samples_per_s), rate(profile_.samples_per_s)));
  }

  [[nodiscard]] bool stalls_at_borders() const {
    const double total = profile_.step.total();
    return total > 0 && profile_.border_wait / total > kModerate &&
           profile_.border_wait > 0.5 * profile_.step[Phase::Wait];
  }

  void start_up_stall() {
    const double share = profile_.border_wait / profile_.step.total();
    say(VerdictKind::StartUpStall, {}, share, 0.85,
        fmt::format("Stalls at the start of epochs: {} of the time waits for an epoch's first batch.", percent(share)));
    because("Within an epoch batches arrive in time.");
    because(facts_.execution.prefetch == 0
                ? "Nothing is prepared ahead (prefetch is 0)."
                : "A data set that is loaded or filled before training, or an epoch of few batches, "
                  "makes such a stall.");
  }

  // The step is what takes the time.
  void step_side() {
    if (profile_.stages.size() > 1 && profile_.bubble() > kHigh) return pipeline_bubble();
    const StepCost& step = profile_.step;
    const auto largest = std::max_element(kStepPhases.begin() + 1, kStepPhases.end(),  // behind waiting
                                          [&](const auto& a, const auto& b) { return step[a.phase] < step[b.phase]; });
    const double most = step[largest->phase];
    const double share = most / step.total();
    const bool transfer = largest->phase == Phase::HostToDevice && share >= kTransferHigh;
    say(transfer ? VerdictKind::TransferBound : VerdictKind::StepBound, facts_.trainer_node, share,
        0.6 + 0.4 * (1 - profile_.wait_share() / kModerate),
        fmt::format("Not input-bound: {} of each step waits for a batch. {} {}", percent(profile_.wait_share()),
                    transfer ? "Copying to the device takes most of the step:" : "The step itself is the bottleneck:",
                    fmt::format("{} takes {} of it.", largest->whole, percent(share))));
    if (second_largest(step, most) > 0.8 * most) because("Its parts are of much the same size.");
    const double loader = profile_.loader_cpu() * profile_.samples_per_s / found_.model.ranks;
    if (facts_.execution.on_cpu() && loader > 0.1 * static_cast<double>(facts_.cores) &&
        found_.expected.tightest().kind == LimitKind::Cores)
      because(fmt::format("The loader takes {:.1f} of the {} cores that the step could use.", loader, facts_.cores));
    say_ceiling();
  }

  /// What of the idle time any schedule has, and what comes from stages of unequal length.
  void pipeline_bubble() {
    const std::vector<ModelStageCost>& stages = profile_.stages;
    const auto slowest =
        std::max_element(stages.begin(), stages.end(), [](const auto& a, const auto& b) { return a.busy < b.busy; });
    const double bound = bubble_share(stages.size(), facts_.micro_batches());
    double mean = 0;
    for (const ModelStageCost& stage : stages) mean += stage.busy / static_cast<double>(stages.size());
    say(VerdictKind::PipelineBubble, slowest->layers.empty() ? facts_.trainer_node : slowest->layers.front().node,
        profile_.bubble(), 0.8,
        fmt::format("Pipeline bubble: the {} stages of the network wait for each other {} of the step.", stages.size(),
                    percent(profile_.bubble())));
    because(fmt::format("With {} micro-batches {} is idle whatever the cut.", facts_.micro_batches(), percent(bound)));
    if (slowest->busy > 1.1 * mean)
      because(fmt::format("Stage {}, from {} on, computes {} a step, {} as long as the stages do on average.",
                          slowest - stages.begin() + 1, verdict_.node, time(slowest->busy),
                          wording::times(slowest->busy / mean)));
  }

  static double second_largest(const StepCost& step, double largest) {
    double second = 0;
    for (const PhaseInfo& info : kStepPhases)
      if (info.phase != Phase::Wait && step[info.phase] < largest) second = std::max(second, step[info.phase]);
    return second;
  }

  /// The trainer waits although the costs explain only a part of the time, and every record is tiny.
  [[nodiscard]] bool tiny_records() const {
    if (profile_.wait_share() < kHigh || facts_.execution.prefetch == 0) return false;
    double most = 0;
    double here = 0;
    std::size_t segment = 0;
    for (const NodeCost& node : profile_.nodes) {
      if (node.segment != segment) here = 0;
      segment = node.segment;
      here += node.self();
      most = std::max(most, here);
    }
    return most < kTinyRecord && found_.expected.samples_per_s > kUnexplained * profile_.samples_per_s;
  }

  void queue_overhead() {
    say(VerdictKind::QueueOverhead, {}, profile_.wait_share(), 0.7,
        fmt::format(
            "Queue overhead: {} of each step waits for a batch, but the records' own costs explain a rate of {}.",
            percent(profile_.wait_share()), rate(found_.expected.samples_per_s)));
    because(facts_.execution.staged
                ? "Every node has a queue of its own; handing tiny records on costs more than they do."
                : "The records are so small that handing them on costs more than they do.");
  }

  // The loader is what takes the time.
  void loader_side() {
    const Limit limit = loader_limit();
    const NodeCost* node = profile_.find(limit.node);
    const auto walked = walk_queues(profile_);
    const bool turns = facts_.execution.prefetch == 0;
    if (node == nullptr || (!turns && disagree(*node, walked))) return disagreement(limit, walked);

    const std::string degree = profile_.wait_share() > kHigh ? "Highly" : "Moderately";
    const auto [share, margin] = standing(*node);
    const VerdictKind kind = kind_of(*node, limit);
    say(kind, node->node, profile_.wait_share(), 0.55 + 0.45 * margin,
        fmt::format("{} input-bound: {} of each step waits for a batch. {}", degree, percent(profile_.wait_share()),
                    blame(*node, kind, share)));
    because(queue_sentence(*node));
    if (kind == VerdictKind::StragglingBranch)
      because(branch_sentence(found_.branches, branch_of(node->node), profile_));
    if (turns) because("Nothing overlaps: loading and step take turns, because prefetch is 0.");
    say_ceiling();
  }

  /// The tightest limit of the loader, whatever the step's is.
  [[nodiscard]] Limit loader_limit() const {
    for (const Limit& limit : found_.expected.limits)
      if (limit.kind != LimitKind::Step && !(limit.kind == LimitKind::Cores && limit.node == facts_.trainer_node))
        return with_node(limit);
    return found_.expected.tightest();
  }

  /// Within the cores' limit, whoever computes most; within a segment's workers, whoever holds them longest: blocking
  /// self time decides (tf.data's bottleneck analysis).
  [[nodiscard]] Limit with_node(Limit limit) const {
    if (limit.kind != LimitKind::Turns) return limit;
    const NodeCost* most = nullptr;
    for (const NodeCost& node : profile_.nodes)
      if (most == nullptr || node.self() > most->self()) most = &node;
    if (most != nullptr) limit.node = most->node;
    return limit;
  }

  /// Share of the loader's time that the node takes, and how far it is ahead of the next (0..1).
  [[nodiscard]] std::pair<double, double> standing(const NodeCost& node) const {
    double all = 0;
    double second = 0;
    for (const NodeCost& other : profile_.nodes) {
      all += other.self();
      if (other.node != node.node) second = std::max(second, other.self());
    }
    const double share = all > 0 ? node.self() / all : 0;
    const double margin = node.self() > 0 ? std::clamp(1 - second / node.self(), 0.0, 1.0) : 0;
    return {share, node.sequential ? std::max(margin, 0.5) : margin};
  }

  [[nodiscard]] VerdictKind kind_of(const NodeCost& node, const Limit& limit) const {
    if (limit.kind == LimitKind::Sequential ||
        (node.sequential && limit.node == node.node && facts_.execution.prefetch > 0))
      return VerdictKind::SequentialStage;
    const bool source = &node == &profile_.nodes.front();
    if (limit.kind == LimitKind::Disk || (node.wait > node.cpu && (source || is_cache(node))))
      return VerdictKind::ReadBound;
    if (!branch_of(node.node).empty()) return VerdictKind::StragglingBranch;
    return VerdictKind::PreparationBound;
  }

  /// What it kept may lie on a disk. That any other node waits is not for a file: those are read by the source, however
  /// many segments the run has.
  [[nodiscard]] bool is_cache(const NodeCost& node) const {
    const DataNode* fact = facts_.find(node.node);
    return fact != nullptr && fact->cache;
  }

  /// The one input of the batch that the node leads to, where a record has another branch; else empty.
  [[nodiscard]] std::string branch_of(const std::string& node) const {
    const DataNode* fact = facts_.find(node);
    if (fact == nullptr || fact->fields.size() != 1) return {};
    const auto same = [&](const BranchCost& branch) { return branch.field == fact->fields.front(); };
    return std::any_of(found_.branches.begin(), found_.branches.end(), same) ? fact->fields.front() : std::string();
  }

  [[nodiscard]] std::string blame(const NodeCost& node, VerdictKind kind, double share) const {
    if (kind == VerdictKind::SequentialStage)
      return fmt::format("{} is the bottleneck: it lets one worker in at a time and takes {} per sample.", node.node,
                         time(node.self()));
    if (kind == VerdictKind::ReadBound)
      return fmt::format("Reading is the bottleneck: {} waits {} per sample for the disk.", node.node, time(node.wait));
    if (node.wait > node.cpu)
      return fmt::format("{} is the bottleneck: it waits {} per sample without using a core, {} of the loader's time.",
                         node.node, time(node.wait), percent(share));
    const double cpu = profile_.loader_cpu();
    return fmt::format("{} is the bottleneck: {} of the loader's CPU time.", node.node,
                       percent(cpu > 0 ? node.cpu / cpu : 0));
  }

  [[nodiscard]] std::string queue_sentence(const NodeCost& node) const {
    const auto last = std::find_if(profile_.nodes.rbegin(), profile_.nodes.rend(),
                                   [&](const NodeCost& other) { return other.segment == node.segment; });
    return fmt::format("The queue behind it is {} full, its workers are busy {} of their time.",
                       percent(last != profile_.nodes.rend() ? last->fill : 0), percent(busy_of(node.segment)));
  }

  [[nodiscard]] double busy_of(std::size_t segment) const {
    double busy = 0;
    for (const NodeCost& node : profile_.nodes)
      if (node.segment == segment) busy += node.busy;
    return std::min(busy, 1.0);
  }

  /// The closed form blames this node, the queues another segment, and not by a hair.
  [[nodiscard]] bool disagree(const NodeCost& node, const std::optional<std::size_t>& walked) const {
    if (!walked) return profile_.wait_share() > kHigh;
    if (*walked == node.segment) return false;
    double there = 0;
    double here = 0;
    for (const NodeCost& other : profile_.nodes) {
      if (other.segment == *walked) there += other.self() / static_cast<double>(other.workers);
      if (other.segment == node.segment) here += other.self() / static_cast<double>(other.workers);
    }
    return there < 0.9 * here;
  }

  void disagreement(const Limit& limit, const std::optional<std::size_t>& walked) {
    std::string there = "the trainer";
    if (walked)
      for (const NodeCost& node : profile_.nodes)
        if (node.segment == *walked && (there == "the trainer" || node.self() > profile_.find(there)->self()))
          there = node.node;
    say(VerdictKind::NoClearBottleneck, {}, profile_.wait_share(), 0.3,
        fmt::format("No clear bottleneck: {} of each step waits for a batch, but the methods disagree.",
                    percent(profile_.wait_share())));
    because(fmt::format("By their costs {} is the slowest; by the queues it is {}.", limit.node, there));
    say_ceiling();
  }

  void say_ceiling() {
    const double step = profile_.step_alone > 0 ? found_.model.ranks / profile_.step_alone : 0;
    if (profile_.wait_share() >= kModerate && step > 0)
      because(fmt::format("The step alone could take {}; you get {}.", rate(step), rate(profile_.samples_per_s)));
  }

  const RunFacts& facts_;
  Diagnosis& found_;
  const Profile& profile_;
  Verdict& verdict_;
};

/// Gains below this are not worth a second ceiling.
constexpr double kHigherCeiling = 1.02;

void add_cached_ceiling(const RunFacts& facts, Diagnosis& found) {
  if (facts.records == 0 || facts.execution.epochs == 1 || facts.nodes.empty()) return;
  const std::vector<CachePlace> places = cache_places(facts, found.model, static_cast<double>(facts.memory));
  const CachePlace* best = best_place(places);
  if (best == nullptr) return;
  Solution cached = best->after.ceiling();
  if (cached.samples_per_s < kHigherCeiling * found.ceiling.samples_per_s) return;
  found.cached_ceiling = std::move(cached);
  found.cached_at = best->node;
}

}  // namespace

std::string_view name(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::NotYet:
      return "not_enough_steps";
    case VerdictKind::ReadBound:
      return "read_bound";
    case VerdictKind::PreparationBound:
      return "preparation_bound";
    case VerdictKind::SequentialStage:
      return "sequential_stage";
    case VerdictKind::TransferBound:
      return "transfer_bound";
    case VerdictKind::PipelineBubble:
      return "pipeline_bubble";
    case VerdictKind::StepBound:
      return "step_bound";
    case VerdictKind::Contention:
      return "contention";
    case VerdictKind::QueueOverhead:
      return "queue_overhead";
    case VerdictKind::StartUpStall:
      return "startup_stall";
    case VerdictKind::StragglingBranch:
      return "straggling_branch";
    case VerdictKind::CommunicationBound:
      return "communication_bound";
    case VerdictKind::StragglingRank:
      return "straggling_rank";
    case VerdictKind::FitBound:
      return "fit_bound";
    case VerdictKind::NoClearBottleneck:
      break;
  }
  return "no_clear_bottleneck";
}

std::string Verdict::text() const {
  std::string all = headline;
  for (const std::string& sentence : evidence) all += ' ' + sentence;
  for (const std::string& concern : concerns) all += ' ' + concern;
  return all;
}

Diagnosis diagnose(const RunFacts& facts, const Profile& profile) {
  Diagnosis found;
  found.profile = profile;
  found.branches = branch_costs(facts, profile);
  found.model = CostModel::of(facts, profile);
  if (profile.samples > 0) {
    found.expected = found.model.expected();
    found.ceiling = found.model.ceiling();
    add_cached_ceiling(facts, found);
  }
  Diagnoser(facts, found).run();
  add_estimator_fit(facts, found);
  add_fit(found);
  return found;
}

Diagnosis diagnose(const RunFacts& facts, const Snapshot& earlier, const Snapshot& later) {
  return diagnose(facts, measure(facts, earlier, later));
}

}  // namespace feedline::inline diagnosis
