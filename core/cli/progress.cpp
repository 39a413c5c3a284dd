// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/progress.h"

#include "cli/format.h"
#include "cli/terminal.h"
#include "telemetry/rank_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace feedline::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLivePeriod{200};
constexpr milliseconds kPlainPeriod{5000};
/// Preparations that are over sooner are not worth a plain line.
constexpr milliseconds kPatience{1000};
/// Rates are means over so long.
constexpr Nanos kWindow = 3'000'000'000;

/// "training on cpu, 2 replicas of 1 thread, float32, channels last", "fitting majority_class on cpu, 2 threads".
std::string learner_text(const Started& fact) {
  const Execution& execution = fact.execution;
  const auto number = [](int n) { return static_cast<std::uint64_t>(n); };
  const std::string threads = plural(number(execution.intra_op_threads), "thread");
  if (!fact.estimator.empty()) return fmt::format("fitting {} on {}, {}", fact.estimator, execution.device, threads);
  const std::string parts =
      execution.stages > 1 ? plural(number(execution.stages), "stage") : plural(number(execution.replicas), "replica");
  return fmt::format("training on {}, {} of {}, {}{}", execution.device, parts, threads, execution.precision,
                     execution.channels_last ? ", channels last" : "");
}

/// "  4 ranks, exchange 12 %": and for whom they wait.
std::string rank_words(const Snapshot& earlier, const Snapshot& now) {
  const std::vector<RankTimes> ranks = rank_times(earlier, now);
  const double total = ranks.front().step.total();
  std::string text = "  " + plural(ranks.size(), "rank");
  if (total > 0) text += ", exchange " + percent(std::min(exchange_wait(ranks) / total, 1.0));
  if (const auto slow = find_straggler(ranks))
    text += fmt::format(", waiting {} for rank {} ({})", percent(slow->share), slow->rank,
                        slow->stage.empty() ? std::string(name(slow->part)) : "stage " + slow->stage);
  return text;
}

}  // namespace

Progress::Progress(const RunOptions& options)
    : terminal_(is_terminal(stderr)),
      train_(options.train),
      max_seconds_(options.max_seconds),
      steps_before_(options.resume.state ? options.resume.state->position.step : 0),
      last_(steady_clock::now() - (terminal_ ? kLivePeriod : kPlainPeriod - kPatience)) {}

Nanos Progress::window() const { return terminal_ ? kWindow : from_seconds(5); }

milliseconds Progress::period() const { return kLivePeriod; }

bool Progress::due() {
  const auto now = steady_clock::now();
  if (now - last_ < (terminal_ ? kLivePeriod : kPlainPeriod)) return false;
  last_ = now;
  return true;
}

void Progress::live(std::string_view text, std::vector<LiveLine> table) {
  if (!terminal_) {
    put_line(stderr, text);
    return;
  }
  std::string out = erase();
  const std::string last = fit(text, width_of(stderr) - 1);
  for (const LiveLine& line : table) out += line.text + '\n';
  shown_ = std::move(table);
  shown_.push_back({.text = {}, .columns = columns(last)});
  put(stderr, out + last);
}

/// A terminal that has become narrower shows what was a line as several.
std::string Progress::erase() {
  if (shown_.empty()) return {};
  const std::size_t width = width_of(stderr);
  std::size_t up = shown_.size() - 1;
  for (const LiveLine& line : shown_) up += line.columns > width ? (line.columns - 1) / width : 0;
  shown_.clear();
  return up > 0 ? fmt::format("\r\x1b[{}A\x1b[J", up) : "\r\x1b[J";
}

void Progress::clear() { put(stderr, erase()); }

void Progress::line(std::string_view text) {
  clear();
  put_line(stderr, text);
}

void Progress::show(const Preparing& fact) {
  if (fact.step() != preparing_) {
    preparing_ = fact.step();
    preparing_since_ = Clock::system().now();
  }
  if (!due()) return;
  const char* const link = fact.step().size() < fact.what.size() ? ", " : ": ";
  std::string text = fact.fraction > 0 ? fact.what + link + percent(fact.fraction) : fact.what;
  const double lasted = seconds(Clock::system().now() - preparing_since_);
  if (lasted > 1 && fact.fraction > 0.01)
    text += "  ETA " + countdown(lasted * (1 - std::min(fact.fraction, 1.0)) / fact.fraction);
  live(text);
}

void Progress::show(const Started& fact) {
  std::string text = train_ ? learner_text(fact) + ": " : "draining batches: ";
  text += plural(fact.samples_per_epoch, "sample") + " an epoch";
  if (train_ && fact.estimator.empty()) text += ", " + plural(fact.parameters, "parameter");
  line(text + ", " + plural(fact.execution.workers, "data worker"));
  last_ = steady_clock::now();
}

void Progress::show(const RecordFailed& fact) { line("left out: " + fact.error.line()); }

void Progress::show(const Noticed& fact) { line((fact.warns ? "warning: " : "note: ") + fact.error.line()); }

void Progress::show(const EpochDone& fact) {
  const std::uint32_t epochs = history_.empty() ? 0 : history_.back().trainer.epochs;
  line(epoch_line(fact.result, epochs));
}

std::string epoch_line(const EpochResult& epoch, std::uint32_t epochs) {
  std::string text = fmt::format("epoch {}", epoch.epoch);
  if (epochs > 0) text += fmt::format("/{}", epochs);
  std::string split(kTrainSplit);
  for (const MetricValue& metric : epoch.metrics) {
    text += &metric == &epoch.metrics.front() ? "  " : metric.split == split ? " " : "  | ";
    if (metric.split != split) text += fmt::format("{} ", split_title(metric.split));
    split = metric.split;
    text += fmt::format("{} {}", metric.name, metric_text(metric));
  }
  return text + fmt::format("  | {} samples/s (training only), {}", rate(epoch.samples_per_s), duration(epoch.wall_s));
}

void Progress::tick(const Snapshot& now) {
  if (now.started == 0) return;
  history_.push_back(now);
  history_.back().loss_curve.clear();
  // At least one whole step: a slow one must not look like none and then many.
  while (history_.size() > 2 && history_[1].at <= now.at - window() && history_[1].trainer.steps < now.trainer.steps)
    history_.pop_front();
  if (!due()) return;
  live(describe(now), terminal_ ? tables(now) : std::vector<LiveLine>());
}

/// Ranks get half of the terminal at most.
std::vector<LiveLine> Progress::tables(const Snapshot& now) const {
  TerminalLook look = look_of_terminal();
  TerminalLook half = look;
  half.height /= 2;
  std::vector<LiveLine> ranks = rank_table(history_.front(), now, half);
  look.height -= std::min(look.height, ranks.size());
  std::vector<LiveLine> all = live_table(history_.front(), now, train_, look);
  std::move(ranks.begin(), ranks.end(), std::back_inserter(all));
  return all;
}

Progress::Recent Progress::recent(const Snapshot& now) {
  const Snapshot& then = history_.front();
  const double elapsed = seconds(now.at - then.at);
  if (elapsed <= 0) return {};
  const StepTimes times = now.trainer.times - then.trainer.times;
  const double total = seconds(times.total());
  return {.samples_per_s = training_rate(then.trainer, now.trainer),
          .steps_per_s = static_cast<double>(now.trainer.steps - then.trainer.steps) / elapsed,
          .wait_share = total > 0 ? seconds(times[Phase::Wait]) / total : 0};
}

std::optional<double> Progress::seconds_left(const Snapshot& now, const Recent& recent) const {
  std::optional<double> left;
  const TrainerSample& trainer = now.trainer;
  if (trainer.total_steps > trainer.steps && trainer.steps > steps_before_) {
    // The mean since the start counts validation in; in the first epoch there was none, so the recent rate is better.
    const double mean = static_cast<double>(trainer.steps - steps_before_) / std::max(now.elapsed(), 1e-3);
    const double pace = trainer.epoch > 1 || recent.steps_per_s <= 0 ? mean : recent.steps_per_s;
    left = static_cast<double>(trainer.total_steps - trainer.steps) / pace;
  }
  if (max_seconds_) {
    const double rest = std::max(0.0, *max_seconds_ - now.elapsed());
    left = left ? std::min(*left, rest) : rest;
  }
  return left;
}

std::string Progress::describe(const Snapshot& now) {
  const TrainerSample& trainer = now.trainer;
  const Recent pace = recent(now);
  std::string text = fmt::format("epoch {}", trainer.epoch);
  if (trainer.epochs > 0) text += fmt::format("/{}", trainer.epochs);
  text += fmt::format("  step {}", count(trainer.steps));
  if (trainer.total_steps > 0) text += fmt::format("/{}", count(trainer.total_steps));
  if (trainer.validating) {
    text += "  validating";
  } else if (trainer.fitting) {
    text += "  fitting " + percent(*trainer.fitting);
  } else {
    text += fmt::format("  {} samples/s (last {:.0f} s)", rate(pace.samples_per_s), seconds(window()));
    if (train_) text += fmt::format("  wait {}", percent(pace.wait_share));
    if (!now.ranks.empty()) text += rank_words(history_.front(), now);
  }
  if (const auto left = seconds_left(now, pace)) text += "  ETA " + countdown(*left);
  if (train_) {
    text += "  loss " + loss(trainer.loss);
    for (const MetricValue& metric : trainer.metrics)
      if (std::isfinite(metric.value)) text += fmt::format("  {} {}", metric.name, metric_text(metric));
    if (std::isfinite(trainer.loss_scale)) text += fmt::format("  loss scale {:g}", trainer.loss_scale);
  }
  return text;
}

}  // namespace feedline::cli
