// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/fit_pass.h"

#include "base/clock.h"
#include "base/cores.h"
#include "base/numbers.h"
#include "plan/fitting.h"
#include "plan/trimmed.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>

namespace feedline::inline engine {
namespace {

constexpr Nanos kTellInterval = 100'000'000;
/// Records that are handed over at once: they bound what waits to be merged.
constexpr std::int64_t kRecordsAtOnce = 256;
/// That the calling thread's lane of the timeline holds: two for each of these handfuls.
constexpr std::size_t kFitLaneSlices = 4096;

/// What single records gave, until their turn to be merged comes. From many threads.
class RecordFitters {
 public:
  explicit RecordFitters(std::shared_ptr<const FittedStep> step) : step_(std::move(step)) {}

  [[nodiscard]] std::unique_ptr<Fitter> make() const { return make_fitter(*step_); }
  /// For this record: one that has been used before, where there is one.
  [[nodiscard]] std::unique_ptr<Fitter> for_record(std::uint64_t record) {
    Shard& shard = shards_[record % kShards];
    {
      const std::lock_guard lock(shard.mutex);
      if (!shard.idle.empty()) {
        std::unique_ptr<Fitter> used = std::move(shard.idle.back());
        shard.idle.pop_back();
        return used;
      }
    }
    return make();
  }
  /// What it has found is merged.
  void give_back(std::uint64_t record, std::unique_ptr<Fitter> fitter) {
    if (!fitter->reset()) return;
    Shard& shard = shards_[record % kShards];
    const std::lock_guard lock(shard.mutex);
    shard.idle.push_back(std::move(fitter));
  }

  /// A record that is done anew, because a worker was stuck with it, gives the same again.
  void put(std::uint64_t record, std::unique_ptr<Fitter> fitter) {
    Shard& shard = shards_[record % kShards];
    const std::lock_guard lock(shard.mutex);
    shard.by_record.insert_or_assign(record, std::move(fitter));
  }
  /// Null: there is none.
  [[nodiscard]] std::unique_ptr<Fitter> take(std::uint64_t record) {
    Shard& shard = shards_[record % kShards];
    const std::lock_guard lock(shard.mutex);
    auto node = shard.by_record.extract(record);
    return node.empty() ? nullptr : std::move(node.mapped());
  }

 private:
  static constexpr std::size_t kShards = 64;
  struct alignas(64) Shard {
    std::mutex mutex{};
    std::unordered_map<std::uint64_t, std::unique_ptr<Fitter>> by_record{};
    std::vector<std::unique_ptr<Fitter>> idle{};  ///< as many as were under way at once, at most
  };
  const std::shared_ptr<const FittedStep> step_;
  std::array<Shard, kShards> shards_{};
};

/// Stands where the node will: shows the record to a fitter, and gives a number that says that it is done.
class FitOp final : public SampleOp {
 public:
  explicit FitOp(std::shared_ptr<RecordFitters> fitters) : fitters_(std::move(fitters)) {}

  Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext& context) const override {
    auto fitter = fitters_->for_record(context.record);
    if (Status added = fitter->add(in); !added) return added;
    fitters_->put(context.record, std::move(fitter));
    out[0]->set_label(0);
    return {};
  }

 private:
  const std::shared_ptr<RecordFitters> fitters_;
};

BatchField done_field(const PlanStep& step) {
  return {.name = step.node,
          .slot = step.outputs.front(),
          .record = {.kind = Kind::Label, .dtype = DType::I64},
          .batch = {.kind = Kind::Target, .dtype = DType::I64, .shape = {Dim::symbol("N")}}};
}

/// The part of the training data that leads to the steps, which have FitOps in their place.
std::shared_ptr<const Plan> fit_pass_plan(const DataPlan& data, const std::vector<std::size_t>& learners,
                                          const std::vector<std::shared_ptr<RecordFitters>>& fitters) {
  TrimmedPlan trimmed = trimmed_plan(data, {.steps = {learners.begin(), learners.end()}});
  auto plan = std::make_shared<Plan>();
  DataPlan& part = plan->train = std::move(trimmed.data);
  for (std::size_t i = 0; i < part.steps.size(); ++i) {
    PlanStep& step = part.steps[i];
    step.cache.reset();  // it would keep what the run may have no room for
    const auto learner = std::find(learners.begin(), learners.end(), trimmed.steps[i]);
    if (learner == learners.end()) continue;
    step.op = std::make_shared<FitOp>(fitters[static_cast<std::size_t>(learner - learners.begin())]);
    step.random = false;
    step.next.reset();
    step.outputs.resize(1);
    part.fields.push_back(done_field(step));
  }
  part.training = false;
  part.sampler = data.sampler.each_once();
  part.batch = {.size = kRecordsAtOnce, .drop_last = false};
  return plan;
}

class FitPass {
 public:
  FitPass(const Plan& plan, const std::vector<std::size_t>& steps, const FitOptions& options) : options_(options) {
    for (const std::size_t step : steps) {
      const PlanStep& learner = plan.train.steps[step];
      nodes_.push_back(learner.node);
      fitters_.push_back(std::make_shared<RecordFitters>(learner.fitted));
      all_.push_back(fitters_.back()->make());
      all_.back()->equip({.threads = usable_cores(), .stop = options.stop});
      learners_ += (learners_.empty() ? "" : ", ") + learner.node;
    }
    part_ = fit_pass_plan(plan.train, steps, fitters_);
    if (options.trace == nullptr) return;
    lane_ = &options.trace->lane("fit", kFitLaneSlices);
    label_ = options.trace->label(learners_);
  }

  Result<FitPassResult> run() {
    PipelineOptions pipeline_options = options_.pipeline;
    pipeline_options.epochs = 1;
    pipeline_options.first_epoch = 1;
    pipeline_options.meters = options_.on_pass || options_.trace;
    pipeline_options.trace = options_.trace;
    pipeline_options.trace_prefix.clear();
    pipeline_options.allocator = nullptr;
    pipeline_options.caches = nullptr;
    Pipeline pipeline(part_, part_->train, std::move(pipeline_options));
    const Nanos start = Clock::system().now();
    const std::stop_callback on_stop(options_.stop, [&pipeline] { pipeline.stop(); });
    for (;;) {
      tell();
      if (options_.proceed && !options_.proceed()) return fail_cancelled();
      const Nanos asked = Clock::system().now();
      auto batch = pipeline.next();
      if (!batch) return fail(std::move(batch.error()));
      write_down(TraceKind::Starved, asked);
      if (!*batch) {
        auto learnt = finish();
        if (!learnt) return fail(std::move(learnt.error()));
        return FitPassResult{std::move(*learnt), figures(pipeline, Clock::system().now() - start)};
      }
      if (Status merged = merge(**batch); !merged) return fail(std::move(merged.error()));
    }
  }

 private:
  /// Batches come in the order of the sampler's window, and so do their rows.
  Status merge(const Batch& batch) {
    const Nanos start = Clock::system().now();
    for (const std::uint64_t record : batch.record_ids)
      for (std::size_t i = 0; i < all_.size(); ++i) {
        std::unique_ptr<Fitter> one = fitters_[i]->take(record);
        if (one == nullptr) continue;
        if (Status merged = all_[i]->merge(*one); !merged)
          return fail(std::move(merged.error()).at_node(nodes_[i]).in_file(part_->train.source->locate(record)));
        fitters_[i]->give_back(record, std::move(one));
      }
    done_ += batch.record_ids.size();
    merging_ += Clock::system().now() - start;
    write_down(TraceKind::Work, start, batch.record_ids);
    return {};
  }

  [[nodiscard]] Result<std::vector<NamedTensors>> finish() const {
    const Nanos start = Clock::system().now();
    std::vector<NamedTensors> learnt;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      auto state = all_[i]->finish();
      if (!state) return fail(std::move(state.error()).at_node(nodes_[i]));
      learnt.push_back(std::move(*state));
    }
    write_down(TraceKind::Work, start);
    return learnt;
  }

  void write_down(TraceKind kind, Nanos start, std::span<const std::uint64_t> records = {}) const {
    if (lane_ == nullptr) return;
    lane_->add({.start = start,
                .duration = Clock::system().now() - start,
                .kind = kind,
                .label = label_,
                .records = static_cast<std::uint32_t>(records.size()),
                .record = records.empty() ? 0 : records.front()});
  }

  void tell() {
    const Nanos now = Clock::system().now();
    if (!options_.progress || (told_ != 0 && now - told_ < kTellInterval)) return;
    told_ = now;
    const std::uint64_t records = std::max<std::uint64_t>(part_->train.sampler.count, 1);
    options_.progress(
        fmt::format("Fitting {}: {} of {} records", learners_, numbers::count(done_), numbers::count(records)),
        static_cast<double>(done_) / static_cast<double>(records));
  }

  [[nodiscard]] FitPassFigures figures(const Pipeline& pipeline, Nanos lasted) const {
    FitPassFigures found{.nodes = nodes_, .records = done_, .seconds = seconds(lasted), .merging_s = seconds(merging_)};
    for (const StageSample& stage : pipeline.stages(Clock::system().now()))
      if (stage.total.records > 0 && stage.type != "batch")  // which only says that records are done
        found.costs.push_back(
            {.node = stage.node, .records = stage.total.records, .busy_s = seconds(stage.total.busy)});
    return found;
  }

  const FitOptions& options_;
  std::vector<std::string> nodes_{};
  std::string learners_{};  ///< their names, as people read them
  std::vector<std::shared_ptr<RecordFitters>> fitters_{};
  std::vector<std::unique_ptr<Fitter>> all_{};
  std::shared_ptr<const Plan> part_{};
  TraceLane* lane_ = nullptr;
  std::uint16_t label_ = 0;
  std::uint64_t done_ = 0;
  Nanos merging_ = 0;
  Nanos told_ = 0;
};

}  // namespace

Result<FitPassResult> run_fit_pass(const Plan& plan, const std::vector<std::size_t>& steps, const FitOptions& options) {
  return FitPass(plan, steps, options).run();
}

}  // namespace feedline::inline engine
