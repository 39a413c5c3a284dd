// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/replicas.h"

#include "base/random.h"

#include <algorithm>
#include <system_error>

namespace feedline::inline training {
namespace {

/// Keys the random numbers of a replica's layers.
std::uint64_t replica_seed(std::uint64_t seed, std::size_t replica) {
  return seed + 0x9E3779B97F4A7C15U * static_cast<std::uint64_t>(replica + 1);
}

}  // namespace

Rows rows_of(std::int64_t rows, std::size_t replica, std::size_t replicas) {
  const auto all = static_cast<std::int64_t>(replicas);
  const auto begin = [&](std::int64_t i) { return (rows * i + all - 1) / all; };
  const auto at = static_cast<std::int64_t>(replica);
  return {begin(at), begin(at + 1) - begin(at)};
}

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
  const auto members = std::max<std::size_t>(options_.count, 1);
  parameters_ = std::make_unique<FlatParameters>(model->parameters(), members);
  models_.push_back(std::move(model));
  for (std::size_t i = 1; i < members; ++i) {
    auto copy = Model::build(plan_, models_.front()->device(), options_.seed, models_.front()->format());
    if (!copy) return fail(std::move(copy.error()));
    parameters_->share((*copy)->parameters(), i);
    models_.push_back(std::move(*copy));
  }
  for (std::size_t i = 0; i < members; ++i) models_[i]->seed(replica_seed(options_.seed, i));
  for (at::Tensor& shard : parameters_->shards(members))
    optimizers_.push_back(plan_.optimizer->optimizer(plan_.optimizer_params, {shard}));
  team_ = std::make_unique<ThreadTeam>(
      members, [threads = options_.intra_op_threads](std::size_t) { at::set_num_threads(threads); });
  link_ = std::make_unique<std::stop_callback<std::function<void()>>>(options_.stop, [this] { stop_.request_stop(); });
  return {};
}

void Replicas::share_buffers() {
  const torch::NoGradGuard no_gradients;
  const std::vector<at::Tensor> from = models_.front()->buffers();
  for (std::size_t i = 1; i < models_.size(); ++i) {
    const std::vector<at::Tensor> to = models_[i]->buffers();
    for (std::size_t b = 0; b < from.size(); ++b) to[b].copy_(from[b]);
  }
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
std::vector<Part> Replicas::on_each(const std::vector<at::Tensor>& fields, const PartOf& part_of) {
  share_buffers();
  std::vector<Part> parts(models_.size());
  const std::int64_t all = fields.front().size(0);
  run([&](std::size_t member) {
    const Rows rows = rows_of(all, member, models_.size());
    if (rows.count == 0) return;
    std::vector<at::Tensor> own;
    own.reserve(fields.size());
    for (const at::Tensor& field : fields) own.push_back(field.narrow(0, rows.first, rows.count));
    parts[member] = {part_of(member, own, static_cast<double>(rows.count) / static_cast<double>(all)),
                     static_cast<std::uint64_t>(rows.count)};
  });
  std::erase_if(parts, [](const Part& part) { return part.rows == 0; });
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
                                  std::span<MetricSet> metrics) {
  const std::stop_token stop = stop_.get_token();
  const auto enter = [&meter](std::size_t member, Phase phase) {
    if (member == 0) meter.enter(phase);
  };
  std::vector<Part> parts = on_each(fields, [&](std::size_t member, std::span<const at::Tensor> own, double weight) {
    Model& model = *models_[member];
    enter(member, Phase::Forward);
    Model::Outcome outcome = model.forward(own, stop);
    count(metrics, member, outcome);
    enter(member, Phase::Backward);
    model.backward(outcome.loss, weight);
    outcome.loss = outcome.loss.detach();
    return outcome;
  });
  if (stop.stop_requested()) throw StepCancelled();
  meter.enter(Phase::Optimizer);
  run([&](std::size_t member) {
    try {
      parameters_->sum_gradients(member, models_.size());
      optimizers_[member]->step();
      parameters_->zero_gradients(member, models_.size());
    } catch (const std::exception& fault) {
      throw StepFailed(library_error(fault, plan_.optimizer_node));
    }
  });
  return parts;
}

double Replicas::learning_rate() const { return optimizers_.front()->param_groups().front().options().get_lr(); }

std::vector<Part> Replicas::evaluate(const std::vector<at::Tensor>& fields, std::span<MetricSet> metrics) {
  const std::stop_token stop = stop_.get_token();
  return on_each(fields, [&](std::size_t member, std::span<const at::Tensor> own, double) {
    const torch::NoGradGuard no_gradients;
    models_[member]->train(false);
    Model::Outcome outcome = models_[member]->forward(own, stop);
    models_[member]->train(true);
    count(metrics, member, outcome);
    return outcome;
  });
}

}  // namespace feedline::inline training
