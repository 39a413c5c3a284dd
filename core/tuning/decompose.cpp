// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/decompose.h"

#include "plan/plan.h"

#include <algorithm>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace feedline::inline tuning {
namespace {

constexpr std::size_t kReplayed = 10;

Result<double> rate_of(const Document& document, const MeasureOptions& options, double seconds, double warm_up) {
  LiveRun run(document, options);
  if (Status warm = run.warm_up(warm_up); !warm) return fail(std::move(warm.error()));
  auto slice = run.measure(seconds);
  if (!slice) return fail(std::move(slice.error()));
  return slice->samples_per_s();
}

void drop(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return;
  ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  ::close(descriptor);
}

}  // namespace

double Stalls::preparation_stall() const { return step_alone > 0 ? std::clamp(1 - cached / step_alone, 0.0, 1.0) : 0; }
double Stalls::fetch_stall() const { return cached > 0 ? std::clamp(1 - cold / cached, 0.0, 1.0) : 0; }

Status drop_file_cache(const Document& document, const MeasureOptions& options) {
  PlanOptions plan_options;
  plan_options.sources = {
      .cache_folder = options.run.cache_folder.empty() ? default_cache_folder() : options.run.cache_folder,
      .stop = options.stop};
  auto plan = make_plan(document, plan_options);
  if (!plan) return fail(std::move(plan.error()));
  std::string last;
  for (std::uint64_t record = 0; record < (*plan)->train.source->size(); ++record) {
    std::string file = (*plan)->train.source->locate(record);
    if (const std::size_t mark = file.rfind('#'); mark != std::string::npos) file.resize(mark);
    if (file == last) continue;
    drop(file);
    last = std::move(file);
    if (options.stop.stop_requested()) return fail_cancelled();
  }
  return {};
}

Result<Stalls> decompose(const Document& document, const MeasureOptions& options, double seconds) {
  const auto tell = [&](const char* what, int parts) { options.tell(what, parts * (seconds + kUsualWarmUp)); };
  Stalls stalls;
  MeasureOptions replay = options;
  replay.run.replay_batches = kReplayed;
  tell("measuring the step alone", 3);
  auto rate = rate_of(document, replay, seconds, 2);
  if (!rate) return fail(std::move(rate.error()));
  stalls.step_alone = *rate;
  tell("measuring with cached data", 2);
  rate = rate_of(document, options, seconds, 4);
  if (!rate) return fail(std::move(rate.error()));
  stalls.cached = *rate;
  tell("measuring with a cold cache", 1);
  if (Status dropped = drop_file_cache(document, options); !dropped) return fail(std::move(dropped.error()));
  rate = rate_of(document, options, seconds, 1);
  if (!rate) return fail(std::move(rate.error()));
  stalls.cold = *rate;
  return stalls;
}

}  // namespace feedline::inline tuning
