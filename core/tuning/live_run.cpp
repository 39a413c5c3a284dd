// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/live_run.h"

#include "base/cores.h"
#include "base/memory.h"
#include "diagnosis/training_time.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace feedline::inline tuning {
namespace {

constexpr std::chrono::milliseconds kPoll{1};
constexpr std::uint64_t kFewSteps = 4;
constexpr std::uint32_t kWithoutEnd = 1'000'000;
/// For the step in hand, behind which all ranks end.
constexpr std::chrono::seconds kLastStep{3};

double since(Nanos start) { return seconds(Clock::system().now() - start); }

}  // namespace

double Slice::samples_in(Nanos time) const {
  return time > 0 ? static_cast<double>(to.trainer.samples - from.trainer.samples) / feedline::seconds(time) : 0;
}

double Slice::samples_per_s() const { return samples_in((to.trainer.trained() - from.trainer.trained()).total()); }

double Slice::virtual_samples_per_s() const {
  return samples_in((to.trainer.trained() - from.trainer.trained()).total() - (to.virtual_delay - from.virtual_delay));
}

RunFacts run_facts(const Document& document, const Started& started) {
  RunFacts facts = facts_of(document);
  facts.cores = usable_cores();
  facts.execution = started.execution;
  facts.records = started.samples_per_epoch;
  facts.memory = free_memory();
  facts.parameters = started.parameters;
  facts.worth_threads = started.worth_threads;
  facts.worth_of_row = started.worth_of_row;
  facts.gpus = started.gpus;
  facts.memory_needed = started.memory.total();
  facts.memory_there = started.memory_there;
  facts.memory_advice = started.memory_advice;
  return facts;
}

LiveRun::LiveRun(Document document, const MeasureOptions& options) : document_(std::move(document)), options_(options) {
  RunOptions run = options_.run;
  run.epochs = kWithoutEnd;
  run.max_steps.reset();
  run.max_seconds.reset();
  run.validate = false;
  if (Status ready = share_out(run); !ready) {
    fail_with(ready.error());
  } else {
    run_ = Run::start(document_, run, [this](const Fact& fact) { receive(fact); });
  }
}

/// Of several ranks this one is the first; the others end with it, behind the same step where there is time.
LiveRun::~LiveRun() {
  *hurry_ = options_.stop.stop_requested();
  if (run_ && helpers_ && !*hurry_) {
    run_->stop_behind_step();
    run_->resume();  // it may rest, and the others wait for it
    static_cast<void>(run_->wait_for(kLastStep));
  }
  run_.reset();
  if (helpers_) helpers_->over();
  helpers_.reset();
}

Status LiveRun::share_out(RunOptions& run) {
  if (options_.helpers.processes < 2) return {};
  auto helpers = RankHelpers::prepare(options_.helpers);
  if (!helpers) return fail(std::move(helpers.error()));
  helpers_ = std::move(*helpers);
  run.world = helpers_->world();
  helpers_->start(document_, run,
                  {.line = [](std::string_view) {},  // how it has failed, rank 0 hears on the board
                   .failed = [this](const Error& error) { fail_with(error); }},
                  hurry_);
  return {};
}

void LiveRun::receive(const Fact& fact) {
  const std::lock_guard lock(mutex_);
  if (const auto* started = std::get_if<Started>(&fact)) started_ = *started;
  const auto* finished = std::get_if<Finished>(&fact);
  if (finished != nullptr && !failure_)
    failure_ = finished->result.failure.value_or(
        Error{.code = ErrorCode::Failed, .reason = "the run ended before it could be measured"});
}

void LiveRun::fail_with(const Error& error) {
  const std::lock_guard lock(mutex_);
  failure_ = error;
}

bool LiveRun::failed() const {
  const std::lock_guard lock(mutex_);
  return failure_.has_value();
}

Error LiveRun::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_.value_or(Error{.code = ErrorCode::Failed, .reason = "the run ended before it could be measured"});
}

Status LiveRun::wait_until(const std::function<bool()>& reached) {
  while (!reached()) {
    if (options_.stop.stop_requested()) return fail_cancelled();
    if (failed() || run_->wait_for(kPoll)) return fail(failure());
  }
  return {};
}

Status LiveRun::wait_for_step() {
  const std::uint64_t before = run_->trainer().steps;
  return wait_until([&] { return run_->trainer().steps > before; });
}

Status LiveRun::use_up_batches() {
  const std::uint64_t from = run_->trainer().steps;
  const std::uint64_t ahead = facts_.execution.prefetch + 2;
  return wait_until([&] { return run_->trainer().steps >= from + ahead; });
}

Status LiveRun::warm_up(double most_seconds) {
  if (Status begun = wait_until([this] { return run_ && run_->trainer().steps > 0; }); !begun) return begun;
  first_wait_ = seconds(run_->trainer().border_wait);
  {
    const std::lock_guard lock(mutex_);
    facts_ = run_facts(document_, *started_);
  }
  facts_.execution.epochs = facts_of(document_).execution.epochs;  // those of the graph, not of this measurement
  if (options_.memory) facts_.memory = *options_.memory;
  facts_.most_workers = options_.most_workers;
  if (options_.records > 0) facts_.records = options_.records;
  const bool caches = std::any_of(facts_.nodes.begin(), facts_.nodes.end(), [](const DataNode& n) { return n.cache; });
  const Nanos start = Clock::system().now();
  return wait_until([&] {
    const TrainerSample now = run_->trainer();
    const Nanos lasted = Clock::system().now() - start;
    if (feedline::seconds(lasted) > most_seconds) return true;
    if (caches) return now.epoch > 1 && now.steps > kFewSteps;
    return warmed_up(now.steps, lasted);
  });
}

Result<Slice> LiveRun::measure(double seconds) {
  if (rested_) run_->resume();
  if (std::exchange(rested_, false) || std::exchange(other_speed_, false))
    if (Status used = use_up_batches(); !used) return fail(std::move(used.error()));
  if (Status at = wait_for_step(); !at) return fail(std::move(at.error()));
  Slice slice{.from = run_->snapshot()};
  const Nanos start = slice.from.at;
  if (Status lasted = wait_until([&] { return since(start) >= seconds; }); !lasted)
    return fail(std::move(lasted.error()));
  if (Status at = wait_for_step(); !at) return fail(std::move(at.error()));
  slice.to = run_->snapshot();
  return slice;
}

bool LiveRun::speed_up(std::string_view node, double factor) {
  other_speed_ = true;
  return run_->speed_up(node == facts_.trainer_node ? std::string_view{} : node, factor);
}

void LiveRun::rest() {
  run_->pause();
  rested_ = true;
}

MeasureOptions MeasureOptions::before(double seconds) const {
  MeasureOptions first = *this;
  if (progress)
    first.progress = [then = progress, seconds](std::string_view what, double left) { then(what, left + seconds); };
  return first;
}

void shorten_epochs(MeasureOptions& options, const RunFacts& facts, double samples_per_s, double seconds) {
  const auto wanted =
      static_cast<std::uint64_t>(std::max(samples_per_s * seconds, 4.0 * static_cast<double>(facts.batch)));
  if (facts.records == 0 || wanted >= facts.records) return;
  options.run.max_records = wanted;
  options.records = facts.records;
}

Result<Examination> examine(const Document& document, const MeasureOptions& options, double seconds) {
  options.tell("warming up", seconds + kUsualWarmUp);
  LiveRun run(document, options);
  if (Status warm = run.warm_up(); !warm) return fail(std::move(warm.error()));
  options.tell("measuring", seconds);
  auto slice = run.measure(seconds);
  if (!slice) return fail(std::move(slice.error()));
  // Slow steps get the time that a verdict needs.
  for (int more = 0; more < 3 && slice->to.trainer.steps - slice->from.trainer.steps < kStepsNeeded; ++more) {
    auto longer = run.measure(seconds);
    if (!longer) return fail(std::move(longer.error()));
    slice->to = std::move(longer->to);
  }
  Diagnosis found = diagnose(run.facts(), slice->from, slice->to);
  return Examination{
      .document = document, .facts = run.facts(), .diagnosis = std::move(found), .load_s = run.first_wait()};
}

}  // namespace feedline::inline tuning
