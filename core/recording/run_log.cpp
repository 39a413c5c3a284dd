// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/run_log.h"

#include "diagnosis/verdict.h"
#include "graph/json.h"
#include "graph/subgraph.h"
#include "recording/changes.h"
#include "recording/checkpoint_places.h"
#include "recording/surroundings.h"
#include "training/apply_options.h"
#include "training/report.h"
#include "tuning/curve_points.h"
#include "tuning/live_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::inline recording {
namespace {

constexpr Nanos kRowInterval = 200'000'000;
/// The last row may be shorter, but a rate over less says nothing.
constexpr Nanos kLeastRow = 20'000'000;
constexpr Nanos kCurveInterval = 900'000'000;

Document with_options(Document document, const RunOptions& options) {
  (void)apply_options(document, options);  // what cannot be applied ends the run, which says so
  return document;
}

std::int64_t seed_of(const Document& document) {
  const Node* trainer = document.find(find_role(document, Role::Trainer));
  const NodeSpec* spec = trainer != nullptr ? Registry::instance().find(trainer->type) : nullptr;
  if (spec == nullptr) return 0;
  const ParamMap params = spec->complete(trainer->params);
  const auto seed = params.find("seed");
  const auto* value = seed != params.end() ? std::get_if<std::int64_t>(&seed->second) : nullptr;
  return value != nullptr ? *value : 0;
}

RunHeader header_of(const Document& document, const RunSource& source) {
  return {.title = source.title,
          .file = source.file,
          .origin = source.origin,
          .graph = to_json(document),
          .seed = seed_of(document),
          .parameters = changed_parameters(document)};
}

EpochRecord record_of(const EpochResult& epoch) {
  return {.epoch = epoch.epoch,
          .metrics = epoch.metrics,
          .samples_per_s = epoch.samples_per_s,
          .wall_s = epoch.wall_s,
          .samples = epoch.samples,
          .learning_rate = epoch.learning_rate};
}

ErrorRecord record_of(const char* severity, const Error& error, std::uint64_t count = 1, std::uint64_t records = 0) {
  return {.severity = severity,
          .node = error.node,
          .file = error.file,
          .message = error.reason,
          .remedy = error.remedy,
          .count = count,
          .records = records};
}

std::vector<ErrorRecord> errors_of(const RunResult& result) {
  std::vector<ErrorRecord> all;
  if (result.failure) all.push_back(record_of("failure", *result.failure));
  for (const RecordError& e : result.errors) all.push_back(record_of("error", e.error, e.count, e.records));
  for (const RecordError& e : result.notices)
    all.push_back(record_of("notice", e.error, std::max<std::uint64_t>(e.count, 1)));
  if (seconds(result.suspended) >= 0.1)
    all.push_back(
        record_of("notice", {.reason = fmt::format("the process was stopped, or the machine asleep, for {:.1f} s "
                                                   "in all; no figure counts this time",
                                                   seconds(result.suspended))}));
  return all;
}

RunStatus status_of(RunResult::End end) {
  switch (end) {
    case RunResult::End::Completed:
      return RunStatus::Finished;
    case RunResult::End::Stopped:
      return RunStatus::Stopped;
    case RunResult::End::Failed:
      break;
  }
  return RunStatus::Failed;
}

/// What the parts of the run before this one have counted; they all took `wall` seconds.
void add_earlier_part(StageRecord& stage, const StageCounters& before, double wall) {
  stage.records += before.records;
  stage.records_per_s = wall > 0 ? static_cast<double>(stage.records) / wall : 0;
  stage.cpu_s += seconds(before.cpu);
  stage.busy_s += seconds(before.busy);
  stage.starved_s += seconds(before.starved);
  stage.blocked_s += seconds(before.blocked);
}

std::vector<CurvePoint> curve_of(const Snapshot& now) {
  std::vector<CurvePoint> curve;
  curve.reserve(now.loss_curve.size());
  for (const Point& point : now.loss_curve) curve.push_back({point.x, point.y});
  return curve;
}

}  // namespace

RunLog::RunLog(Document document, const RunOptions& options, const RunSource& source, RunRecorder::OnFault on_fault,
               const std::filesystem::path& file)
    : document_(with_options(std::move(document), options)),
      options_(options),
      source_(source),
      on_fault_(std::move(on_fault)),
      file_(file) {
  options_.resume.state.reset();  // a model's weights are no record's
  options_.weights = {};
}

/// Only a run whose data flow is a run: one that is refused, fails or is stopped before leaves nothing behind.
void RunLog::tell(RunNews news) {
  {
    const std::lock_guard lock(recorder_mutex_);
    if (!recorder_) {
      waiting_.merge(std::move(news));
      if (waiting_.status != RunStatus::Running) return;
      RunHeader header = header_of(document_, source_);
      header.continues = continues_;
      recorder_.emplace(std::move(header), file_, std::move(on_fault_));
      news = std::exchange(waiting_, {});
    }
  }
  recorder_->tell(std::move(news));
}

/// Reads the folder of its checkpoints: whoever asks for its number meanwhile does not wait for that.
void RunLog::go_on_from(const EarlierPart& earlier) {
  earlier_ = earlier;
  const std::filesystem::path folder = std::filesystem::path(options_.resume.path).parent_path();
  const auto there = list_checkpoints(folder);
  if (!there.empty() && there.front().step > earlier_.step) return;  // it branches off
  continues_ = {.run = earlier_.recorded.run,
                .started_at = earlier_.recorded.started_at,
                .property = {std::string(kCheckpointsProperty), checkpoints_property(folder)},
                .epochs = earlier_.epochs.empty() ? 0 : earlier_.epochs.back().epoch,
                .wall_s = earlier_.wall_s};
}

RecordedAs RunLog::recorded_as() const {
  const std::lock_guard lock(recorder_mutex_);
  if (!recorder_) return {};
  const std::int64_t run = recorder_->id();
  return {.run = run, .started_at = run != 0 ? recorder_->started_at() : 0};
}

std::int64_t RunLog::id() const {
  const std::lock_guard lock(recorder_mutex_);
  return recorder_ ? recorder_->id() : 0;
}

std::int64_t RunLog::close() {
  const std::lock_guard lock(recorder_mutex_);
  return recorder_ ? recorder_->close() : 0;
}

struct RunLog::Receiver {
  RunLog& log;
  RunNews& news;

  void operator()(const Preparing&) {}
  void operator()(const Started& fact) {
    log.started_ = fact;
    if (fact.earlier) log.go_on_from(*fact.earlier);
    if (!log.earlier_.epochs.empty()) log.epoch_ = log.earlier_.epochs.back();
    for (const EpochResult& epoch : log.earlier_.epochs) news.epochs.push_back(record_of(epoch));
    news.status = RunStatus::Running;
    news.device = fact.execution.device;
    news.environment = surroundings(fact, log.options_, log.process_);
  }
  void operator()(const RecordFailed& fact) { news.errors.push_back(record_of("error", fact.error, 1, 1)); }
  void operator()(const Noticed& fact) { news.errors.push_back(record_of("notice", fact.error)); }
  void operator()(const EpochDone& fact) {
    log.epoch_ = fact.result;
    news.epochs.push_back(record_of(fact.result));
  }
  void operator()(const Finished& fact) {
    const RunResult& result = fact.result;
    if (const EpochResult* last = result.final_epoch()) log.epoch_ = *last;
    for (const EpochResult& epoch : result.epochs) news.epochs.push_back(record_of(epoch));
    log.cpu_at_start_ = result.first.process.cpu;
    if (log.sampler_.columns().empty()) log.add_row(news, result.first, 0);
    log.add_row(news, result.last, kLeastRow);
    if (result.last.started != 0) {
      news.figures = log.figures(result.last);
      news.results = log.results(result.last);
      news.loss = curve_of(result.last);
      news.stages = log.stages(result.last);
      news.verdict = log.verdict(result);
    }
    news.all_errors = errors_of(result);
    if (result.failure) news.failure = result.failure->line();
    news.status = status_of(result.end);
    news.ended_at = wall_clock();
  }
};

void RunLog::take(const Fact& fact) {
  RunNews news;
  {
    const std::lock_guard lock(mutex_);
    std::visit(Receiver{*this, news}, fact);
  }
  tell(std::move(news));
}

void RunLog::take(const Snapshot& now) {
  RunNews news;
  {
    const std::lock_guard lock(mutex_);
    process_ = now.process;
    if (cpu_at_start_ == 0) cpu_at_start_ = now.process.cpu;
    time_.add(now);
    add_row(news, now, kRowInterval);
    if (news.samples.empty() && news.columns.empty()) return;
    news.figures = figures(now);
    news.results = results(now);
    news.stages = stages(now);
    if (now.at - curve_at_ >= kCurveInterval) {
      curve_at_ = now.at;
      news.loss = curve_of(now);
    }
  }
  tell(std::move(news));
}

void RunLog::add_row(RunNews& news, const Snapshot& now, Nanos interval) {
  const bool first = sampler_.columns().empty();
  news.samples = sampler_.row(now, interval);
  if (first && !sampler_.columns().empty()) news.columns = sampler_.columns();
  if (news.samples.empty()) return;
  news.samples.front() += earlier_.wall_s;
  ++fills_;
  fill_sums_.resize(now.stages.size());
  for (std::size_t i = 0; i < now.stages.size(); ++i) fill_sums_[i] += now.stages[i].queue.fill;
}

/// A queue is empty when the run is over: what tells something is how full it was on average.
std::vector<StageRecord> RunLog::stages(const Snapshot& now) const {
  std::vector<StageRecord> all;
  const double wall = earlier_.wall_s + now.elapsed();
  for (const StageRow& row : stage_rows({}, now)) {
    const std::size_t i = all.size();
    all.push_back({.node = row.node,
                   .type = row.type,
                   .workers = row.workers,
                   .records = row.records,
                   .records_per_s = row.records_per_s,
                   .cpu_s = row.cpu_s,
                   .busy_s = row.busy_s,
                   .starved_s = row.starved_s,
                   .blocked_s = row.blocked_s,
                   .queue_fill = fills_ > 0 && i < fill_sums_.size() ? fill_sums_[i] / static_cast<double>(fills_)
                                                                     : row.queue_fill});
    for (const StageSample& before : earlier_.stages)
      if (before.node == row.node) add_earlier_part(all.back(), before.total, wall);
  }
  return all;
}

RunFigures RunLog::figures(const Snapshot& now) const {
  const TrainerSample& trainer = now.trainer;
  const StepTimes training = trainer.trained();
  const double training_s = seconds(training.total());
  RunFigures all;
  all.steps = static_cast<double>(trainer.steps);
  if (trainer.total_steps > 0) all.total_steps = static_cast<double>(trainer.total_steps);
  all.samples = static_cast<double>(trainer.samples);
  all.epoch = trainer.epoch;
  if (trainer.epochs > 0) all.epochs = trainer.epochs;
  all.wall_s = earlier_.wall_s + now.elapsed();
  all.cpu_s = earlier_.cpu_s + seconds(now.process.cpu - cpu_at_start_);
  if (training_s > 0) {
    all.samples_per_s = training_rate({}, trainer);
    all.wait_share = seconds(training[Phase::Wait]) / training_s;
  }
  all.peak_rss_bytes = static_cast<double>(now.process.peak_rss_bytes);
  all.record_errors = static_cast<double>(now.record_errors);
  return all;
}

RunResults RunLog::results(const Snapshot& now) const {
  const TrainerSample& trainer = now.trainer;
  RunResults all{.phases = phase_list(trainer.times)};
  if (epoch_) {
    all.metrics = epoch_->metrics;
  } else {
    add_known(all.metrics, {loss_metric(kTrainSplit, trainer.loss)});
    add_known(all.metrics, trainer.metrics);
  }
  return all;
}

std::optional<VerdictRecord> RunLog::verdict(const RunResult& result) {
  if (!started_ || !options_.meters || !options_.train) return {};
  time_.add(result.last);
  const Diagnosis found = time_.whole(run_facts(document_, *started_), result.first);
  VerdictRecord record;
  if (found.verdict.kind != VerdictKind::NotYet)
    record = {.kind = std::string(name(found.verdict.kind)), .node = found.verdict.node, .text = found.verdict.text()};
  for (const CurveFinding& finding : judge_run(document_, result.epochs)) {
    if (record.kind.empty()) record.kind = name(finding.kind);
    record.text += (record.text.empty() ? "" : " ") + finding.text();
  }
  if (record.kind.empty()) return {};
  return record;
}

}  // namespace feedline::inline recording
