// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/ranks/join_ranks.h"

#include "graph/json.h"
#include "graph/subgraph.h"
#include "training/apply_options.h"
#include "training/ranks/process_group.h"

#include <fmt/format.h>

#include <utility>

namespace feedline::inline training {
namespace {

/// Where it runs differs between ranks, and what it comes to does not hang on it.
std::string agreed_text(Document document, const RunOptions& options) {
  RunOptions same = options;
  same.workers.reset();
  same.device.reset();
  (void)apply_options(document, same);  // what is wrong with it is told later
  const TrainingPosition from = options.resume.state ? options.resume.state->position : TrainingPosition{};
  return fmt::format("{}\nsteps {} seconds {} records {} validate {} from {} {} {}", to_json(document),
                     options.max_steps.value_or(0), options.max_seconds.value_or(0), options.max_records.value_or(0),
                     options.validate, from.epoch, from.batch, from.step);
}

}  // namespace

Result<std::shared_ptr<RankAgreement>> join_ranks(const Document& document, const RunOptions& options,
                                                  std::stop_token stop) {
  if (!options.train || options.replay_batches || options.rate_test)
    return fail(Error{.reason = "what measures a run does so in one process",
                      .remedy = "Start it by itself, without RANK and WORLD_SIZE in the environment"});
  std::shared_ptr<ProcessGroup> group = options.group;
  if (!group) {
    auto joined = ProcessGroup::join(options.world, agreed_text(document, options), std::move(stop));
    if (!joined) return fail(std::move(joined.error()));
    group = std::move(*joined);
  }
  return std::make_shared<RankAgreement>(std::move(group));
}

}  // namespace feedline::inline training
