// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/study_plan.h"

#include "base/numbers.h"
#include "tuning/ratio.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace feedline::inline tuning {
namespace {

constexpr std::uint32_t kHalving = 2;

std::size_t halvings(std::uint64_t count) {
  std::size_t times = 0;
  for (; count >= kHalving; count /= kHalving) ++times;
  return times;
}

}  // namespace

std::vector<Rung> plan_rungs(std::size_t settings, std::uint32_t epochs) {
  if (settings == 0 || epochs == 0) return {};
  const std::size_t count = 1 + std::min(halvings(settings), halvings(epochs));
  std::vector<Rung> rungs(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t shorter = std::uint64_t{1} << (count - 1 - i);
    const std::uint64_t fewer = std::uint64_t{1} << i;
    rungs[i] = {.epochs = static_cast<std::uint32_t>((epochs + shorter - 1) / shorter),
                .settings = static_cast<std::size_t>((settings + fewer - 1) / fewer)};
  }
  return rungs;
}

double epochs_of(std::span<const Rung> rungs, std::size_t seeds) {
  double all = 0;
  std::uint32_t before = 0;
  for (const Rung& rung : rungs) {
    all += static_cast<double>(rung.settings * seeds) * (rung.epochs - before);
    before = rung.epochs;
  }
  return all;
}

std::vector<Rung> plan_within(std::size_t settings, std::size_t seeds, std::uint32_t epochs, double seconds_per_epoch,
                              double budget_s) {
  const auto fits = [&](std::uint32_t most) {
    return epochs_of(plan_rungs(settings, most), seeds) * seconds_per_epoch <= budget_s;
  };
  // Each in turn: four epochs, which can be halved twice, may cost less than three.
  while (epochs > 1 && !fits(epochs)) --epochs;
  return plan_rungs(settings, epochs);
}

Error budget_too_small(double budget_s, double seconds_per_epoch, std::size_t settings, std::size_t seeds) {
  const double least = std::ceil(epochs_of(plan_rungs(settings, 1), seeds) * seconds_per_epoch);
  return {.reason = fmt::format("a budget of {} is too small: one epoch takes about {}", numbers::duration(budget_s),
                                numbers::duration(seconds_per_epoch)),
          .remedy = fmt::format("One epoch of {} with {} takes about {}: give at least --budget {:.0f}s",
                                numbers::plural(settings, "setting"), numbers::plural(seeds, "seed"),
                                numbers::duration(least), least),
          .parameter = "--budget"};
}

MeanInterval mean_interval(std::span<const double> values) {
  MeanInterval interval;
  double sum = 0;
  for (const double value : values)
    if (std::isfinite(value)) {
      sum += value;
      ++interval.n;
    }
  if (interval.n == 0) return interval;
  interval.mean = sum / static_cast<double>(interval.n);
  if (interval.n < 2) return interval;
  double squares = 0;
  for (const double value : values)
    if (std::isfinite(value)) squares += (value - interval.mean) * (value - interval.mean);
  const auto n = static_cast<double>(interval.n);
  interval.half = student_t95(interval.n - 1) * std::sqrt(squares / (n - 1) / n);
  return interval;
}

std::vector<std::size_t> ranking(std::span<const Standing> standings, bool higher_is_better) {
  std::vector<std::size_t> places(standings.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::stable_sort(places.begin(), places.end(), [&](std::size_t left, std::size_t right) {
    const Standing& a = standings[left];
    const Standing& b = standings[right];
    if (a.failed != b.failed) return b.failed;
    if (a.epochs != b.epochs) return a.epochs > b.epochs;
    if (std::isfinite(a.value) != std::isfinite(b.value)) return std::isfinite(a.value);
    if (!std::isfinite(a.value)) return false;
    return higher_is_better ? a.value > b.value : a.value < b.value;
  });
  return places;
}

std::vector<bool> pareto_front(std::span<const Tradeoff> points, bool higher_is_better) {
  const auto known = [](const Tradeoff& point) { return std::isfinite(point.seconds) && std::isfinite(point.value); };
  const double sign = higher_is_better ? 1 : -1;
  std::vector<bool> front;
  for (const Tradeoff& point : points)
    front.push_back(known(point) && std::none_of(points.begin(), points.end(), [&](const Tradeoff& other) {
                      const double better = sign * (other.value - point.value);
                      return known(other) && other.seconds <= point.seconds && better >= 0 &&
                             (other.seconds < point.seconds || better > 0);
                    }));
  return front;
}

}  // namespace feedline::inline tuning
