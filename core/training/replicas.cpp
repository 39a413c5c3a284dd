// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/replicas.h"

#include "base/random.h"
#include "training/devices/device_mirrors.h"
#include "training/frozen_features.h"
#include "training/memory/shard_gather.h"
#include "training/ranks/gradient_exchange.h"
#include "training/ranks/rank_agreement.h"
#include "training/ranks/shared_tensors.h"
#include "training/shared_statistics.h"
#include "training/short_barrier.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <system_error>
#include <utility>

namespace feedline::inline training {
namespace {

/// A loss scale from which none is found any more at which gradients are finite: 36 steps in a row were left out.
constexpr double kLeastLossScale = 1e-6;

/// Keys the random numbers of a replica's layers.
std::uint64_t replica_seed(std::uint64_t seed, std::size_t replica) {
  return seed + 0x9E3779B97F4A7C15U * static_cast<std::uint64_t>(replica + 1);
}

}  // namespace

/// As they were drawn: rows that were left out are missing where they were.
Rows BatchDivision::rows_of_replica(std::int64_t rows, std::size_t replica, std::size_t replicas) const {
  if (missing.empty()) return rows_of(rows, replica, replicas);
  const Rows all = rows_of(drawn, replica, replicas);
  const auto left_before = [this](std::int64_t row) {
    return row - (std::lower_bound(missing.begin(), missing.end(), static_cast<std::size_t>(row)) - missing.begin());
  };
  const std::int64_t first = left_before(all.first);
  return {first, left_before(all.first + all.count) - first};
}

Replicas::Replicas(const ModelPlan& plan, const Options& options) : plan_(plan), options_(options) {}

Replicas::~Replicas() = default;

std::size_t Replicas::ranks_count() const { return options_.ranks ? options_.ranks->size() : 1; }

Result<std::unique_ptr<Replicas>> Replicas::build(const ModelPlan& plan, std::unique_ptr<Model> model,
                                                  const Options& options) {
  std::unique_ptr<Replicas> replicas(new Replicas(plan, options));
  try {
    if (auto ready = replicas->populate(std::move(model)); !ready) return fail(std::move(ready.error()));
  } catch (const std::system_error&) {
    return fail(Error{.code = ErrorCode::Failed,
                      .reason = "no thread can be started for each replica",
                      .remedy = "Lower replicas",
                      .parameter = "replicas"});
  } catch (const std::exception& fault) {
    return fail(library_error(fault, ""));
  }
  return replicas;
}

Status Replicas::populate(std::unique_ptr<Model> model) {
  const bool mirrored = options_.devices.size() > 1;
  const std::size_t wanted = mirrored ? options_.devices.size() : std::max<std::size_t>(options_.count, 1);
  const std::size_t members = plan_.stages > 1 ? 1 : wanted;
  members_ = std::max(members, plan_.stages);
  parameters_ =
      std::make_unique<FlatParameters>(model->parameters(), mirrored ? 1 : members, model->parameter_groups());
  models_.push_back(std::move(model));
  if (mirrored) make_mirrors();
  for (std::size_t i = 1; i < members; ++i) {
    auto copy = make_replica(i);
    if (!copy) return fail(std::move(copy.error()));
    models_.push_back(std::move(*copy));
  }
  const std::size_t before = options_.ranks ? options_.ranks->rank() * members : 0;
  for (std::size_t i = 0; i < members; ++i) models_[i]->seed(replica_seed(options_.seed, before + i));
  if (plan_.stages > 1) stages_ = std::make_unique<StagePipeline>(*models_.front(), options_.trace);
  if (!stages_) layers_.resize(plan_.layers.size());
  if (options_.scales_loss) scaler_.emplace();
  if (Status made = make_optimizer(); !made) return made;
  if (options_.ranks) make_exchange();
  if (options_.shares_norms && !stages_ && members * ranks_count() > 1)
    statistics_ = std::make_unique<SharedStatistics>(members, options_.ranks.get(), stop_.get_token());
  team_ = std::make_unique<ThreadTeam>(
      members_, [threads = options_.intra_op_threads](std::size_t) { at::set_num_threads(threads); });
  link_ = std::make_unique<std::stop_callback<std::function<void()>>>(options_.stop, [this] { stop_.request_stop(); });
  return {};
}

/// It has as many shards as one process would that had all replicas, so that sums over pieces have the same bytes.
Status Replicas::make_optimizer() {
  const Model& model = *models_.front();
  std::vector<FlatOptimizer::Owner> owners;
  const std::vector<at::Tensor> parameters = model.parameters();
  std::vector<Model::Place> places = model.parameter_places();
  for (std::size_t i = 0; i < parameters.size(); ++i)
    owners.push_back({.node = std::move(places[i].node),
                      .dimensions = parameters[i].dim(),
                      .depth = places[i].depth,
                      .part = later_part(places[i])});
  auto made = FlatOptimizer::make(plan_, *parameters_, owners, model.buffers(),
                                  {.shards = members_ * ranks_count(),
                                   .own_shards = shards_optimizer() ? members_ : 0,
                                   .first_own = shards_optimizer() ? options_.ranks->rank() * members_ : 0,
                                   .total_steps = options_.total_steps,
                                   .rate = options_.rate,
                                   .checks_finite = options_.scales_loss});
  if (!made) return fail(std::move(made.error()));
  optimizer_ = std::move(*made);
  make_shards();
  return {};
}

/// Parts of the network that begin to learn later: 1 and up, by layer and stage.
std::size_t Replicas::later_part(const Model::Place& place) {
  if (!place.thaws) return 0;
  const auto found = std::find(parts_.begin(), parts_.end(), std::pair(place.layer, place.stage));
  if (found != parts_.end()) return static_cast<std::size_t>(found - parts_.begin()) + 1;
  parts_.emplace_back(place.layer, place.stage);
  return parts_.size();
}

bool Replicas::learn_in(std::uint32_t epoch) {
  bool changed = false;
  for (const auto& model : models_) changed = model->learn_in(epoch) || changed;
  if (!changed) return false;
  const Model& model = *models_.front();
  const std::vector<at::Tensor> parameters = model.parameters();
  const std::vector<Model::Place> places = model.parameter_places();
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (places[i].thaws && parameters[i].requires_grad()) optimizer_->learn(later_part(places[i]));
  for (std::size_t i = 0; i < models_.size(); ++i) {
    if (exchange_) exchange_->watch(models_[i]->parameters(), i);
    if (mirrors_) mirrors_->watch(models_[i]->parameters(), i);
  }
  shared_ = false;
  return true;
}

void Replicas::look_up(std::shared_ptr<FrozenFeatures> features) {
  for (const auto& model : models_) model->look_up(features);
  features_ = std::move(features);
}

void Replicas::share_buffers() {
  if (models_.size() == 1) return;
  const torch::NoGradGuard no_gradients;
  if (!shared_) {
    if (mirrors_) spread_weights();
    const std::vector<at::Tensor> from = models_.front()->buffers();
    const std::vector<bool> moves = models_.front()->moving_buffers();
    moving_.clear();
    for (std::size_t i = 1; i < models_.size(); ++i) {
      const std::vector<at::Tensor> to = models_[i]->buffers();
      for (std::size_t b = 0; b < from.size(); ++b) {
        to[b].copy_(from[b]);
        if (moves[b]) moving_.emplace_back(from[b], to[b]);
      }
    }
    shared_ = true;
    return;
  }
  for (const auto& [from, to] : moving_) to.copy_(from);
}

/// A failure outweighs the cancelling of the others that it causes.
void Replicas::run(const ThreadTeam::Work& work) {
  const auto& faults = team_->run([&](std::size_t member) {
    try {
      work(member);
    } catch (...) {
      stop_.request_stop();
      throw;
    }
  });
  std::exception_ptr first;
  for (const std::exception_ptr& fault : faults) {
    if (fault == nullptr) continue;
    try {
      std::rethrow_exception(fault);
    } catch (const StepCancelled&) {
      if (first == nullptr) first = fault;
    } catch (...) {
      std::rethrow_exception(fault);
    }
  }
  if (first != nullptr) std::rethrow_exception(first);
}

template <class PartOf>
std::vector<Part> Replicas::on_each(const std::vector<at::Tensor>& fields, const BatchRows& rows_all,
                                    const BatchDivision& division, bool all_take_part, const PartOf& part_of) {
  share_buffers();
  if (features_) features_->settle();
  std::vector<Part> parts(models_.size());
  if (fields.empty() && !all_take_part) return {};
  const std::int64_t all = fields.empty() ? 0 : fields.front().size(0);
  std::vector<Rows> by_member(models_.size());
  for (std::size_t i = 0; all > 0 && i < by_member.size(); ++i)
    by_member[i] = division.rows_of_replica(all, i, by_member.size());
  if (all_take_part) statistics_->begin();
  run([&](std::size_t member) {
    const Rows rows = by_member[member];
    if (rows.count == 0 && all_take_part)
      (void)part_of(member, row_of_zeros(member), {.training = rows_all.training}, 0);
    if (rows.count == 0) return;
    const std::vector<at::Tensor> own = own_rows(fields, division, rows, member);
    BatchRows which{.training = rows_all.training};
    if (!rows_all.records.empty())
      which.records =
          rows_all.records.subspan(static_cast<std::size_t>(rows.first), static_cast<std::size_t>(rows.count));
    parts[member] = {part_of(member, own, which, rows.count), static_cast<std::uint64_t>(rows.count)};
  });
  std::erase_if(parts, [](const Part& part) { return part.rows == 0; });
  if (mirrors_) bring_together(parts, !rows_all.training);
  return parts;
}

void Replicas::count(std::span<MetricSet> metrics, std::size_t member, const Model::Outcome& outcome) const {
  if (member >= metrics.size()) return;
  try {
    metrics[member].add(outcome.compared);
  } catch (const std::exception& fault) {
    throw StepFailed(library_error(fault, plan_.loss.node));
  }
}

std::vector<Part> Replicas::train(const std::vector<at::Tensor>& fields, TrainerMeter& meter,
                                  std::span<MetricSet> metrics, const BatchRows& rows) {
  std::vector<Part> parts = accumulate(fields, meter, metrics, rows);
  step(meter);
  return parts;
}

std::vector<Part> Replicas::accumulate(const std::vector<at::Tensor>& fields, TrainerMeter& meter,
                                       std::span<MetricSet> metrics, const BatchRows& rows,
                                       const BatchDivision& division, bool last) {
  const std::stop_token stop = stop_.get_token();
  measure_layers();
  const auto enter = [&meter](std::size_t member, Phase phase) {
    if (member == 0) meter.enter(phase);
  };
  share_with_ranks();
  std::int64_t all = fields.empty() ? 0 : fields.front().size(0);
  if (pending_ == 0) rows_ = 0;
  const std::int64_t before = std::exchange(pending_, 0);  // what fails leaves nothing to step with
  const double loss_scale = scaler_ ? scaler_->scale() : 1;
  double share = 0;
  // How many rows others have is asked for as late as may be: before the first backward pass. Where that is begun by
  // several threads, it is asked for before any of them.
  const auto agree = [&] {
    if (exchange_) all = agreed_rows(meter);
    if (all == 0) return;
    if (before == 0) first_rows_ = all;
    share = loss_scale * static_cast<double>(all) / static_cast<double>(first_rows_);
    if (exchange_ && last) exchange_->begin();
  };
  // In one order on all ranks: no bucket leaves before replica 0 has gone through its backward pass.
  bool shares = false;
  const auto share_moved = [&] {
    if (exchange_ && all > 0 && !std::exchange(shares, true)) begin_to_share_buffers();
  };
  const bool between = exchange_ != nullptr && models_.size() == 1 && !fields.empty();
  if (!between) agree();
  if (mirrors_ && last) mirrors_->begin();
  const auto learn = [&](std::size_t member, std::span<const at::Tensor> own, const BatchRows& which,
                         std::int64_t count_of_rows) {
    Model& model = *models_[member];
    enter(member, Phase::Forward);
    const bool counts = count_of_rows > 0;
    const ReplicaExchangeInUse exchange(statistics_ ? &statistics_->of(member, counts) : nullptr);
    const auto drawn = counts ? decltype(model.random_states()){} : model.random_states();
    Model::Outcome outcome = model.forward(own, stop, which);
    if (counts) count(metrics, member, outcome);
    if (!counts) model.set_random_states(drawn);  // it was gone through for the others' sake
    if (between) agree();
    if (member == 0) share_moved();
    enter(member, Phase::Backward);
    model.backward(outcome.loss, static_cast<double>(count_of_rows) / static_cast<double>(all) * share);
    outcome.loss = outcome.loss.detach();
    return outcome;
  };
  const bool all_take_part = statistics_ != nullptr && all > 0;
  std::vector<Part> parts =
      stages_ ? staged(fields, share, &meter, metrics) : on_each(fields, rows, division, all_take_part, learn);
  share_moved();
  count_recomputing(meter);
  if (stop.stop_requested()) throw StepCancelled();
  pending_ = all == 0 ? before : before + 1;
  rows_ += all;
  return parts;
}

/// Replicas compute side by side: what a step takes longer is what one of them does.
void Replicas::count_recomputing(TrainerMeter& meter) {
  Nanos all = 0;
  for (const auto& model : models_) all += model->recomputing();
  const Nanos more = all - std::exchange(recomputing_, all);
  if (more > 0) meter.add_costs(more / static_cast<Nanos>(models_.size()), 0);
}

std::vector<Part> Replicas::staged(const std::vector<at::Tensor>& fields, std::optional<double> weight,
                                   TrainerMeter* meter, std::span<MetricSet> metrics) {
  if (fields.empty()) return {};
  const std::stop_token stop = stop_.get_token();
  stages_->begin(fields, weight);
  run([&](std::size_t member) { stages_->work(member, stop, member == 0 ? meter : nullptr); });
  std::vector<Part> parts;
  for (StagePipeline::Micro& micro : stages_->finish()) {
    count(metrics, 0, micro.outcome);
    parts.push_back({std::move(micro.outcome), static_cast<std::uint64_t>(micro.rows)});
  }
  return parts;
}

template <class Work>
void Replicas::guarded(const Work& work) const {
  try {
    work();
  } catch (const std::exception& fault) {
    throw StepFailed(library_error(fault, plan_.optimizer_node));
  }
}

void Replicas::step(TrainerMeter& meter) {
  if (pending_ == 0) return;
  sum_over_ranks(meter);
  if (mirrors_) sum_over_devices(meter);
  meter.enter(Phase::Optimizer);
  const double unscale = scaler_ ? scaler_->unscale() : 1;
  const double scale = unscale * static_cast<double>(first_rows_) / static_cast<double>(rows_);
  pending_ = 0;
  if (keeps_gradient_) copy_gradient(scale);
  guarded([&] { optimizer_->begin(scale); });
  if (!optimizer_->measures()) {
    run([&](std::size_t member) {
      guarded([&] { on_shards(member, [this](std::size_t shard) { optimizer_->apply(shard); }); });
    });
  } else if (!update_measured()) {
    check_loss_scale();
    return;
  }
  gather_weights(meter);
  guarded([&] {
    optimizer_->finish();
    if (mirrors_) mirrors_->spread();
  });
}

template <class Work>
void Replicas::on_shards(std::size_t member, const Work& work) {
  const std::size_t each = ranks_count();
  for (std::size_t i = 0; i < each; ++i) work(shards_ ? i * members_ + member : member * each + i);
}

/// One call of the team for both passes: waking its threads twice costs as much as the first pass does.
bool Replicas::update_measured() {
  bool steps = true;
  std::exception_ptr fault;  // of what is done between the passes; written by one member alone
  std::atomic<bool> failed = false;
  const auto between = [&]() noexcept {
    try {
      if (failed) return;
      optimizer_->limit();
      if (!scaler_) return;
      steps = optimizer_->all_finite();
      scaler_->update(steps);
      if (!steps) optimizer_->skip();
    } catch (...) {
      fault = std::current_exception();
      failed = true;
    }
  };
  ShortBarrier measured(members_);
  run([&](std::size_t member) {
    std::exception_ptr own;
    try {
      on_shards(member, [this](std::size_t shard) { optimizer_->measure(shard); });
    } catch (...) {
      own = std::current_exception();
      failed = true;
    }
    measured.meet(between);
    guarded([&] {
      if (own != nullptr) std::rethrow_exception(own);
      if (member == 0 && fault != nullptr) std::rethrow_exception(fault);
      if (steps && !failed) on_shards(member, [this](std::size_t shard) { optimizer_->apply(shard); });
    });
  });
  return steps;
}

void Replicas::check_loss_scale() const {
  if (scaler_->scale() > kLeastLossScale) return;
  throw StepFailed({.code = ErrorCode::Failed,
                    .reason = "the gradients are not finite, however small the loss is scaled",
                    .remedy = "Lower the learning rate, or set precision to bfloat16 or float32",
                    .node = plan_.optimizer_node});
}

double Replicas::loss_scale() const { return scaler_ ? scaler_->scale() : std::numeric_limits<double>::quiet_NaN(); }

std::vector<Part> Replicas::evaluate(const std::vector<at::Tensor>& fields, std::span<MetricSet> metrics,
                                     const BatchRows& rows, const BatchDivision& division) {
  const std::stop_token stop = stop_.get_token();
  if (stages_) {
    models_.front()->train(false);
    std::vector<Part> parts = staged(fields, std::nullopt, nullptr, metrics);
    models_.front()->train(true);
    return parts;
  }
  return on_each(fields, rows, division, false,
                 [&](std::size_t member, std::span<const at::Tensor> own, const BatchRows& which, std::int64_t) {
                   const torch::NoGradGuard no_gradients;
                   models_[member]->train(false);
                   Model::Outcome outcome = models_[member]->forward(own, stop, which);
                   models_[member]->train(true);
                   count(metrics, member, outcome);
                   return outcome;
                 });
}

}  // namespace feedline::inline training
