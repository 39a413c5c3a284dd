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

namespace feedline {
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

Nanos Sighting::look(Post::Doing doing, Nanos now) {
  if (doing != doing_ || doing == Post::kNothing) *this = {};
  if (looks_++ == 0) {
    doing_ = doing;
    since_ = now;
  }
  return now - since_;
}

bool Sighting::first_report() { return !std::exchange(reported_, true); }

Watchdog::Policy Watchdog::policy_of(const std::string& name) {
  if (name == "wait") return Policy::Wait;
  if (name == "retry") return Policy::Retry;
  return name == "stop" ? Policy::Stop : Policy::Skip;
}

Watchdog::Watchdog(std::shared_ptr<Works> works, Crew& crew)
    : works_(std::move(works)),
      crew_(crew),
      policy_(policy_of(works_->options.on_slow)),
      patience_(from_seconds(std::clamp(works_->options.slow_seconds, 0.0, 1e9))) {
  if (patience_ <= 0) return;
  try {
    thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
  } catch (const std::system_error&) {  // a run without a watchdog is better than no run
  }
}

void Watchdog::watch(const std::stop_token& stop) noexcept {
  pthread_setname_np(pthread_self(), "feedline-watch");
  const std::chrono::nanoseconds pause(std::clamp(patience_ / Sighting::kLooks, kShortestLook, kLongestLook));
  try {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, stop, pause, [] { return false; }) && !stop.stop_requested()) {
      std::set<const Post*> present;
      for (const Crew::Worker& worker : crew_.workers()) {
        present.insert(worker.post.get());
        look_at(worker, sightings_[worker.post.get()]);
        pass_on(worker);
      }
      std::erase_if(sightings_, [&](const auto& entry) { return !present.contains(entry.first); });
    }
  } catch (const std::bad_alloc&) {
    works_->flow.fail(out_of_memory(works_->plan));
  } catch (const std::exception& error) {
    works_->flow.fail({.code = ErrorCode::Failed, .reason = fmt::format("the watchdog failed: {}", error.what())});
  }
}

/// A worker that waits for the machine is not alone: one of them is told, and not again before long.
void Watchdog::pass_on(const Crew::Worker& worker) {
  constexpr Nanos kQuiet = 10'000'000'000;
  std::optional<Error> complaint = worker.post->take_complaint();
  const Nanos now = works_->clock.now();
  if (!complaint || (told_ && now - *told_ < kQuiet)) return;
  told_ = now;
  complaint->reason += "; it is tried again";
  notice(std::move(*complaint));
}

void Watchdog::look_at(const Crew::Worker& worker, Sighting& sighting) {
  const Post::Doing doing = worker.post->doing();
  const Nanos lasted = sighting.look(doing, works_->clock.now());
  if (doing == Post::kNothing || lasted < patience_ || !sighting.enough()) return;
  const Nanos usual = usual_time(worker.segment, Post::node_of(doing));
  if (static_cast<double>(lasted) < works_->options.slow_factor * static_cast<double>(usual)) return;
  deal_with(worker, doing, lasted, usual, sighting);
}

Nanos Watchdog::usual_time(std::size_t segment, std::size_t node) const {
  std::vector<Nanos> times;
  for (const Crew::Worker& worker : crew_.workers())
    if (worker.segment == segment) worker.post->recent(node, times);
  if (times.empty()) return 0;
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

void Watchdog::deal_with(const Crew::Worker& worker, Post::Doing doing, Nanos lasted, Nanos usual, Sighting& sighting) {
  const auto record = works_->flow.record_of(*worker.post, doing, works_->plan.sampler);
  if (!record) return;
  Error slow{.code = ErrorCode::BadRecord, .node = works_->node(worker.segment, Post::node_of(doing))};
  try {
    slow.file = works_->plan.source->locate(*record);
  } catch (const std::exception&) {  // a name is not worth the run
  }
  if (policy_ == Policy::Wait) {
    if (!sighting.first_report()) return;
    slow.reason = fmt::format("it has been working on this record for {}{}", time_text(lasted), usually(usual));
    slow.remedy = "Set on_slow of the trainer to skip where such records should be left out";
    return notice(std::move(slow));
  }
  if (policy_ == Policy::Stop) {
    slow.code = ErrorCode::Failed;
    slow.reason = fmt::format("this record takes longer than {}{}", time_text(patience_), usually(usual));
    slow.remedy = "Look at the file, or set on_slow of the trainer to skip or wait";
    return works_->flow.fail(std::move(slow));
  }

  Error left_out = slow;
  left_out.reason = fmt::format("this record took longer than {}", time_text(patience_));
  left_out.remedy = "Look at the file, or raise slow_seconds of the trainer";
  const auto verdict =
      works_->flow.abandon(worker.segment, *worker.post, doing, *record, std::move(left_out), policy_ == Policy::Retry);
  if (verdict == Flow::Verdict::Gone) return;
  if (!crew_.replace(worker.segment)) {
    slow.code = ErrorCode::Failed;
    slow.reason =
        "too many records hang at the same time, or no further worker thread can be started; this is the last";
    slow.remedy = "Look whether the disk or network that holds the data still answers";
    return works_->flow.fail(std::move(slow));
  }
  if (verdict != Flow::Verdict::Again) return;
  slow.reason =
      fmt::format("this record takes longer than {}{}; it is tried once more", time_text(patience_), usually(usual));
  notice(std::move(slow));
}

void Watchdog::notice(Error error) const {
  if (works_->options.on_notice) works_->options.on_notice(error);
}

}  // namespace feedline
