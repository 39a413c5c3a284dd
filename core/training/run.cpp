// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/run.h"

#include "base/cores.h"
#include "base/memory.h"
#include "base/suspension.h"
#include "engine/data_notices.h"
#include "engine/fit.h"
#include "engine/pipeline_settings.h"
#include "plan/step_work.h"
#include "ranks/rank_board.h"
#include "training/apply_options.h"
#include "training/block_cache.h"
#include "training/devices/placement.h"
#include "training/learner.h"
#include "training/memory/out_of_memory.h"
#include "training/ranks/join_ranks.h"
#include "training/ranks/process_group.h"
#include "training/ranks/rank_agreement.h"
#include "training/resume.h"
#include "training/run_state.h"
#include "training/trainer_loop.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <type_traits>

namespace feedline::inline training {
namespace {

constexpr Nanos kPreparingInterval = 100'000'000;

Error thread_error(const std::exception* fault) {
  if (dynamic_cast<const std::bad_alloc*>(fault) != nullptr)
    return {.code = ErrorCode::Failed,
            .reason = "there is not enough memory",
            .remedy = "Choose a smaller batch size or less prefetch"};
  return {
      .code = ErrorCode::Failed,
      .reason = std::string("the run ended with an error: ") + (fault != nullptr ? fault->what() : "unknown fault")};
}

/// What the other ranks hear; where the input is at fault, they end as this one does.
std::string parting_words(const Error& error) {
  return error.code == ErrorCode::BadInput ? std::string(kRefusalWords) + error.line() : error.line();
}

bool is_cancelled(const Error& error) { return error.code == ErrorCode::Cancelled; }

}  // namespace

class Run::Impl {
 public:
  Impl(Document document, RunOptions options, std::function<void(const Fact&)> on_fact)
      : document_(std::move(document)), options_(std::move(options)), state_(std::move(on_fact)) {
    try {
      thread_ = std::jthread([this] { main(); });
    } catch (const std::system_error& fault) {
      finish(thread_error(&fault));
    }
  }
  ~Impl() { state_.stop(); }

  bool wait_for(std::chrono::milliseconds deadline) {
    std::unique_lock lock(mutex_);
    return ended_.wait_for(lock, deadline, [this] { return done_; });
  }

  RunState& state() { return state_; }
  [[nodiscard]] const RunState& state() const { return state_; }

 private:
  void main() noexcept;
  [[nodiscard]] Result<TrainerLoop::End> execute();
  [[nodiscard]] Status meet_ranks();
  [[nodiscard]] Result<std::shared_ptr<const Plan>> prepare();
  [[nodiscard]] Result<std::shared_ptr<const Plan>> fit(std::shared_ptr<const Plan> plan);
  template <class Work>
  std::invoke_result_t<Work&> first_on_machine(bool ends, Work&& work);
  [[nodiscard]] Result<std::optional<ResumePoint>> begin_from(const Plan& plan, const Training& training);
  void tell_of_data(const Plan& plan);
  void preparing(std::string_view what, double fraction);
  void finish(Result<TrainerLoop::End> end) noexcept;
  [[nodiscard]] std::optional<Error> lost_rank();
  /// What nobody expected was thrown; the other ranks hear of it.
  void fall_out(const std::exception* fault) noexcept;
  void finish(Error error) noexcept { finish(Result<TrainerLoop::End>(fail(std::move(error)))); }

  SuspensionWatch watch_{};
  Document document_;
  RunOptions options_;
  RunState state_;
  RunResult result_{};
  std::string preparing_what_{};
  Nanos preparing_at_ = 0;

  std::mutex mutex_{};
  std::condition_variable ended_{};
  bool done_ = false;
  std::optional<Error> lost_rank_{};  ///< because of which this one was stopped
  std::jthread thread_{};             // last: ends before what it uses
};

void Run::Impl::preparing(std::string_view what, double fraction) {
  const Nanos now = Clock::system().now();
  Preparing fact{std::string(what), fraction};
  if (fact.step() == preparing_what_ && now - preparing_at_ < kPreparingInterval && fraction < 1) return;
  preparing_what_ = fact.step();
  preparing_at_ = now;
  state_.emit(std::move(fact));
}

Result<std::shared_ptr<const Plan>> Run::Impl::prepare() {
  preparing("Reading the graph", 0);
  if (auto applied = apply_options(document_, options_); !applied) return fail(std::move(applied.error()));
  if (options_.resume.state)
    if (Status same = check_same_graph(document_, *options_.resume.state); !same)
      return fail(std::move(same.error()).in_file(options_.resume.path));
  PlanOptions plan_options;
  plan_options.sources.cache_folder = options_.cache_folder.empty() ? default_cache_folder() : options_.cache_folder;
  plan_options.sources.stop = state_.stop_token();
  plan_options.sources.progress = [this](std::string_view what, double fraction) { preparing(what, fraction); };
  auto plan = make_plan(document_, plan_options);
  if (!plan || !options_.max_records || *options_.max_records >= (*plan)->train.sampler.count) return plan;
  auto shorter = std::make_shared<Plan>(**plan);
  shorter->train.sampler.count = std::max<std::uint64_t>(*options_.max_records, 1);
  return shorter;
}

/// Nodes that learn from the training records do so before anything else.
Result<std::shared_ptr<const Plan>> Run::Impl::fit(std::shared_ptr<const Plan> plan) {
  FitOptions fit_options{.pipeline = pipeline_options(plan->asked_for(), plan->trainer),
                         .cache_folder = options_.cache_folder,
                         .known = options_.resume.state ? options_.resume.state->fitted : NamedTensors{},
                         .stop = state_.stop_token(),
                         .progress = [this](std::string_view what, double done) { preparing(what, done); },
                         .proceed = [this] { return state_.wait_while_paused(); },
                         .on_notice =
                             [this](const Error& error) {
                               state_.emit(Noticed{error});
                               result_.notices.push_back({.error = error});
                             },
                         .on_pass = [this](const FitPassFigures& pass) { state_.fitted(pass); }};
  if (options_.meters) {
    (void)state_.trace->lane("trainer");  // above that of the fit
    fit_options.trace = state_.trace;
  }
  fit_options.pipeline.staged |= options_.staged;
  return fit_plan(std::move(plan), fit_options);
}

/// Once a machine: its other ranks find in the cache folder what its first one has made. Where that fails with `ends`,
/// the others are told so; else they go on, and meet the same error themselves.
template <class Work>
std::invoke_result_t<Work&> Run::Impl::first_on_machine(bool ends, Work&& work) {
  const RankAgreement* ranks = options_.ranks.get();
  if (ranks == nullptr) return work();
  return catch_step_faults([&]() -> std::invoke_result_t<Work&> {
    if (ranks->world().local_rank != 0) ranks->meet();
    auto made = work();
    if (ranks->world().local_rank == 0 && (made || !ends)) ranks->meet();
    return made;
  });
}

/// What the sources passed over and what the data are like is told once, before anything is learnt.
void Run::Impl::tell_of_data(const Plan& plan) {
  for (Error& error : data_notices(plan)) {
    state_.emit(Noticed{error});
    result_.notices.push_back({.error = std::move(error)});
  }
  const auto add_ignored = [this](const DataPlan& data) {
    if (const SourceReport* report = report_of(*data.source))
      for (const PassedFiles& files : report->ignored) result_.ignored.push_back({data.source_node, files});
  };
  add_ignored(plan.train);
  if (plan.validation && plan.validation->source_node != plan.train.source_node) add_ignored(*plan.validation);
}

/// Has the learner go on from a checkpoint, or begin with the weights of one; none: it begins anew.
Result<std::optional<ResumePoint>> Run::Impl::begin_from(const Plan& plan, const Training& training) {
  if (!options_.train) return std::nullopt;
  if (const auto& weights = options_.weights.state) {
    auto taken = training.learner->take_weights(*weights);
    if (!taken) return fail(std::move(taken.error()).in_file(options_.weights.path));
    state_.emit(Noticed{Error{.reason = std::move(*taken), .file = options_.weights.path}, false});
  }
  const auto& state = options_.resume.state;
  if (!state) return std::nullopt;
  auto point = resume_point_of(*state, plan, training.execution.epochs);
  if (!point) return fail(std::move(point.error()).in_file(options_.resume.path));
  if (Status restored = training.learner->restore(*state); !restored)
    return fail(std::move(restored.error()).in_file(options_.resume.path));
  return std::move(*point);
}

Result<TrainerLoop::End> Run::Impl::execute() {
  if (!options_.world.alone() || options_.group)
    if (Status met = meet_ranks(); !met) return fail(std::move(met.error()));
  auto plan = first_on_machine(false, [this] { return prepare(); });
  if (state_.stop_requested()) return TrainerLoop::End::Stopped;
  if (!plan) return fail(std::move(plan.error()));
  if (options_.ranks)
    if (Status fine = check_for_ranks(**plan, *options_.ranks); !fine) return fail(std::move(fine.error()));
  if (options_.train && (*plan)->network() != nullptr)  // before data are worked on for a run that cannot be
    if (auto placed = place_network((*plan)->trainer, devices_there(), options_.world); !placed)
      return fail(std::move(placed.error()).at_node((*plan)->trainer_node));
  result_.execution.seed = (*plan)->trainer.seed;
  state_.planned(*plan);
  tell_of_data(**plan);
  plan = first_on_machine(true, [&] { return fit(std::move(*plan)); });
  if (!plan) return fail(std::move(plan.error()));
  if (options_.ranks)
    if (Status same = catch_step_faults([&] { return check_same_data(**plan, *options_.ranks); }); !same)
      return fail(std::move(same.error()));
  state_.planned(*plan);
  if (options_.meters) state_.meter.write_to(*state_.trace);

  Training training;
  const std::uint64_t free_before = free_memory();
  if (options_.train) {
    preparing((*plan)->network() != nullptr ? "Building the model" : "Making the estimator", 0);
    reset_tensor_peak();
    auto made = catch_step_faults(
        [&] { return catch_lack_of_memory([&] { return make_training(**plan, options_, state_); }); });
    if (!made) {
      Execution asked = (*plan)->asked_for();
      asked.ranks = std::max(options_.world.size, 1);
      return fail(with_memory_advice(std::move(made.error()), **plan, asked));
    }
    training = std::move(*made);
  } else {
    training = make_draining(**plan, options_);
  }
  result_.execution = training.execution;
  if (state_.stop_requested()) return TrainerLoop::End::Stopped;

  auto from = begin_from(**plan, training);
  if (!from) return fail(std::move(from.error()));
  std::unique_ptr<TrainerLoop> loop;
  Status made = catch_step_faults([&]() -> Status {
    loop = std::make_unique<TrainerLoop>(*plan, options_, training, state_, result_, *from ? &**from : nullptr);
    return {};
  });
  if (!made) return fail(std::move(made.error()));
  if (Status loaded = loop->load_first(); !loaded) {
    if (loaded.error().code == ErrorCode::Cancelled) return TrainerLoop::End::Stopped;
    return fail(std::move(loaded.error()));
  }
  const EstimatorPlan* estimator = options_.train ? (*plan)->estimator() : nullptr;
  result_.memory = forecast_memory(**plan, training.execution);
  if (options_.train && (*plan)->network() != nullptr)
    state_.show_memory({.predicted = result_.memory.total(),
                        .recompute_saves = result_.memory.recompute_saves,
                        .recompute_share = result_.memory.recompute_share,
                        .shard_saves = result_.memory.shard_saves,
                        .gathered = result_.memory.gathered});
  const int gpus = options_.train && (*plan)->network() != nullptr ? devices_there().gpus : 0;
  const std::uint64_t there =
      training.execution.on_cpu() ? free_before : memory_there(training.execution, state_.snapshot().process);
  state_.emit(Started{.execution = training.execution,
                      .samples_per_epoch = (*plan)->train.sampler.count,
                      .parameters = training.parameters,
                      .worth_threads = threads_worth(**plan, static_cast<std::size_t>(training.execution.ranks)),
                      .worth_of_row = worth_of_row(**plan),
                      .gpus = gpus,
                      .memory = result_.memory,
                      .memory_there = there,
                      .memory_advice = memory_advice(**plan, training.execution, there, gpus),
                      .estimator = estimator != nullptr ? estimator->type : "",
                      .earlier = loop->earlier()});
  Result<TrainerLoop::End> end = catch_lack_of_memory([&] { return loop->run(); });
  if (options_.train && (*plan)->network() != nullptr) result_.tensor_bytes = tensor_memory().most;
  if (!end) return fail(with_memory_advice(std::move(end.error()), **plan, training.execution));
  return end;
}

/// Those that learn together are of one graph and ask for the same.
Status Run::Impl::meet_ranks() {
  preparing("Meeting the other ranks", 0);
  auto joined = join_ranks(document_, options_, state_.stop_token());
  if (!joined) return fail(std::move(joined.error()));
  options_.ranks = std::move(*joined);
  // Also while this rank fits nodes or waits for a batch.
  options_.ranks->group().on_loss([this](const Error& lost) {
    if (state_.end_requested()) return;  // it ends anyway
    {
      const std::lock_guard lock(mutex_);
      lost_rank_ = lost;
    }
    state_.stop();
  });
  options_.world = options_.ranks->world();
  return catch_step_faults([this]() -> Status {
    options_.world.cores = cores_for_rank(*options_.ranks);
    return {};
  });
}

void Run::Impl::main() noexcept {
  try {
    auto end = execute();
    if (auto lost = lost_rank(); lost && (end ? *end == TrainerLoop::End::Stopped : is_cancelled(end.error())))
      end = fail(std::move(*lost));
    const bool stopped = end ? state_.stop_requested() : is_cancelled(end.error());
    if (options_.ranks && (stopped || !end))
      options_.ranks->leave(stopped ? "the run was stopped there" : parting_words(end.error()));
    finish(std::move(end));
  } catch (const std::exception& fault) {
    fall_out(&fault);
  } catch (...) {
    fall_out(nullptr);
  }
  // The others need not wait until somebody lets go of this run.
  if (options_.ranks) options_.ranks->leave_alone();
  options_.ranks.reset();
  options_.group.reset();
}

std::optional<Error> Run::Impl::lost_rank() {
  const std::lock_guard lock(mutex_);
  return lost_rank_;
}

void Run::Impl::fall_out(const std::exception* fault) noexcept {
  Error error = thread_error(fault);
  if (options_.ranks) options_.ranks->leave(error.reason);
  finish(std::move(error));
}

void Run::Impl::finish(Result<TrainerLoop::End> end) noexcept {
  if (!end) {
    const bool stopped = end.error().code == ErrorCode::Cancelled && state_.stop_requested();
    result_.end = stopped ? RunResult::End::Stopped : RunResult::End::Failed;
    if (!stopped) result_.failure = std::move(end.error());
  } else {
    result_.end = *end == TrainerLoop::End::Completed ? RunResult::End::Completed : RunResult::End::Stopped;
  }
  state_.meter.enter(Phase::Rest);
  try {
    if (result_.last.at == 0) result_.last = state_.last_snapshot();
    if (result_.first.at == 0) result_.first = result_.last;
  } catch (const std::exception&) {  // out of memory: the result goes without figures
  }
  state_.emit(Finished{std::move(result_)});
  const std::lock_guard lock(mutex_);
  done_ = true;
  ended_.notify_all();
}

std::unique_ptr<Run> Run::start(Document document, RunOptions options, std::function<void(const Fact&)> on_fact) {
  return std::unique_ptr<Run>(
      new Run(std::make_unique<Impl>(std::move(document), std::move(options), std::move(on_fact))));
}

Run::Run(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Run::~Run() = default;
void Run::pause() { impl_->state().pause(); }
void Run::resume() { impl_->state().resume(); }
void Run::stop() { impl_->state().stop(); }
void Run::stop_behind_step() { impl_->state().stop_behind_step(); }
std::size_t Run::set_workers(std::string_view node, std::size_t workers) {
  return impl_->state().set_workers(node, workers);
}
bool Run::speed_up(std::string_view node, double factor) { return impl_->state().speed_up(node, factor); }
bool Run::paused() const { return impl_->state().paused(); }
bool Run::wait_for(std::chrono::milliseconds deadline) { return impl_->wait_for(deadline); }
Snapshot Run::snapshot() const { return impl_->state().snapshot(); }
std::shared_ptr<const Trace> Run::trace() const { return impl_->state().trace; }
std::string Run::locate(std::string_view lane, std::uint64_t record) const {
  return impl_->state().locate(lane, record);
}
std::vector<NodeDurations> Run::durations() const { return impl_->state().durations(); }
std::function<std::string(const std::string&, std::uint64_t)> Run::locator() const { return impl_->state().locator(); }
TrainerSample Run::trainer() const { return impl_->state().meter.read(); }

}  // namespace feedline::inline training
