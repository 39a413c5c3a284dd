// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/pipeline_past.h"
#include "training/ranks/rank_agreement.h"
#include "training/ranks/rank_lanes.h"
#include "training/trainer_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace feedline::inline training {
namespace {

constexpr Nanos kFiguresInterval = 200'000'000;
constexpr Nanos kShowInterval = 50'000'000;

/// Pipelines that prepared parts of the same batches, as one that prepared them whole.
PipelinePast joined_past(const std::vector<PipelinePast>& parts) {
  PipelinePast all = parts.front();
  for (auto part = parts.begin() + 1; part != parts.end(); ++part) {
    all.tried += part->tried;
    all.bad += part->bad;
    all.error_count += part->error_count;
    for (const PastError& error : part->errors) {
      const auto same = std::find_if(all.errors.begin(), all.errors.end(), [&](const PastError& other) {
        return other.error.error.node == error.error.error.node && other.error.error.reason == error.error.error.reason;
      });
      if (same == all.errors.end()) {
        if (error.error.count > 0) all.errors.push_back(error);
      } else {
        same->error.count += error.error.count;
        same->error.records += error.error.records;
      }
    }
    for (const BadRecord& bad : part->records) {
      const auto same = std::find_if(all.records.begin(), all.records.end(),
                                     [&](const BadRecord& other) { return other.record == bad.record; });
      if (same == all.records.end()) {
        if (bad.times > 0) all.records.push_back(bad);
      } else {
        same->times += bad.times;
        same->epochs += bad.epochs;
        same->last_epoch = std::max(same->last_epoch, bad.last_epoch);
      }
    }
  }
  std::sort(all.records.begin(), all.records.end(),
            [](const BadRecord& a, const BadRecord& b) { return a.record < b.record; });
  return all;
}

}  // namespace

/// What was found out before is counted by rank 0; the others know of it.
std::shared_ptr<const PipelinePast> TrainerLoop::own_past(std::shared_ptr<const PipelinePast> past) const {
  if (!ranks_ || ranks_->leads() || !past) return past;
  PipelinePast known = *past;
  known.tried = known.bad = known.error_count = 0;
  for (PastError& error : known.errors) error.error.count = error.error.records = 0;
  for (BadRecord& bad : known.records) {
    bad.times = 0;
    bad.epochs = 0;
  }
  return std::make_shared<const PipelinePast>(std::move(known));
}

PipelinePast TrainerLoop::past_of_ranks(const PipelinePast& own) const {
  if (!ranks_) return own;
  std::vector<PipelinePast> parts;
  for (const std::string& text : ranks_->gather(to_text(own))) {
    auto part = pipeline_past_of(text);
    if (!part) throw StepFailed(std::move(part.error()));
    parts.push_back(std::move(*part));
  }
  return joined_past(parts);
}

bool TrainerLoop::agreed(bool leader_says) const {
  return ranks_ ? ranks_->share(leader_says ? "yes" : "no") == "yes" : leader_says;
}

void TrainerLoop::tell_ranks(const Batch& batch) {
  RankWord& own = ranks_->own();
  own.rows = static_cast<std::int64_t>(batch.records);
  own.tried += static_cast<std::int64_t>(batch.drawn);
  own.bad += static_cast<std::int64_t>(batch.missing.size());
  own.ends = state_.end_requested() ? 1 : 0;
  own.late = deadline_passed() ? 1 : 0;
  own.keeps = keeper_ && learner_.keeps_inside_epochs() && !batch.last_of_epoch && keeper_->due(steps_ + 1) ? 1 : 0;
  own.steps = static_cast<std::int64_t>(steps_);
  own.samples = static_cast<std::int64_t>(own_samples_);
  // With every word, as the steps are: what is shown a step is one divided by the other.
  StepTimes times;
  StepTimes validation;
  state_.meter.times(times, validation);
  own.times = times.parts;
  own.validation = validation.parts;
  own.stood_still = state_.meter.stood_still();
  const Nanos now = Clock::system().now();
  if (now - figures_at_ >= kFiguresInterval) {
    figures_at_ = now;
    const Snapshot figures = state_.snapshot();
    const std::uint64_t counted_by_first = ranks_->world().local_rank == 0 ? 0 : figures.process.shared_bytes;
    own.rss_bytes = static_cast<std::int64_t>(figures.process.rss_bytes - counted_by_first);
    own.round_trip = ranks_->round_trip();
    own.loader_s = 0;
    Nanos most = 0;
    data_nodes_.clear();
    for (const StageSample& stage : figures.stages) {
      own.loader_s += seconds(stage.total.cpu);
      if (stage.total.cpu > most) own.slowest_stage = static_cast<std::int64_t>(data_nodes_.size());
      most = std::max(most, stage.total.cpu);
      data_nodes_.push_back(stage.node);
    }
  }
  ranks_->tell();
}

/// By the records of all ranks, as one process judges its own: a rank's share may be too small to tell.
Status TrainerLoop::judge_bad_records(bool last_of_epoch) const {
  const std::int64_t tried = ranks_->sum(&RankWord::tried);
  const std::int64_t bad = ranks_->sum(&RankWord::bad);
  if (bad == 0 || (tried < static_cast<std::int64_t>(kEnoughToJudge) && !last_of_epoch)) return {};
  if (static_cast<double>(bad) <= settings_.max_bad_fraction * static_cast<double>(tried)) return {};
  const std::vector<RecordError> own = train_->errors();
  Error error = own.empty() ? Error{.reason = "another rank has met them"} : own.front().error;
  error.code = ErrorCode::BadInput;
  error.reason =
      fmt::format("{} of {} records could not be used; the most frequent error: {}", bad, tried, error.reason);
  return fail(std::move(error));
}

void TrainerLoop::show_ranks() {
  if (ranks_->leads() && options_.meters) {
    if (!rank_lanes_) rank_lanes_ = std::make_shared<RankLanes>(*state_.trace, *ranks_);
    rank_lanes_->add(ranks_->heard(), ranks_->heard_at());
  }
  const Nanos now = Clock::system().now();
  if (now - shown_at_ < kShowInterval) return;
  shown_at_ = now;
  state_.show_ranks(ranks_->samples(data_nodes_), learner_.collective());
}

/// Rank 0 reports what all of them met. The last that ranks do together.
void TrainerLoop::join_errors() {
  shown_at_ = 0;
  show_ranks();
  const PipelinePast train = past_of_ranks(train_->past());
  const PipelinePast validation = validation_ ? past_of_ranks(validation_->past()) : PipelinePast{};
  joined_errors_ = std::vector<PipelinePast>{train, validation};
  ranks_->leave_alone();
}

}  // namespace feedline::inline training
