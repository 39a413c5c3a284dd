// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/target_text.h"

#include "base/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace feedline::inline recording {
namespace {

/// What two single runs differ in by chance is not worth a word.
constexpr double kTellingRatio = 1.1;
constexpr double kNoGain = 1.05;

std::string counted(double value) {
  return std::isfinite(value) ? numbers::count(static_cast<std::uint64_t>(std::llround(std::max(value, 0.0)))) : "-";
}

std::string best_text(const RunRecord& run, const MetricValue& kind) {
  const auto best = best_epoch(run, kind);
  return best ? "came to " + metric_text(best->value, kind.unit) : "did not measure it";
}

/// Is a faster step a gain?
std::string gain_sentence(const Reached& before, const Reached& after) {
  if (!(before.wall_s > 0 && after.wall_s > 0 && before.samples > 0 && after.samples > 0)) return {};
  const double needs = after.samples / before.samples;
  const double gain = before.wall_s / after.wall_s;
  const double speed = gain * needs;  // samples a second
  if (speed >= kTellingRatio && gain <= kNoGain)
    return fmt::format(" It takes {:.2f} times as many samples a second, but needs {:.2f} times as many: no gain.",
                       speed, needs);
  if (speed <= 1 / kTellingRatio && gain >= kNoGain)
    return fmt::format(" It takes only {:.2f} times as many samples a second, but needs only {:.2f} times as many.",
                       speed, needs);
  return {};
}

}  // namespace

std::string target_title(const MetricValue& kind, double value) {
  return metric_title(kind) + ' ' + metric_text(value, kind.unit);
}

std::string reached_text(const std::optional<Reached>& reached, Along along) {
  if (!reached) return "-";
  const double value = count_of(*reached, along);
  return along == Along::Time ? numbers::duration(value) : counted(value);
}

std::string_view along_title(Along along) { return along == Along::Samples ? "training samples" : name(along); }

Result<ReachedTable> reached_table(const std::vector<RunRecord>& runs, const std::optional<MetricTarget>& target) {
  ReachedTable table{.kind = telling_metric(runs)};
  std::vector<double> levels;
  if (target) {
    auto kind = kind_of_target(runs, target->key);
    if (!kind) return fail(std::move(kind.error()));
    table.kind = std::move(*kind);
    levels = {target->value};
  } else {
    levels = target_levels(runs, table.kind);
  }
  for (const double level : levels) {
    ReachedRow row{.level = level};
    for (const RunRecord& run : runs) row.runs.push_back(first_reached(run, {metric_key(table.kind), level}));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::optional<MetricTarget> judged_target(const std::vector<RunRecord>& runs,
                                          const std::optional<MetricTarget>& target) {
  return target ? target : common_target(runs, telling_metric(runs));
}

std::string target_sentence(const RunRecord& before, const RunRecord& after, const MetricTarget& target) {
  const auto kind = kind_of_target({before, after}, target.key);
  if (!kind) return {};
  const std::string title = target_title(*kind, target.value);
  const auto a = first_reached(before, target);
  const auto b = first_reached(after, target);
  if (!a && !b)
    return fmt::format("Neither run reached {}: run {} {}, run {} {}.", title, before.id, best_text(before, *kind),
                       after.id, best_text(after, *kind));
  if (!a || !b) {
    const RunRecord& there = a ? before : after;
    const RunRecord& other = a ? after : before;
    return fmt::format("Run {} reached {} in {}, after {} samples; run {} did not: it {}.", there.id, title,
                       numbers::duration((a ? a : b)->wall_s), counted((a ? a : b)->samples), other.id,
                       best_text(other, *kind));
  }
  std::string text = fmt::format("Run {} reached {} in {} instead of {}", after.id, title, numbers::duration(b->wall_s),
                                 numbers::duration(a->wall_s));
  if (a->wall_s > 0 && b->wall_s > 0) text += fmt::format(" ({:.2f} times as fast)", a->wall_s / b->wall_s);
  text += a->samples == b->samples
              ? fmt::format(", after as many samples ({})", counted(b->samples))
              : fmt::format(", after {} instead of {} samples", counted(b->samples), counted(a->samples));
  if (a->steps != b->steps && std::isfinite(a->steps) && std::isfinite(b->steps))
    text += fmt::format(" and {} instead of {} steps", counted(b->steps), counted(a->steps));
  return text + '.' + gain_sentence(*a, *b);
}

}  // namespace feedline::inline recording
