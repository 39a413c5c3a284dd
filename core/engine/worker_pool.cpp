// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/worker_pool.h"

#include "engine/segment_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <iterator>
#include <list>
#include <mutex>
#include <new>
#include <pthread.h>
#include <sched.h>
#include <set>
#include <thread>
#include <utility>

namespace feedline::inline engine {

/// One thread. Its place in the meters is free again only once it is done.
struct WorkerPool::Member {
  std::size_t segment = 0;
  std::size_t place = 0;
  std::shared_ptr<Heartbeat> heartbeat{};
  bool done = false;
  std::thread thread{};
};

/// Outlives the WorkerPool for as long as a thread is left.
struct WorkerPool::Roster {
  std::mutex mutex{};
  std::condition_variable changed{};
  std::list<Member> members{};

  /// The first place in the segment's meters that nobody has.
  [[nodiscard]] std::size_t free_place(std::size_t segment) const {
    std::set<std::size_t> taken;
    for (const Member& member : members)
      if (member.segment == segment && !member.done) taken.insert(member.place);
    std::size_t place = 0;
    while (taken.contains(place)) ++place;
    return place;
  }
};

namespace {

/// What is prepared ahead can wait, a step cannot: a worker that wakes up does not push the trainer's threads off their
/// cores. Its share of them stays the same. Where all cores train, waits of 1 to 4 ms for batches that were long ready
/// (the trainer was pushed aside while it took one) become 0.02 ms. Source: SCHED_BATCH in sched(7).
void let_others_go_on() {
  const sched_param none{};
  (void)::sched_setscheduler(0, SCHED_BATCH, &none);  // where it is refused, all goes on as ever
}

/// A worker's life. No exception leaves it.
void live(PipelineState& state, std::size_t segment, std::size_t place, Heartbeat& heartbeat) noexcept {
  const auto fail = [&](Error error) {
    if (!heartbeat.abandoned()) state.flow.fail(std::move(error));
  };
  try {
    const bool only_reads = segment == 0 && !state.layout.segments[segment].collates;
    pthread_setname_np(pthread_self(), only_reads ? "feedline-read" : "feedline-work");
    let_others_go_on();
    const std::vector<WorkerMeter*> meters = state.meters_of(segment, place);
    const TimelineWriter timeline = state.timeline(segment, place);
    VirtualSpeedup::Account account(state.speedup);
    const WorkerContext context{.segment = segment,
                                .heartbeat = &heartbeat,
                                .first = meters.empty() ? nullptr : meters.front(),
                                .last = meters.empty() ? nullptr : meters.back(),
                                .lane = timeline.lane,
                                .first_label = timeline.lane == nullptr ? std::uint16_t{0} : timeline.labels.front(),
                                .last_label = timeline.lane == nullptr ? std::uint16_t{0} : timeline.labels.back(),
                                .account = &account};
    SegmentRunner runner(state.plan, state.layout, segment, StepTimer(state.clock, meters, timeline), heartbeat,
                         state.quarantine, *state.caches, state.gates, account, state.flow.stopping(),
                         state.options.past != nullptr);
    while (Chunk* chunk = state.flow.take(context)) {
      if (!runner.run(*chunk)) {
        if (runner.failure()) fail(*runner.failure());
        return;
      }
      if (BatchWork* batch = state.flow.put(context, chunk)) {
        runner.close(*batch);
        state.flow.finish(batch);
      }
    }
  } catch (const std::bad_alloc&) {
    fail(out_of_memory(state.plan));
  } catch (const std::exception& error) {
    fail({.code = ErrorCode::Failed, .reason = fmt::format("a worker thread failed: {}", error.what())});
  } catch (...) {
    fail({.code = ErrorCode::Failed, .reason = "a worker thread failed"});
  }
}

}  // namespace

WorkerPool::WorkerPool(std::shared_ptr<PipelineState> state)
    : state_(std::move(state)), roster_(std::make_shared<Roster>()) {
  for (std::size_t s = 0; s < state_->layout.segments.size(); ++s) {
    for (std::size_t n = state_->flow.set_workers(s, state_->flow.workers(s)); n > 0; --n) {
      if (start(s)) continue;
      state_->flow.fail({.code = ErrorCode::Failed,
                         .reason = "a worker thread cannot be started",
                         .remedy = "Use fewer workers",
                         .node = state_->node(s, 0)});
      return;
    }
  }
}

WorkerPool::~WorkerPool() {
  std::unique_lock lock(roster_->mutex);
  const auto all_done = [this] {
    return std::all_of(roster_->members.begin(), roster_->members.end(), [](const Member& m) { return m.done; });
  };
  roster_->changed.wait_for(lock, std::chrono::nanoseconds(kFarewell), all_done);
  std::vector<std::thread> leaving;
  for (Member& member : roster_->members) {
    if (member.done) {
      leaving.push_back(std::move(member.thread));
    } else {
      member.thread.detach();
    }
  }
  lock.unlock();
  for (std::thread& thread : leaving) thread.join();
}

bool WorkerPool::start(std::size_t segment) {
  std::list<Member> gone;
  bool started = false;
  try {
    const std::lock_guard lock(roster_->mutex);
    for (auto member = roster_->members.begin(); member != roster_->members.end();) {
      const auto next = std::next(member);
      if (member->done) gone.splice(gone.end(), roster_->members, member);
      member = next;
    }
    std::list<Member> fresh(1);
    Member& member = fresh.front();
    member.segment = segment;
    member.place = roster_->free_place(segment);
    member.heartbeat = std::make_shared<Heartbeat>(state_->layout.segments[segment].nodes());
    member.thread = std::thread([state = state_, roster = roster_, heartbeat = member.heartbeat, &member] {
      live(*state, member.segment, member.place, *heartbeat);
      const std::lock_guard done(roster->mutex);
      member.done = true;
      roster->changed.notify_all();
    });
    roster_->members.splice(roster_->members.end(), fresh);
    started = true;
  } catch (const std::exception&) {  // no thread, or no memory for one
  }
  for (Member& member : gone) member.thread.join();
  if (!started) state_->flow.missing(segment);
  return started;
}

std::size_t WorkerPool::set_workers(std::size_t segment, std::size_t workers) {
  std::size_t missing = state_->flow.set_workers(segment, workers);
  for (; missing > 0 && start(segment); --missing) {
  }
  for (; missing > 1; --missing) state_->flow.missing(segment);  // start() has given back one
  return state_->flow.workers(segment);
}

bool WorkerPool::replace(std::size_t segment) {
  std::size_t stuck = 0;
  {
    const std::lock_guard lock(roster_->mutex);
    for (const Member& member : roster_->members) stuck += !member.done && member.heartbeat->abandoned() ? 1 : 0;
  }
  return stuck <= kMostStuck && start(segment);
}

std::vector<WorkerPool::Worker> WorkerPool::workers() const {
  std::vector<Worker> workers;
  const std::lock_guard lock(roster_->mutex);
  for (const Member& member : roster_->members)
    if (!member.done && !member.heartbeat->abandoned()) workers.push_back({member.segment, member.heartbeat});
  return workers;
}

}  // namespace feedline::inline engine
