// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/scaling.h"

#include "plan/core_split.h"
#include "plan/step_work.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace feedline::inline diagnosis {
namespace {

constexpr double kLongGradient = 4;
constexpr double kShortGradient = 2;
/// A size of buckets where nothing was exchanged yet: what the trainer's bucket_mib begins with.
constexpr double kUsualBucket = 4 << 20;
/// What one rank more must bring, beside a rank alone, to pay.
constexpr double kPays = 0.5;
/// Parts of cores add up to whole ones but for rounding.
constexpr double kCorePart = 1e-6;
/// A slice of Linux's scheduler is so many seconds x (1 + log2(cores)), of kSliceCores at most.
constexpr double kSlice = 0.75e-3;
constexpr double kSliceCores = 8;
/// Where all ranks meet in a step: the word of agreement, and both halves of the sums.
constexpr double kMeetings = 3;
/// Batches that differ by less say nothing of what a step takes whatever its rows.
constexpr double kOtherRows = 0.75;
/// Core seconds beyond so many times what the form says are something else's. Fewer than it says are the idle ones of
/// threads that wait for each other, which ranks of one thread do not have.
constexpr double kMostWork = 4;

/// Of a smaller batch with the same threads, the kernels took so long: the line through both gives what is left at no
/// rows.
void fix_kernels(ScalingModel& scaling, const RankCalibration& smaller) {
  if (smaller.rows <= 0 || smaller.rows > kOtherRows * scaling.rows) return;
  const double slope = (scaling.kernels - smaller.kernels) / (scaling.rows - smaller.rows);
  scaling.fixed = std::clamp(smaller.kernels - slope * smaller.rows, 0.0, scaling.kernels);
  scaling.fixed_measured = true;
}

void take_data_side(ScalingModel& scaling, const RunFacts& facts, const Profile& profile, const CostModel& model) {
  scaling.loader_cpu = model.costs.loader_cpu();
  LimitKind tightest = LimitKind::Sequential;
  for (const Limit& limit : model.expected().limits) {
    const double own = limit.samples_per_s / model.ranks;
    if (limit.kind == LimitKind::Disk) scaling.disk = own * static_cast<double>(profile.local_ranks());
    if (limit.kind != LimitKind::Workers && limit.kind != LimitKind::Sequential) continue;
    if (scaling.loader > 0 && own >= scaling.loader) continue;
    scaling.loader = own;
    tightest = limit.kind;
  }
  // As many workers as cores are those that nobody has chosen.
  const double own_cores = std::max(std::floor(model.cores + kCorePart), 1.0);
  const auto workers = static_cast<double>(facts.execution.workers);
  if (tightest == LimitKind::Workers && workers == own_cores) scaling.workers = workers;
}

void take_exchange(ScalingModel& scaling, const RunFacts& facts, const Profile& profile, double window_of_one) {
  scaling.loopback = Network::probed(facts.calibration.exchange);
  if (facts.shards_optimizer) scaling.weights = kLongGradient * static_cast<double>(facts.parameters);
  if (scaling.ranks < 2) {
    scaling.bytes = (facts.short_gradients ? kShortGradient : kLongGradient) * static_cast<double>(facts.parameters);
    scaling.buckets = bucket_count(kLongGradient * static_cast<double>(facts.parameters), kUsualBucket);
    scaling.tail = 1 / scaling.buckets;
    scaling.hidden = window_of_one * (1 - scaling.tail);
    return;
  }
  const double waited = exchange_wait(profile.ranks);
  const double late = std::max(profile.step[Phase::Reduce] - waited, 0.0);
  const auto steps = static_cast<double>(std::max<std::uint64_t>(profile.steps, 1));
  scaling.bytes = static_cast<double>(profile.collective.bytes) / steps;
  scaling.buckets = std::max(static_cast<double>(profile.collective.buckets) / steps, 1.0);
  Network found = Network::fitted(profile.collective, late * steps, scaling.ranks);
  double whole = found.exchange(scaling.bytes, scaling.buckets, scaling.ranks);
  if (whole < waited) {  // that ranks wait longer than for the buckets is the latency of agreeing on a step
    found.latency += (waited - whole) / (exchange_hops(scaling.ranks) * scaling.buckets);
    whole = waited;
  }
  (scaling.ranks <= scaling.per_machine ? scaling.loopback : scaling.network) = found;
  whole = std::max(whole, 1e-9);
  // What was hidden, could be; where next to nothing was left, perhaps more than was needed.
  scaling.tail = std::min(waited / whole, 1 / scaling.buckets);
  scaling.hidden = std::max(whole - waited, 0.0);
  if (waited < 0.01 * whole) scaling.hidden = std::max(scaling.hidden, window_of_one * (1 - 1 / scaling.buckets));
}

}  // namespace

StepParts StepParts::of(const Profile& profile) {
  const double busy = profile.step.busy() - profile.step[Phase::Reduce];
  const double alone = std::max(profile.step_alone * profile.batch - profile.step[Phase::Reduce], 0.0);
  const double scale = busy > 0 ? alone / busy : 0;
  StepParts parts{.once = (profile.step[Phase::Other] + profile.step[Phase::Checkpoint]) * scale,
                  .optimizer = profile.step[Phase::Optimizer] * scale};
  parts.kernels = std::max(alone - parts.once - parts.optimizer, 0.0);
  return parts;
}

ScalingModel ScalingModel::of(const RunFacts& facts, const Profile& profile, const CostModel& model) {
  ScalingModel scaling;
  scaling.ranks = profile.rank_count();
  scaling.per_machine = profile.local_ranks();
  scaling.rows = std::max(profile.batch, 1.0);
  scaling.batch = scaling.rows * static_cast<double>(scaling.ranks);
  const StepParts parts = StepParts::of(profile);
  scaling.once = parts.once;
  scaling.optimizer = parts.optimizer;
  scaling.optimizer_in_parts = facts.shards_optimizer;
  scaling.kernels = parts.kernels;
  scaling.on_cpu = model.on_cpu;
  scaling.cores = model.cores * static_cast<double>(scaling.per_machine);
  scaling.threads = std::max(model.step_threads, 1.0);
  scaling.asked_replicas = facts.asked_replicas;
  scaling.asked_intra_op = facts.asked_intra_op;
  scaling.worth_of_row = facts.worth_of_row;
  // What another rule has chosen, or a fact that is not known, stays as it is.
  scaling.fills_cores = scaling.threads == scaling.chosen_threads(scaling.ranks);
  scaling.backward = profile.step[Phase::Backward];
  fix_kernels(scaling, facts.calibration);
  take_data_side(scaling, facts, profile, model);
  take_exchange(scaling, facts, profile, scaling.backward);
  if (const double said = scaling.work_without_data(scaling.ranks); model.on_cpu && said > 0 && profile.step_cpu > 0)
    scaling.work_share = std::clamp(profile.step_cpu * scaling.rows / said, 1.0, kMostWork);
  const double here = scaling.raw(scaling.ranks).samples_per_s;
  if (profile.samples_per_s > 0 && here > 0) scaling.calibration = profile.samples_per_s / here;
  return scaling;
}

/// Of backward, the time in which an exchange in so many buckets of one size can go on.
double ScalingModel::window(double count) const { return backward * (1 - 1 / std::max(count, 1.0)); }

void ScalingModel::set_buckets(double count) {
  const double now = std::max(buckets, 1.0);
  const double then = std::max(count, 1.0);
  const double used = window(now) > 0 ? std::min(hidden / window(now), 1.0) : 1;
  hidden = used * window(then);
  tail = std::min(tail * now / then, 1.0);
  buckets = then;
}

void ScalingModel::speed_up_step(double factor) {
  for (double* part : {&once, &optimizer, &kernels, &fixed, &hidden, &backward}) *part /= factor;
}

double ScalingModel::cores_of(std::size_t of_ranks) const {
  return cores / static_cast<double>(std::min(of_ranks, per_machine));
}

double ScalingModel::threads_of(std::size_t of_ranks) const {
  return on_cpu && fills_cores ? chosen_threads(of_ranks) : threads;
}

/// By a run of so many ranks. Whole ones: a part of a core is none of one's own.
double ScalingModel::chosen_threads(std::size_t of_ranks) const {
  ExecutionSettings asked;
  asked.replicas = asked_replicas;
  asked.intra_op_threads = asked_intra_op;
  const double own_rows = rows_of(of_ranks);
  const double own_cores = std::max(std::floor(cores_of(of_ranks) + kCorePart), 1.0);
  const CoreSplit split = split_cores(
      {}, asked, static_cast<std::size_t>(own_cores), true, static_cast<std::int64_t>(std::ceil(own_rows)), 1,
      worth_of_row > 0 ? threads_worth(worth_of_row, own_rows) : std::numeric_limits<std::int64_t>::max());
  return static_cast<double>(split.replicas) * static_cast<double>(split.intra_op_threads);
}

double ScalingModel::rows_of(std::size_t of_ranks) const {
  return std::max(batch / static_cast<double>(batch_grows ? ranks : of_ranks), 1.0);
}

double ScalingModel::kernels_of(std::size_t of_ranks) const {
  return fixed + (kernels - fixed) * rows_of(of_ranks) / rows * threads / threads_of(of_ranks);
}

/// Backward hides the less, the fewer rows it has.
double ScalingModel::exposed(std::size_t of_ranks) const {
  const double whole = between(of_ranks).exchange(bytes, buckets, of_ranks);
  const double lasts = kernels > 0 ? kernels_of(of_ranks) / kernels : 1;
  return std::max(whole - hidden * lasts, tail * whole);
}

/// What one rank of so many takes for a step.
struct ScalingModel::Step {
  double own_cores = 1;
  double rows = 1;
  double waits = 0;  ///< seconds, for the exchange
  double path = 0;   ///< seconds, with a core for each thread
  double work = 0;   ///< core seconds, without the data side
  double turns =
      0;  ///< seconds in which cores are idle, until the last of several ranks of a core has come to a meeting
};

ScalingModel::Step ScalingModel::step_of(std::size_t of_ranks) const {
  const auto n = static_cast<double>(of_ranks);
  Step step;
  step.own_cores = cores_of(of_ranks);
  step.rows = rows_of(of_ranks);
  const double now_threads = threads_of(of_ranks);
  const double part = optimizer_in_parts ? static_cast<double>(ranks) / n : 1;
  const double computes = kernels_of(of_ranks) + optimizer * part * threads / now_threads;

  const Network& wire = between(of_ranks);
  const double whole = wire.exchange(bytes, buckets, of_ranks);
  step.waits = exposed(of_ranks);
  double sends = 0;
  if (of_ranks > 1) {
    const double others = n - 1;
    sends = wire.cpu(bytes, buckets, of_ranks) + others * wire.cpu_message;  // and the word of agreement
    if (weights > 0) {
      step.waits += wire.latency + (wire.bytes_per_s > 0 ? weights * others / n / wire.bytes_per_s : 0);
      sends += others * wire.cpu_message + weights * others / n * wire.cpu_byte;
    }
  }
  step.path = once + computes + step.waits;
  // Of what is sent while backward computes, nothing is hidden where that needs the same core.
  if (on_cpu && now_threads + 1 > step.own_cores && whole > 0)
    step.path += sends * std::max(1 - step.waits / whole, 0.0);
  if (on_cpu) step.work = work_share * (once + now_threads * computes + sends);
  if (on_cpu && of_ranks > 1 && step.own_cores < 1 - kCorePart) {
    const double slice = kSlice * (1 + std::log2(std::clamp(cores, 1.0, kSliceCores)));
    step.turns = slice * kMeetings;
  }
  return step;
}

double ScalingModel::work_without_data(std::size_t of_ranks) const { return step_of(of_ranks).work; }

ScalingPoint ScalingModel::raw(std::size_t of_ranks) const {
  const auto n = static_cast<double>(of_ranks);
  const double machines = std::ceil(n / static_cast<double>(per_machine));
  const Step step = step_of(of_ranks);
  const double turns = (step.work + loader_cpu * step.rows) / step.own_cores + step.turns;
  const double lasts = std::max(step.path, turns);
  ScalingPoint point{.ranks = of_ranks, .cores = step.own_cores};
  // A batch has rows for so many ranks only; others are idle.
  const double samples = batch_grows ? n * step.rows : batch;
  point.samples_per_s = lasts > 0 ? samples / lasts : 0;
  point.exchange_share = lasts > 0 ? step.waits / lasts : 0;
  point.limit = turns > step.path                     ? LimitKind::Cores
                : step.waits > step.path - step.waits ? LimitKind::Exchange
                                                      : LimitKind::Step;
  const auto bound = [&point](double rate) {
    if (rate <= 0 || rate >= point.samples_per_s) return;
    point.exchange_share *= rate / point.samples_per_s;
    point.samples_per_s = rate;
    point.limit = LimitKind::Workers;
  };
  bound(n * loader * (workers > 0 ? std::max(std::floor(step.own_cores + kCorePart), 1.0) / workers : 1));
  bound(machines * disk);
  return point;
}

ScalingPoint ScalingModel::at(std::size_t of_ranks) const {
  ScalingPoint point = raw(std::max<std::size_t>(of_ranks, 1));
  const double one = raw(1).samples_per_s;
  point.efficiency = one > 0 ? point.samples_per_s / (one * static_cast<double>(point.ranks)) : 1;
  point.samples_per_s *= calibration;
  return point;
}

std::vector<ScalingPoint> ScalingModel::curve(std::size_t most) const {
  std::vector<ScalingPoint> points;
  for (std::size_t n = 1; n <= most; n *= 2) {
    if (n / 2 < ranks && ranks < n) points.push_back(at(ranks));
    points.push_back(at(n));
  }
  return points;
}

std::size_t ScalingModel::pays_until(std::size_t most) const {
  const auto last_that_pays = [this](std::size_t from, std::size_t each, std::size_t to) {
    const double one = at(from).samples_per_s;
    double before = one;
    std::size_t n = from;
    while (n + each <= to) {
      const double after = at(n + each).samples_per_s;
      if (after - before < kPays * one) break;
      before = after;
      n += each;
    }
    return n;
  };
  const std::size_t machine = std::clamp<std::size_t>(per_machine, 1, most);
  const std::size_t in_one = last_that_pays(1, 1, machine);
  const std::size_t of_all = last_that_pays(machine, machine, most);
  return of_all > machine ? of_all : in_one;
}

}  // namespace feedline::inline diagnosis
