// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/scaling.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace feedline::inline diagnosis {
namespace {

constexpr double kGradientBytes = 4;
constexpr double kMebibyte = 1 << 20;
/// A size of buckets where nothing was exchanged yet: what the trainer's bucket_mib begins with.
constexpr double kUsualBucket = 4 * kMebibyte;
/// What one rank more must bring, beside a rank alone, to pay.
constexpr double kPays = 0.5;
/// Sizes that differ by less say nothing of a slope.
constexpr double kSpread = 1e-3;

double hops(std::size_t ranks) { return 2 * static_cast<double>(ranks - 1); }
double volume(std::size_t ranks) { return hops(ranks) / static_cast<double>(ranks); }

}  // namespace

double Network::exchange(double bytes, double buckets, std::size_t ranks) const {
  if (ranks < 2) return 0;
  const double sending = bytes_per_s > 0 ? volume(ranks) * bytes / bytes_per_s : 0;
  return hops(ranks) * latency * buckets + sending;
}

Network Network::fitted(const CollectiveSample& counted, double late, std::size_t ranks) {
  const auto n = static_cast<double>(counted.buckets);
  const auto bytes = static_cast<double>(counted.bytes);
  if (counted.buckets == 0 || counted.bytes == 0 || ranks < 2) return {};
  const double busy = std::max(seconds(counted.busy) - late, seconds(counted.busy) * 0.01);
  const double kept = seconds(counted.busy) > 0 ? busy / seconds(counted.busy) : 1;
  const double spread = n * counted.bytes_squared - bytes * bytes;
  double per_byte = busy / bytes;
  double each = 0;
  if (spread > kSpread * bytes * bytes) {
    const double slope = (n * counted.bytes_seconds * kept - bytes * busy) / spread;
    const double start = (busy - slope * bytes) / n;
    if (slope > 0 && start >= 0) {
      per_byte = slope;
      each = start;
    } else if (slope <= 0) {  // the size does not matter: all of it is latency
      per_byte = 0;
      each = busy / n;
    }
  }
  return {.latency = each / hops(ranks),
          .bytes_per_s = per_byte > 0 ? volume(ranks) / per_byte : std::numeric_limits<double>::infinity(),
          .measured = true};
}

double bucket_count(double bytes, double bucket_bytes) {
  if (bucket_bytes <= 0) return 1;
  return 1 + std::ceil(std::max(bytes - std::min(bucket_bytes, kMebibyte), 0.0) / bucket_bytes);
}

ScalingModel ScalingModel::of(const RunFacts& facts, const Profile& profile, const CostModel& model) {
  ScalingModel scaling;
  scaling.ranks = profile.rank_count();
  scaling.per_machine = profile.local_ranks();
  scaling.rows = std::max(profile.batch, 1.0);
  scaling.batch = scaling.rows * static_cast<double>(scaling.ranks);
  const double busy = profile.step.busy() - profile.step[Phase::Reduce];
  const double step = std::max(profile.step_alone * profile.batch - profile.step[Phase::Reduce], 0.0);
  const double once = busy > 0 ? (profile.step[Phase::Optimizer] + profile.step[Phase::Other]) / busy : 0;
  scaling.once = once * step;
  scaling.kernels = (1 - once) * step;
  scaling.on_cpu = model.on_cpu;
  scaling.cores = static_cast<double>(std::max<std::size_t>(facts.cores, 1));
  scaling.threads = std::max(std::min(facts.step_threads(), scaling.cores), 1.0);
  scaling.fills_cores =
      scaling.threads >= std::max(std::floor(scaling.cores / static_cast<double>(scaling.per_machine)), 1.0);
  scaling.cpu = model.costs.loader_cpu() + (model.on_cpu ? model.costs.step_cpu : 0);
  for (const Limit& limit : model.expected().limits) {
    if (limit.kind != LimitKind::Workers && limit.kind != LimitKind::Sequential && limit.kind != LimitKind::Disk)
      continue;
    const double own = limit.samples_per_s / static_cast<double>(model.ranks);
    scaling.loader = scaling.loader > 0 ? std::min(scaling.loader, own) : own;
  }
  scaling.backward = profile.step[Phase::Backward];
  if (scaling.ranks > 1) {
    const double exposed = exchange_wait(profile.ranks);
    const double late = std::max(profile.step[Phase::Reduce] - exposed, 0.0);
    const auto steps = static_cast<double>(std::max<std::uint64_t>(profile.steps, 1));
    scaling.bytes = static_cast<double>(profile.collective.bytes) / steps;
    scaling.buckets = std::max(static_cast<double>(profile.collective.buckets) / steps, 1.0);
    scaling.network = Network::fitted(profile.collective, late * steps, scaling.ranks);
    double whole = scaling.network.exchange(scaling.bytes, scaling.buckets, scaling.ranks);
    if (whole < exposed) {  // that ranks wait longer than for the buckets is the latency of agreeing on a step
      scaling.network.latency += (exposed - whole) / (hops(scaling.ranks) * scaling.buckets);
      whole = exposed;
    }
    whole = std::max(whole, 1e-9);
    // What was hidden, could be; where next to nothing was left, perhaps more than was needed.
    scaling.tail = std::min(exposed / whole, 1 / scaling.buckets);
    scaling.hidden = std::max(whole - exposed, 0.0);
    if (exposed < 0.01 * whole) scaling.hidden = std::max(scaling.hidden, scaling.window(scaling.buckets));
  } else {
    scaling.bytes = kGradientBytes * static_cast<double>(facts.parameters);
    scaling.buckets = bucket_count(scaling.bytes, kUsualBucket);
    scaling.tail = 1 / scaling.buckets;
    scaling.hidden = scaling.window(scaling.buckets);
  }
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

double ScalingModel::exposed(std::size_t of_ranks) const {
  const double whole = network.exchange(bytes, buckets, of_ranks);
  return std::max(whole - hidden, tail * whole);
}

ScalingPoint ScalingModel::raw(std::size_t of_ranks) const {
  const auto n = static_cast<double>(of_ranks);
  const auto local = static_cast<double>(std::min(of_ranks, per_machine));
  const double machines = std::ceil(n / static_cast<double>(per_machine));
  const double rows_now = std::max(batch / (batch_grows ? static_cast<double>(ranks) : n), 1.0);
  double computing = kernels * rows_now / rows;
  if (on_cpu) {
    const double room = cores / local;
    computing *= threads / (fills_cores ? room : std::min(threads, room));
  }
  const double waits = exposed(of_ranks);
  const double step = once + computing + waits;
  ScalingPoint point{.ranks = of_ranks};
  // A batch has rows for so many ranks only; others are idle.
  const double samples = batch_grows ? n * rows_now : batch;
  point.samples_per_s = step > 0 ? samples / step : 0;
  point.exchange_share = step > 0 ? waits / step : 0;
  point.limit = waits > once + computing ? LimitKind::Exchange : LimitKind::Step;
  const auto bound = [&point](double rate, LimitKind kind) {
    if (rate <= 0 || rate >= point.samples_per_s) return;
    point.exchange_share *= rate / point.samples_per_s;
    point.samples_per_s = rate;
    point.limit = kind;
  };
  bound(n * loader, LimitKind::Workers);
  if (cpu > 0) bound(machines * cores / cpu, LimitKind::Cores);
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
