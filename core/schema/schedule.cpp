// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace feedline::inline schema {
namespace {

/// Steps, of a number that is a share of all of them where it is below 1.
double steps_of(double given, double all) { return std::floor(given < 1 ? given * all + 1e-9 : given); }

bool is_one_of(const std::string& name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// From one to the other along half a cosine; `done` from 0 to 1.
double along_cosine(double from, double to, double done) {
  return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * done));
}

double one_cycle(const ScheduleSettings& settings, double step, double total) {
  const double peak = settings.learning_rate;
  const double rises_until = settings.peak_at * total - 1;
  if (step <= rises_until)
    return along_cosine(settings.start_factor * peak, peak, rises_until > 0 ? step / rises_until : 1);
  const double falls_for = std::max(total - 1 - rises_until, 1.0);
  return along_cosine(peak, settings.final_factor * peak, std::min((step - rises_until) / falls_for, 1.0));
}

/// Behind the warm-up: `step` of `total`.
double rate_behind(const ScheduleSettings& settings, double step, double total, std::uint32_t drops) {
  const double rate = settings.learning_rate;
  const double end = settings.final_factor * rate;
  const double done = total > 0 ? std::min(step / total, 1.0) : 0;
  if (settings.schedule == "step") {
    const double every = std::max(steps_of(settings.drop_every, total), 1.0);
    return rate * std::pow(settings.drop_factor, std::floor(step / every));
  }
  if (settings.schedule == "cosine") return along_cosine(rate, end, done);
  if (settings.schedule == "one_cycle") return one_cycle(settings, step, total);
  if (settings.schedule == "polynomial") return end + (rate - end) * std::pow(1 - done, settings.power);
  if (settings.schedule == "exponential") return rate * std::pow(settings.final_factor, done);
  if (settings.schedule == "plateau" && drops > 0) return std::max(rate * std::pow(settings.drop_factor, drops), end);
  return rate;
}

}  // namespace

bool needs_total(const ScheduleSettings& settings) {
  if (settings.warmup > 0 && settings.warmup < 1) return true;
  if (settings.schedule == "step") return settings.drop_every < 1;
  return is_one_of(settings.schedule, {"cosine", "one_cycle", "polynomial", "exponential"});
}

std::uint64_t warmup_steps(const ScheduleSettings& settings, std::uint64_t total) {
  return static_cast<std::uint64_t>(steps_of(settings.warmup, static_cast<double>(total)));
}

double rate_at(const ScheduleSettings& settings, std::uint64_t step, std::uint64_t total, std::uint32_t drops) {
  const std::uint64_t warmup = warmup_steps(settings, total);
  if (step >= warmup)
    return rate_behind(settings, static_cast<double>(step - warmup),
                       static_cast<double>(total > warmup ? total - warmup : 0), drops);
  // A schedule that does not begin at the learning rate is met where it begins.
  const double begins = rate_behind(settings, 0, static_cast<double>(total > warmup ? total - warmup : 0), drops);
  return begins * static_cast<double>(step + 1) / static_cast<double>(warmup);
}

std::vector<RatePoint> rate_curve(const ScheduleSettings& settings, std::uint64_t total, std::size_t points) {
  std::vector<RatePoint> curve;
  if (total == 0) return curve;
  const std::uint64_t wanted = std::min<std::uint64_t>(std::max<std::size_t>(points, 2), total);
  for (std::uint64_t i = 0; i < wanted; ++i) {
    const std::uint64_t step =
        wanted == 1 ? 0
                    : static_cast<std::uint64_t>(std::llround(static_cast<double>(i) * static_cast<double>(total - 1) /
                                                              static_cast<double>(wanted - 1)));
    curve.push_back({static_cast<double>(step), rate_at(settings, step, total)});
  }
  return curve;
}

bool is_improvement(double value, double best, double least_change, bool higher_is_better) {
  if (!std::isfinite(value)) return false;
  if (!std::isfinite(best)) return true;
  const double margin = least_change * std::abs(best);
  return higher_is_better ? value > best + margin : value < best - margin;
}

bool PlateauState::observe(const ScheduleSettings& settings, double value, bool higher_is_better) {
  if (is_improvement(value, best, settings.plateau_least_change, higher_is_better)) {
    best = value;
    waited = 0;
    return false;
  }
  if (++waited <= settings.plateau_patience) return false;
  waited = 0;
  ++drops;
  return true;
}

}  // namespace feedline::inline schema
