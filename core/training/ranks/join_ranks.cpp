// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/ranks/join_ranks.h"

#include "base/cores.h"
#include "base/numbers.h"
#include "base/sha256.h"
#include "graph/json.h"
#include "graph/subgraph.h"
#include "training/apply_options.h"
#include "training/ranks/process_group.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sched.h>
#include <span>
#include <utility>
#include <vector>

namespace feedline::inline training {
namespace {

std::string short_digest(const std::string& text) {
  return Sha256().add(std::as_bytes(std::span(text))).hex().substr(0, 12);
}

/// Where it runs differs between ranks, and what it comes to does not hang on it. Short: ranks that differ show it.
std::string agreed_text(Document document, const RunOptions& options) {
  RunOptions same = options;
  same.workers.reset();
  same.device.reset();
  (void)apply_options(document, same);  // what is wrong with it is told later
  const TrainingPosition from = options.resume.state ? options.resume.state->position : TrainingPosition{};
  return fmt::format("graph {}, steps {}, seconds {}, records {}, validation {}, from epoch {} batch {} step {}",
                     short_digest(to_json(document)), options.max_steps.value_or(0), options.max_seconds.value_or(0),
                     options.max_records.value_or(0), options.validate, from.epoch, from.batch, from.step);
}

/// What the data of a run come to: as many batches on every rank, or they would wait for each other for ever.
std::string data_text(const Plan& plan) {
  const auto records = [](const DataPlan& data) {
    return fmt::format("{} records in {} batches", numbers::count(data.sampler.count),
                       numbers::count(data.batches_per_epoch()));
  };
  std::string text = records(plan.train);
  if (plan.validation) text += ", and for validation " + records(*plan.validation);
  if (const auto& names = plan.class_names(); !names.empty())
    text += fmt::format(", {} classes ({})", names.size(), short_digest(fmt::format("{}", fmt::join(names, "\n"))));
  return text;
}

}  // namespace

Result<std::shared_ptr<RankAgreement>> join_ranks(const Document& document, const RunOptions& options,
                                                  std::stop_token stop) {
  const World& world = options.group ? options.group->world() : options.world;
  if (!options.train || options.replay_batches || options.rate_test)
    return fail(
        Error{.reason = fmt::format("{} is done by one process, and this is rank {} of {}",
                                    !options.train           ? "reading data without training"
                                    : options.replay_batches ? "training on the same few batches again and again"
                                                             : "the search for a learning rate",
                                    world.rank, world.size),
              .remedy = "Start it by itself: without RANK and WORLD_SIZE in the environment, or within srun without "
                        "SLURM_PROCID"});
  std::shared_ptr<ProcessGroup> group = options.group;
  if (!group) {
    auto joined = ProcessGroup::join(options.world, agreed_text(document, options), std::move(stop));
    if (!joined) return fail(std::move(joined.error()));
    group = std::move(*joined);
  }
  return std::make_shared<RankAgreement>(std::move(group));
}

Status check_for_ranks(const Plan& plan, const RankAgreement& ranks) {
  if (plan.estimator() != nullptr)
    return fail(Error{.reason = "an estimator learns in one process",
                      .remedy = "Start it by itself, without RANK and WORLD_SIZE in the environment",
                      .node = plan.trainer_node,
                      .port = "estimator"});
  if (!plan.trainer.stages.empty())
    return fail(Error{.reason = "a network that is cut into stages cannot be trained by several processes",
                      .remedy = "Clear stages, or start one process",
                      .node = plan.trainer_node,
                      .parameter = "stages"});
  if (plan.train.batch.size < ranks.world().size)
    return fail(Error{.reason = fmt::format("a batch of {} records cannot be divided among {} ranks",
                                            plan.train.batch.size, ranks.world().size),
                      .remedy = "Raise the batch size, or start fewer processes",
                      .node = plan.train.batch_node,
                      .parameter = "size"});
  return {};
}

Status check_same_data(const Plan& plan, const RankAgreement& ranks) {
  const std::vector<std::string> all = ranks.gather(data_text(plan));
  for (std::size_t rank = 1; rank < all.size(); ++rank)
    if (all[rank] != all.front())
      return fail(Error{.reason = fmt::format("rank {} on host {} has other data than rank 0: {} there, {} here", rank,
                                              ranks.host_of(rank), all[rank], all.front()),
                        .remedy = "Give all machines the same data",
                        .node = plan.train.source_node});
  return {};
}

double cores_for_rank(const RankAgreement& ranks) {
  cpu_set_t own;
  CPU_ZERO(&own);
  if (::sched_getaffinity(0, sizeof own, &own) != 0) return 0;
  std::vector<cpu_set_t> beside;  // of all ranks on this machine
  const std::vector<std::string> all = ranks.gather({reinterpret_cast<const char*>(&own), sizeof own});
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    if (ranks.host_of(rank) != ranks.host_of(ranks.rank()) || all[rank].size() != sizeof own) continue;
    std::memcpy(&beside.emplace_back(), all[rank].data(), sizeof own);
  }
  double cores = 0;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &own)) continue;
    const auto users = std::count_if(beside.begin(), beside.end(),
                                     [core](const cpu_set_t& set) { return CPU_ISSET(core, &set) != 0; });
    cores += 1 / static_cast<double>(std::max<std::ptrdiff_t>(users, 1));
  }
  const double quota = core_budget().quota;  // of the control group, in which the others are too
  if (quota > 0)
    cores = std::min(cores, std::ceil(quota) / static_cast<double>(std::max<std::size_t>(beside.size(), 1)));
  return cores;
}

}  // namespace feedline::inline training
