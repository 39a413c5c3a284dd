// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/bench/measure.h"

#include "engine/pipeline_settings.h"
#include "telemetry/process_meter.h"
#include "training/run.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <optional>
#include <thread>
#include <utility>

namespace feedline::inline training::bench {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPoll{2};
constexpr std::uint64_t kWarmUpSteps = 3;
constexpr std::size_t kSlicePairs = 9;

/// Both clocks since the start.
class Stopwatch {
 public:
  explicit Stopwatch(ProcessMeter& process) : process_(process) {}
  [[nodiscard]] double seconds() const { return feedline::seconds(Clock::system().now() - wall_); }
  [[nodiscard]] Rate rate(std::uint64_t samples) const {
    const auto made = static_cast<double>(samples);
    const double cpu = feedline::seconds(process_.read().cpu - cpu_);
    return {.samples_per_s = made / std::max(seconds(), 1e-9), .samples_per_cpu_s = made / std::max(cpu, 1e-9)};
  }

 private:
  ProcessMeter& process_;
  Nanos wall_ = Clock::system().now();
  Nanos cpu_ = process_.read().cpu;
};

/// Bytes that the source put out for one record, so far.
double bytes_per_record(const Pipeline& pipeline) {
  const auto stages = pipeline.stages(Clock::system().now());
  if (stages.empty() || stages.front().total.records == 0) return 0;
  const StageCounters& source = stages.front().total;
  return static_cast<double>(source.bytes) / static_cast<double>(source.records);
}

}  // namespace

Result<Rate> measure_data(DataJob job, double seconds, const std::stop_token& stop) {
  PipelineOptions options = pipeline_options(job.plan->asked_for(), job.plan->trainer);
  options.workers = job.workers;
  options.epochs = 0;
  options.meters = job.meters;
  options.cache_folder = job.cache_folder;
  Pipeline pipeline(job.plan, job.plan->train, std::move(options));
  const std::stop_callback on_stop(stop, [&pipeline] { pipeline.stop(); });

  ProcessMeter process;
  std::optional<Stopwatch> watch;
  std::uint64_t samples = 0;
  while (!watch || samples == 0 || watch->seconds() < seconds) {  // one batch at least, however busy the machine
    auto batch = pipeline.next();
    if (!batch) return fail(std::move(batch.error()));
    if (!*batch) return fail_cancelled();
    if (watch) {
      samples += (*batch)->records;
    } else if ((*batch)->epoch >= job.from_epoch) {
      watch.emplace(process);
    }
  }
  Rate rate = watch->rate(samples);
  rate.source_bytes = bytes_per_record(pipeline);
  return rate;
}

Result<Rate> measure_metering(DataJob job, double seconds, const std::stop_token& stop) {
  std::array<double, kSlicePairs> ratios{};
  for (std::size_t pair = 0; pair < kSlicePairs; ++pair) {
    std::array<double, 2> rates{};  // without, with
    for (const std::size_t turn : {pair % 2, 1 - pair % 2}) {
      job.meters = turn == 1;
      const auto rate = measure_data(job, seconds / (2 * kSlicePairs), stop);
      if (!rate) return rate;
      rates.at(turn) = rate->samples_per_cpu_s;
    }
    ratios.at(pair) = rates[1] / rates[0];
  }
  std::nth_element(ratios.begin(), ratios.begin() + kSlicePairs / 2, ratios.end());
  return Rate{.metering_ratio = ratios[kSlicePairs / 2]};
}

Result<Rate> measure_training(const Document& document, double seconds, const std::filesystem::path& cache_folder,
                              const std::stop_token& stop) {
  RunOptions options;
  options.epochs = 1'000'000;
  options.device = "cpu";
  options.cache_folder = cache_folder;
  RunResult result;
  const auto run = Run::start(document, options, [&result](const Fact& fact) {
    if (const auto* finished = std::get_if<Finished>(&fact)) result = finished->result;
  });
  ProcessMeter process;
  std::optional<Stopwatch> watch;
  std::uint64_t before = 0;
  std::optional<std::uint64_t> last;  // the step after this one is the end: a rate counts whole steps
  while (!stop.stop_requested()) {
    if (run->wait_for(kPoll)) {
      return fail(result.failure.value_or(Error{.code = ErrorCode::Failed, .reason = "the run ended too early"}));
    }
    const TrainerSample now = run->snapshot().trainer;
    if (!watch && now.steps >= kWarmUpSteps) {
      watch.emplace(process);
      before = now.samples;
    } else if (last && now.steps > *last) {
      return watch->rate(now.samples - before);
    } else if (!last && watch && watch->seconds() >= seconds) {
      last = now.steps;
    }
  }
  return fail_cancelled();
}

}  // namespace feedline::inline training::bench
