// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/rank_probe.h"

#include "diagnosis/fix.h"
#include "diagnosis/scaling.h"
#include "plan/step_work.h"
#include "training/probe_exchange.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace feedline::inline tuning {
namespace {

/// Of the run's rows: few enough to tell, and not so few that steps are all overhead.
constexpr std::int64_t kFewer = 4;
constexpr double kProbeWarmUp = 1;
constexpr std::uint64_t kStepsOfProbe = 10;

/// The run's graph with smaller batches, and the threads that the run has.
std::optional<Document> with_fewer_rows(const Examination& examined) {
  const RunFacts& facts = examined.facts;
  const Execution& execution = facts.execution;
  if (!facts.network || execution.stages > 1 || facts.batch_node.empty()) return std::nullopt;
  const std::int64_t rows = facts.batch / std::max(execution.ranks, 1);
  const std::int64_t fewer = std::max(rows / kFewer, kRowsPerReplica * std::max(execution.replicas, 1));
  if (2 * fewer > rows) return std::nullopt;
  const FixContext context{.document = examined.document, .facts = facts, .diagnosis = examined.diagnosis};
  Document document = examined.document;
  if (!document.apply(context.set(facts.batch_node, "size", fewer))) return std::nullopt;
  if (!execution.on_cpu()) return document;
  const auto set = [&](const char* param, std::int64_t value) {
    return document.apply(context.set(facts.trainer_node, param, value)).has_value();
  };
  if (!set("replicas", execution.replicas) || !set("intra_op_threads", execution.intra_op_threads)) return std::nullopt;
  return document;
}

Status probe_kernels(const Document& document, const MeasureOptions& options, double seconds, RankCalibration& found) {
  LiveRun run(document, options);
  if (Status warm = run.warm_up(kProbeWarmUp); !warm) return warm;
  auto slice = run.measure(seconds);
  if (!slice) return fail(std::move(slice.error()));
  const Profile profile = measure(run.facts(), slice->from, slice->to);
  if (profile.steps < kStepsOfProbe) return {};
  found.rows = profile.batch;
  found.kernels = StepParts::of(profile).kernels;
  return {};
}

}  // namespace

double rank_probe_seconds(double seconds) { return seconds + kProbeWarmUp + 1; }

Result<RankCalibration> probe_ranks(const Examination& examined, const MeasureOptions& options, double seconds) {
  RankCalibration found;
  options.tell("measuring smaller batches", rank_probe_seconds(seconds));
  if (const auto document = with_fewer_rows(examined)) {
    if (Status probed = probe_kernels(*document, options, seconds, found);
        !probed && probed.error().code == ErrorCode::Cancelled)
      return fail(std::move(probed.error()));
  }
  options.tell("measuring sums over two processes", 1);
  auto exchange = probe_exchange(sizeof(float) * examined.facts.parameters, options.stop);
  if (exchange) found.exchange = *exchange;
  if (!exchange && exchange.error().code == ErrorCode::Cancelled) return fail(std::move(exchange.error()));
  return found;
}

}  // namespace feedline::inline tuning
