// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/pipeline.h"

#include "base/cores.h"
#include "engine/buffer_pool.h"
#include "engine/error_log.h"
#include "engine/flow.h"
#include "engine/segment_runner.h"
#include "engine/segments.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <new>
#include <optional>
#include <pthread.h>
#include <system_error>
#include <thread>
#include <utility>

namespace feedline {
namespace {

constexpr std::uint64_t kEnoughToJudge = 100;

std::vector<std::size_t> field_bytes(const DataPlan& plan) {
  std::vector<std::size_t> bytes;
  for (const BatchField& field : plan.fields)
    bytes.push_back(field.record_bytes() *
                    static_cast<std::size_t>(std::max<std::int64_t>(plan.batch.size, 1)));
  return bytes;
}

std::size_t worker_count(const PipelineOptions& options) {
  if (options.workers > 0) return options.workers;
  return usable_cores();
}

Flow::Limits limits(const DataPlan& plan, const PipelineOptions& options, std::size_t workers) {
  const std::size_t prefetch = std::max<std::size_t>(options.prefetch, 1);
  const auto batch = static_cast<std::size_t>(std::max<std::int64_t>(plan.batch.size, 1));
  return {.queue_chunks = 2 * workers + 2,
          .chunk_share = std::max<std::size_t>(batch * prefetch / (2 * workers), 1),
          .prefetch = prefetch};
}

Error out_of_memory() {
  return {.code = ErrorCode::Failed,
          .reason = "not enough memory for the batches",
          .remedy = "Use a smaller batch, a smaller prefetch, or smaller pictures"};
}

}  // namespace

/// Wires the parts together: one Flow, a StageMeter a node, a thread with a SegmentRunner for each seat.
class Pipeline::Impl {
 public:
  Impl(std::shared_ptr<const Plan> owner, const DataPlan& plan, PipelineOptions options)
      : owner_(std::move(owner)),
        plan_(plan),
        options_(std::move(options)),
        clock_(options_.clock != nullptr ? *options_.clock : Clock::system()),
        cut_(options_.staged ? Cut::staged(plan, worker_count(options_))
                             : Cut::fused(plan, worker_count(options_))),
        pool_(std::make_shared<BufferPool>(options_.allocator ? options_.allocator : BufferAllocator::host(),
                                           field_bytes(plan))),
        flow_(Dispenser(plan, options_.first_epoch, options_.epochs), cut_, pool_,
              limits(plan, options_, worker_count(options_)), clock_) {
    make_meters();
    start_threads();
  }

  ~Impl() {
    flow_.stop();
    threads_.clear();
    pool_->retire();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<std::optional<Batch>> next() {
    for (;;) {
      auto taken = flow_.next();
      if (!taken) return fail(std::move(taken.error()));
      if (*taken == nullptr) return std::optional<Batch>{};
      const std::unique_ptr<BatchWork>& work = *taken;
      if (Status judged = judge(*work); !judged) {
        flow_.fail(judged.error());
        return fail(std::move(judged.error()));
      }
      const bool empty = work->good == 0 && !work->last_of_epoch;
      Batch batch{.epoch = work->epoch,
                  .index = work->index,
                  .records = work->good,
                  .last_of_epoch = work->last_of_epoch,
                  .record_ids = std::move(work->record_ids),
                  .buffer = std::move(work->buffer)};
      flow_.recycle(std::move(*taken));
      if (!empty) return batch;
    }
  }

  void pause(bool on) { flow_.pause(on); }
  void stop() { flow_.stop(); }
  const ErrorLog& errors() const { return errors_; }

  std::vector<StageSample> stages(Nanos now) const {
    std::vector<StageSample> samples;
    samples.reserve(meters_.size());
    std::size_t node = 0;
    for (std::size_t s = 0; s < cut_.segments.size(); ++s) {
      const double fill = flow_.fill(s);
      for (std::size_t i = 0; i < cut_.segments[s].nodes(); ++i, ++node) {
        const StageMeter& meter = *meters_[node];
        samples.push_back({.node = meter.node(),
                           .type = meter.type(),
                           .total = meter.read(now),
                           .workers = meter.workers(),
                           .queue_fill = fill});
      }
    }
    return samples;
  }

 private:
  void make_meters() {
    const auto meter = [this](const std::string& node, const std::string& type, std::size_t workers) {
      meters_.push_back(std::make_unique<StageMeter>(node, type, workers));
    };
    for (const Segment& segment : cut_.segments) {
      if (segment.reads) meter(plan_.source_node, plan_.source_type, segment.workers);
      for (std::size_t i = segment.first_step; i < segment.last_step; ++i)
        meter(plan_.steps[i].node, plan_.steps[i].type, segment.workers);
      if (segment.collates) meter(plan_.batch_node, "batch", segment.workers);
    }
  }

  void start_threads() {
    std::size_t first_node = 0;
    for (std::size_t s = 0; s < cut_.segments.size(); ++s) {
      const std::size_t nodes = cut_.segments[s].nodes();
      for (std::size_t w = 0; w < cut_.segments[s].workers; ++w) {
        std::vector<WorkerMeter*> seats;
        for (std::size_t i = 0; i < nodes; ++i) seats.push_back(&meters_[first_node + i]->worker(w));
        try {
          threads_.emplace_back([this, s, meters = std::move(seats)] { work(s, meters); });
        } catch (const std::system_error& error) {
          flow_.fail({.code = ErrorCode::Failed,
                      .reason = fmt::format("cannot start a worker thread: {}", error.what()),
                      .remedy = "Use fewer workers"});
          return;
        }
      }
      first_node += nodes;
    }
  }

  /// A worker's life. No exception leaves it.
  void work(std::size_t segment, const std::vector<WorkerMeter*>& meters) noexcept {
    try {
      pthread_setname_np(pthread_self(), segment == 0 ? "feedline-read" : "feedline-work");
      const Seat seat{.segment = segment, .first = meters.front(), .last = meters.back()};
      SegmentRunner runner(plan_, cut_, segment, StepTimer(clock_, meters), errors_, flow_.stopping());
      while (Chunk* chunk = flow_.take(seat)) {
        if (!runner.run(*chunk)) return;
        if (BatchWork* batch = flow_.put(seat, chunk)) {
          runner.close(*batch);
          flow_.finish(batch);
        }
      }
    } catch (const std::bad_alloc&) {
      flow_.fail(out_of_memory());
    } catch (const std::exception& error) {
      flow_.fail(
          {.code = ErrorCode::Failed, .reason = fmt::format("a worker thread broke: {}", error.what())});
    } catch (...) {
      flow_.fail({.code = ErrorCode::Failed, .reason = "a worker thread broke"});
    }
  }

  /// Batches are judged in their order, so a run with too many bad records ends at the same batch whatever
  /// the workers.
  Status judge(const BatchWork& batch) {
    tried_ += batch.rows;
    bad_ += batch.rows - batch.good;
    if (bad_ == 0 || (tried_ < kEnoughToJudge && !batch.last_of_epoch)) return {};
    const double fraction = static_cast<double>(bad_) / static_cast<double>(tried_);
    if (fraction <= options_.max_bad_fraction) return {};
    const std::vector<RecordError> list = errors_.list();
    Error error = list.empty() ? Error{} : list.front().error;
    error.code = ErrorCode::BadInput;
    error.reason = fmt::format("{} of {} records could not be used; the most frequent error: {}", bad_,
                               tried_, error.reason);
    return fail(std::move(error));
  }

  std::shared_ptr<const Plan> owner_;
  const DataPlan& plan_;
  PipelineOptions options_;
  const Clock& clock_;
  Cut cut_;
  std::shared_ptr<BufferPool> pool_;
  ErrorLog errors_{};
  Flow flow_;
  std::vector<std::unique_ptr<StageMeter>> meters_{};  ///< source, steps, batch: the order of the segments
  std::uint64_t tried_ = 0;
  std::uint64_t bad_ = 0;
  std::vector<std::jthread> threads_{};
};

Pipeline::Pipeline(std::shared_ptr<const Plan> owner, const DataPlan& plan, PipelineOptions options)
    : impl_(std::make_unique<Impl>(std::move(owner), plan, std::move(options))) {}
Pipeline::~Pipeline() = default;

Result<std::optional<Batch>> Pipeline::next() {
  try {
    return impl_->next();
  } catch (const std::bad_alloc&) {
    return fail(out_of_memory());
  }
}

std::size_t Pipeline::set_workers(std::string_view, std::size_t) { return 0; }
void Pipeline::pause() { impl_->pause(true); }
void Pipeline::resume() { impl_->pause(false); }
void Pipeline::stop() { impl_->stop(); }
std::vector<StageSample> Pipeline::stages(Nanos now) const { return impl_->stages(now); }
std::vector<RecordError> Pipeline::errors() const { return impl_->errors().list(); }
std::uint64_t Pipeline::error_count() const { return impl_->errors().count(); }

}  // namespace feedline
