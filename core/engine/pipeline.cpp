// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/pipeline.h"

#include "engine/bad_records.h"
#include "engine/collate.h"
#include "engine/error_log.h"
#include "engine/pipeline_past.h"
#include "engine/pipeline_state.h"
#include "engine/watchdog.h"
#include "engine/worker_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <new>
#include <utility>

namespace feedline::inline engine {
namespace {

/// Longer than it takes to hand over a batch that is ready.
constexpr Nanos kWaited = 50'000;

}  // namespace

/// What the consumer sees: batches in their order, judged as they are handed out.
class Pipeline::Impl {
 public:
  Impl(std::shared_ptr<const Plan> owner, const DataPlan& plan, PipelineOptions options)
      : state_(std::make_shared<PipelineState>(std::move(owner), plan, std::move(options))),
        handed_out_(restore()),
        worker_pool_(state_),
        watchdog_(std::make_unique<Watchdog>(state_, worker_pool_)) {
    const std::uint64_t first = state_->options.first_batch;
    skip_ = first - state_->sorter.first_of_group(first);
    if (skip_ > 0 && state_->options.past) counted_ = state_->sorter.size_of_group(first);
    taken_ = handed_out_ - std::min(handed_out_, skip_);
  }

  ~Impl() {
    state_->flow.stop();
    watchdog_.reset();
    state_->pool->retire();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<std::optional<Batch>> next() {
    for (;;) {
      if (state_->flow.stopping()) group_.clear();  // then taking says why
      if (group_.empty())
        if (Status filled = take_group(); !filled) {
          group_.clear();
          return fail(std::move(filled.error()));
        }
      if (group_.empty()) return std::optional<Batch>{};
      std::unique_ptr<BatchWork> work = std::move(group_.front());
      group_.pop_front();
      if (skip_ > 0) {  // handed out by the pipeline before this one
        --skip_;
        work->buffer.reset();
        state_->flow.recycle(std::move(work));
        continue;
      }
      ++handed_out_;
      const bool empty = work->good == 0 && !work->last_of_epoch && state_->options.share.all();
      Batch batch{.epoch = work->epoch,
                  .index = work->index,
                  .records = work->good,
                  .last_of_epoch = work->last_of_epoch,
                  .record_ids = std::move(work->record_ids),
                  .drawn = work->drawn,
                  .missing = std::move(work->missing),
                  .buffer = std::move(work->buffer)};
      state_->flow.recycle(std::move(work));
      if (state_->options.meters) state_->padding.add(batch);
      if (!empty) return batch;
    }
  }

  std::size_t set_workers(std::string_view node, std::size_t workers) {
    const auto segment = state_->segment_of(node);
    return segment ? worker_pool_.set_workers(*segment, std::clamp<std::size_t>(workers, 1, kMostWorkers)) : 0;
  }

  bool speed_up(std::string_view node, double factor) {
    const auto place = state_->place_of(node);
    if (place) state_->speedup.choose(factor > 1 ? place : std::nullopt, factor);
    return place.has_value();
  }

  void consuming(bool at_work) {
    if (at_work) return account_.begin(VirtualSpeedup::kConsumer);
    account_.end();
    account_.catch_up(state_->flow.stopping());
  }

  [[nodiscard]] PipelinePast past() const {
    PipelinePast past{.batches = handed_out_,
                      .tried = tried_,
                      .bad = bad_,
                      .error_count = errors_.count(),
                      .records = bad_records_.list()};
    for (ErrorLog::Entry& entry : errors_.entries())
      past.errors.push_back({std::move(entry.first), entry.place.first, entry.place.second});
    return past;
  }

  [[nodiscard]] PipelineState& state() { return *state_; }
  [[nodiscard]] const ErrorLog& errors() const { return errors_; }
  [[nodiscard]] const BadRecords& bad_records() const { return bad_records_; }

 private:
  /// Takes up the past, before any worker looks. Returns how many batches were handed out in it.
  std::uint64_t restore() {
    const PipelinePast* past = state_->options.past.get();
    if (past == nullptr) return 0;
    tried_ = past->tried;
    bad_ = past->bad;
    std::vector<ErrorLog::Entry> entries;
    for (const PastError& one : past->errors)
      entries.push_back({one.error, {one.batch, static_cast<std::size_t>(one.row)}});
    errors_.restore(std::move(entries), past->error_count);
    bad_records_.restore(past->records);
    for (const BadRecord& bad : past->records) state_->quarantine.add(bad.record, errors_.kind_of(bad.error));
    return past->batches;
  }

  Result<std::unique_ptr<BatchWork>> take() {
    const Nanos asked = state_->clock.now();
    auto taken = state_->flow.next();
    if (state_->clock.now() - asked > kWaited) account_.forgive();
    return taken;
  }

  /// The next batch, or those that are sorted by length together; none: all epochs are done. They are judged as they
  /// are taken, so that a run with too many bad records ends at the same batch whatever the workers.
  Status take_group() {
    while (group_.size() < state_->sorter.together()) {
      auto taken = take();
      if (!taken) return fail(std::move(taken.error()));
      if (*taken == nullptr) break;
      BatchWork& work = **taken;
      ++taken_;
      leave_out_known(work);
      if (counted_ > 0) {
        --counted_;
      } else {
        count_faults(work);
        if (Status judged = judge(work); !judged) {
          state_->flow.fail(judged.error());
          return judged;
        }
      }
      group_.push_back(std::move(*taken));
      if (work.last_of_epoch) break;
    }
    state_->sorter.sort(group_);
    return {};
  }

  /// A record may be good in one epoch and bad in another: only parts of a picture are decoded. Whether it was read
  /// again before its error was counted must not matter, so what was read too early is left out here.
  void leave_out_known(BatchWork& batch) {
    if (state_->quarantine.size() == 0) return;
    batch.bad.assign(batch.good, 0);
    for (std::size_t row = 0; row < batch.good; ++row) {
      const auto known = state_->quarantine.find(batch.record_ids[row]);
      if (!known) continue;
      batch.bad[row] = 1;
      batch.faults.push_back({.row = row, .record = batch.record_ids[row], .known = known});
    }
    const std::size_t rows = std::exchange(batch.rows, batch.good);
    close_up(batch, state_->plan.fields);
    batch.rows = rows;
  }

  void count_faults(BatchWork& batch) {
    std::sort(batch.faults.begin(), batch.faults.end(),
              [](const RecordFault& a, const RecordFault& b) { return a.row < b.row; });
    for (RecordFault& fault : batch.faults) {
      if (!fault.known) fault.known = state_->quarantine.find(fault.record);
      bad_records_.add(fault.record, batch.epoch, fault.known ? nullptr : &fault.error);
      if (fault.known) {
        errors_.add_again(*fault.known);
      } else {
        state_->quarantine.add(fault.record, errors_.add(std::move(fault.error), {taken_ - 1, fault.row}));
      }
    }
  }

  /// In the order of batches.
  Status judge(const BatchWork& batch) {
    tried_ += batch.rows;
    bad_ += batch.rows - batch.good;
    const bool last = batch.last_of_epoch && state_->options.share.all();  // a share of few records may be bad
    if (bad_ == 0 || (tried_ < kEnoughToJudge && !last)) return {};
    const double fraction = static_cast<double>(bad_) / static_cast<double>(tried_);
    if (fraction <= state_->options.max_bad_fraction) return {};
    const std::vector<RecordError> list = errors_.list();
    Error error = list.empty() ? Error{} : list.front().error;
    error.code = ErrorCode::BadInput;
    error.reason =
        fmt::format("{} of {} records could not be used; the most frequent error: {}", bad_, tried_, error.reason);
    return fail(std::move(error));
  }

  std::shared_ptr<PipelineState> state_;
  VirtualSpeedup::Account account_{state_->speedup};  ///< the consumer's
  ErrorLog errors_{};
  BadRecords bad_records_{};
  std::uint64_t tried_ = 0;
  std::uint64_t bad_ = 0;
  std::uint64_t handed_out_;  ///< batches, over all epochs
  std::uint64_t taken_ = 0;   ///< the same of those that have been judged
  /// Of the group in whose midst an earlier pipeline ended: batches that it handed out, and those that it had judged.
  std::uint64_t skip_ = 0;
  std::uint64_t counted_ = 0;
  std::deque<std::unique_ptr<BatchWork>> group_{};  ///< what is still to be handed out of it
  WorkerPool worker_pool_;
  std::unique_ptr<Watchdog> watchdog_;
};

Pipeline::Pipeline(std::shared_ptr<const Plan> owner, const DataPlan& plan, PipelineOptions options)
    : impl_(std::make_unique<Impl>(std::move(owner), plan, std::move(options))) {}
Pipeline::~Pipeline() = default;

Result<std::optional<Batch>> Pipeline::next() {
  try {
    return impl_->next();
  } catch (const std::bad_alloc&) {
    return fail(out_of_memory(impl_->state().plan));
  }
}

std::size_t Pipeline::set_workers(std::string_view node, std::size_t workers) {
  return impl_->set_workers(node, workers);
}
bool Pipeline::speed_up(std::string_view node, double factor) { return impl_->speed_up(node, factor); }
void Pipeline::speed_up_consumer(double factor) {
  impl_->state().speedup.choose(factor > 1 ? std::optional(VirtualSpeedup::kConsumer) : std::nullopt, factor);
}
void Pipeline::consuming(bool at_work) { impl_->consuming(at_work); }
Nanos Pipeline::virtual_delay() const { return impl_->state().speedup.delay(); }
void Pipeline::pause() { impl_->state().flow.pause(true); }
void Pipeline::resume() { impl_->state().flow.pause(false); }
void Pipeline::stop() { impl_->state().flow.stop(); }
std::vector<StageSample> Pipeline::stages(Nanos now) const { return impl_->state().stages(now); }
std::vector<NodeDurations> Pipeline::durations() const { return impl_->state().durations(); }
std::vector<RecordError> Pipeline::errors() const { return impl_->errors().list(); }
std::vector<BadRecord> Pipeline::bad_records() const { return impl_->bad_records().list(); }
std::uint64_t Pipeline::error_count() const { return impl_->errors().count(); }
PipelinePast Pipeline::past() const { return impl_->past(); }
std::vector<RecordError> Pipeline::notices() const { return impl_->state().caches->notices(); }

}  // namespace feedline::inline engine
