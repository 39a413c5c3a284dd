// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/sampler.h"

#include <algorithm>
#include <cmath>

namespace feedline::inline recording {
namespace {

/// So long may the data side take to show its nodes.
constexpr double kPatience = 1;
/// Seconds without a step that are a rate of zero.
constexpr double kStall = 10;

double share(Nanos part, double whole) { return whole > 0 ? std::clamp(seconds(part) / whole, 0.0, 1.0) : kNotKnown; }

double gpu_utilisation(const Snapshot& now) {
  double most = kNotKnown;
  for (const GpuSample& gpu : now.process.gpus)
    most = std::isnan(most) ? gpu.utilisation : std::max(most, gpu.utilisation);
  return most;
}

void append_stage(std::vector<double>& row, const StageSample& from, const StageSample& to, double wall) {
  const StageCounters done = to.total - from.total;
  const double available = wall * static_cast<double>(std::max<std::size_t>(to.workers, 1));
  row.insert(row.end(), {share(done.busy, available), share(done.starved, available), share(done.blocked, available),
                         to.queue.fill});
}

}  // namespace

/// Over whole steps: a rate holds until the next step ends, so that slow steps make no spikes between none and many. A
/// time in which nothing but validation went on has none.
double Sampler::rate(const Snapshot& now) {
  if (now.trainer.steps > stepped_.steps) {
    rate_ = training_rate(stepped_, now.trainer);
    stepped_ = now.trainer;
    stepped_at_ = now.at;
    return rate_;
  }
  if (now.trainer.validating || now.trainer.fitting) return kNotKnown;
  return seconds(now.at - stepped_at_) > kStall ? 0 : rate_;
}

void Sampler::begin(const Snapshot& now) {
  last_ = now;
  last_.loss_curve.clear();
  if (!columns_.empty()) return;
  columns_ = {"time_s", "step", "samples_per_s", "wait_share", "loss"};
  metrics_ = now.trainer.metrics;
  for (const MetricValue& metric : metrics_) columns_.push_back(metric_key(metric.name));
  columns_.insert(columns_.end(), {"learning_rate", "cores_busy", "rss_bytes", "gpu"});
  for (const StageSample& stage : now.stages)
    for (const char* what : {"busy:", "starved:", "blocked:", "fill:"}) columns_.push_back(what + stage.node);
}

std::vector<double> Sampler::row(const Snapshot& now, Nanos interval) {
  if (now.started == 0 || (now.stages.empty() && now.elapsed() < kPatience)) return {};
  if (columns_.empty()) {
    begin(now);
    stepped_ = now.trainer;
    stepped_at_ = now.at;
    return {};
  }
  if (now.at - last_.at < std::max<Nanos>(interval, 1)) return {};
  const double wall = seconds(now.at - last_.at);
  const StepTimes times = now.trainer.times - last_.trainer.times;
  std::vector<double> row = {now.elapsed(), static_cast<double>(now.trainer.steps), rate(now),
                             share(times[Phase::Wait], seconds(times.total())), now.trainer.loss};
  for (const MetricValue& metric : metrics_) row.push_back(value_of(now.trainer.metrics, metric.name, metric.split));
  row.insert(row.end(), {now.trainer.learning_rate, seconds(now.process.cpu - last_.process.cpu) / wall,
                         static_cast<double>(now.process.rss_bytes), gpu_utilisation(now)});
  const std::size_t stages = (columns_.size() - row.size()) / 4;
  const StageSample none;
  for (std::size_t i = 0; i < stages; ++i)
    append_stage(row, i < last_.stages.size() ? last_.stages[i] : none, i < now.stages.size() ? now.stages[i] : none,
                 wall);
  begin(now);
  return row;
}

}  // namespace feedline::inline recording
