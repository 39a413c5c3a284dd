// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/watchdog.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <pthread.h>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

namespace feedline::inline engine {
namespace {

constexpr Nanos kShortestLook = 5'000'000;
constexpr Nanos kLongestLook = 5'000'000'000;

std::string time_text(Nanos nanos) {
  const double s = seconds(nanos);
  if (s >= 1) return fmt::format("{:.3g} s", s);
  return s >= 1e-3 ? fmt::format("{:.3g} ms", s * 1e3) : fmt::format("{:.3g} µs", s * 1e6);
}

std::string usually(Nanos usual) {
  return usual > 0 ? fmt::format("; it usually takes {}", time_text(usual)) : std::string();
}

}  // namespace

Nanos Observation::look(Heartbeat::Doing doing, Nanos now) {
  if (doing != doing_ || doing == Heartbeat::kNothing) *this = {};
  if (looks_++ == 0) {
    doing_ = doing;
    since_ = now;
  }
  return now - since_;
}

bool Observation::first_report() { return !std::exchange(reported_, true); }

Watchdog::Policy Watchdog::policy_of(const std::string& name) {
  if (name == "wait") return Policy::Wait;
  if (name == "retry") return Policy::Retry;
  return name == "stop" ? Policy::Stop : Policy::Skip;
}

Watchdog::Watchdog(std::shared_ptr<PipelineState> state, WorkerPool& worker_pool)
    : state_(std::move(state)),
      worker_pool_(worker_pool),
      policy_(policy_of(state_->options.on_slow)),
      patience_(from_seconds(std::clamp(state_->options.slow_seconds, 0.0, 1e9))) {
  if (patience_ <= 0) return;
  try {
    thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
  } catch (const std::system_error&) {  // a run without a watchdog is better than no run
  }
}

void Watchdog::watch(const std::stop_token& stop) noexcept {
  pthread_setname_np(pthread_self(), "feedline-watch");
  const std::chrono::nanoseconds pause(std::clamp(patience_ / Observation::kLooks, kShortestLook, kLongestLook));
  try {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, stop, pause, [] { return false; }) && !stop.stop_requested()) {
      std::set<const Heartbeat*> present;
      for (const WorkerPool::Worker& worker : worker_pool_.workers()) {
        present.insert(worker.heartbeat.get());
        look_at(worker, observations_[worker.heartbeat.get()]);
        pass_on(worker);
      }
      std::erase_if(observations_, [&](const auto& entry) { return !present.contains(entry.first); });
    }
  } catch (const std::bad_alloc&) {
    state_->flow.fail(out_of_memory(state_->plan));
  } catch (const std::exception& error) {
    state_->flow.fail({.code = ErrorCode::Failed, .reason = fmt::format("the watchdog failed: {}", error.what())});
  }
}

/// A worker that waits for the machine is not alone: one of them is told, and not again before long.
void Watchdog::pass_on(const WorkerPool::Worker& worker) {
  constexpr Nanos kQuiet = 10'000'000'000;
  std::optional<Error> complaint = worker.heartbeat->take_complaint();
  const Nanos now = state_->clock.now();
  if (!complaint || (told_ && now - *told_ < kQuiet)) return;
  told_ = now;
  complaint->reason += "; it is tried again";
  notice(std::move(*complaint));
}

void Watchdog::look_at(const WorkerPool::Worker& worker, Observation& observation) {
  const Heartbeat::Doing doing = worker.heartbeat->doing();
  const Nanos lasted = observation.look(doing, state_->clock.now());
  if (doing == Heartbeat::kNothing || lasted < patience_ || !observation.enough()) return;
  const Nanos usual = usual_time(worker.segment, Heartbeat::node_of(doing));
  if (static_cast<double>(lasted) < state_->options.slow_factor * static_cast<double>(usual)) return;
  deal_with(worker, doing, lasted, usual, observation);
}

Nanos Watchdog::usual_time(std::size_t segment, std::size_t node) const {
  std::vector<Nanos> times;
  for (const WorkerPool::Worker& worker : worker_pool_.workers())
    if (worker.segment == segment) worker.heartbeat->recent(node, times);
  if (times.empty()) return 0;
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

void Watchdog::deal_with(const WorkerPool::Worker& worker, Heartbeat::Doing doing, Nanos lasted, Nanos usual,
                         Observation& observation) {
  const auto record = state_->flow.record_of(*worker.heartbeat, doing, state_->plan.sampler);
  if (!record) return;
  Error slow{.code = ErrorCode::BadRecord, .node = state_->node(worker.segment, Heartbeat::node_of(doing))};
  try {
    slow.file = state_->plan.source->locate(*record);
  } catch (const std::exception&) {  // a name is not worth the run
  }
  if (policy_ == Policy::Wait) {
    if (!observation.first_report()) return;
    slow.reason = fmt::format("it has been working on this record for {}{}", time_text(lasted), usually(usual));
    slow.remedy = "Set on_slow of the trainer to skip where such records should be left out";
    return notice(std::move(slow));
  }
  if (policy_ == Policy::Stop) {
    slow.code = ErrorCode::Failed;
    slow.reason = fmt::format("this record takes longer than {}{}", time_text(patience_), usually(usual));
    slow.remedy = "Look at the file, or set on_slow of the trainer to skip or wait";
    return state_->flow.fail(std::move(slow));
  }

  Error left_out = slow;
  left_out.reason = fmt::format("this record took longer than {}", time_text(patience_));
  left_out.remedy = "Look at the file, or raise slow_seconds of the trainer";
  const auto verdict = state_->flow.abandon(worker.segment, *worker.heartbeat, doing, *record, std::move(left_out),
                                            policy_ == Policy::Retry);
  if (verdict == Flow::Verdict::Gone) return;
  if (!worker_pool_.replace(worker.segment)) {
    slow.code = ErrorCode::Failed;
    slow.reason =
        "too many records hang at the same time, or no further worker thread can be started; this is the last";
    slow.remedy = "Look whether the disk or network that holds the data still answers";
    return state_->flow.fail(std::move(slow));
  }
  if (verdict != Flow::Verdict::Again) return;
  slow.reason =
      fmt::format("this record takes longer than {}{}; it is tried once more", time_text(patience_), usually(usual));
  notice(std::move(slow));
}

void Watchdog::notice(Error error) const {
  if (state_->options.on_notice) state_->options.on_notice(error);
}

}  // namespace feedline::inline engine
