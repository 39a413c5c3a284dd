// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/study.h"

#include "base/clock.h"
#include "tuning/study_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <utility>

namespace feedline::inline tuning {
namespace {

/// A trainer without end is planned for as many epochs as a budget allows, but no more.
constexpr std::uint32_t kMostStudyEpochs = 10'000;
/// An estimate of an epoch's time from less than this part of one says nothing.
constexpr double kLeastPart = 1e-3;

/// The metric behind so many epochs; NaN where a run did not come so far.
double value_behind(const StudyTrial& trial, const MetricValue& metric, std::uint32_t epochs) {
  if (epochs == 0 || trial.epochs() < epochs) return std::nan("");
  return value_of(trial.record.epochs[epochs - 1].metrics, metric.name, metric.split);
}

double seconds_behind(const StudyTrial& trial, std::uint32_t epochs) {
  const std::vector<EpochEnd> ends = epoch_ends(trial.record);
  return epochs > 0 && epochs <= ends.size() ? ends[epochs - 1].wall_s : std::nan("");
}

SettingOutcome outcome_of(const Study& study, std::size_t setting) {
  SettingOutcome outcome{.setting = setting, .complete = true};
  std::vector<const StudyTrial*> trials;
  for (const StudyTrial& trial : study.trials)
    if (trial.setting == setting) trials.push_back(&trial);
  // Seeds that the budget left out say nothing; those that began are compared where all of them came.
  bool first = true;
  for (const StudyTrial* trial : trials) {
    outcome.failed = outcome.failed || trial->failure.has_value();
    outcome.complete = outcome.complete && trial->complete;
    if (trial->run != 0) outcome.runs.push_back(trial->run);
    if (trial->epochs() == 0) continue;
    outcome.epochs = first ? trial->epochs() : std::min(outcome.epochs, trial->epochs());
    first = false;
  }
  std::vector<double> values;
  std::vector<double> times;
  std::vector<double> to_target;
  std::vector<double> samples;
  for (const StudyTrial* trial : trials) {
    values.push_back(value_behind(*trial, study.metric, outcome.epochs));
    times.push_back(seconds_behind(*trial, outcome.epochs));
    if (!study.target) continue;
    const auto reached = first_reached(trial->record, *study.target);
    if (!reached) continue;
    ++outcome.reached;
    to_target.push_back(reached->wall_s);
    samples.push_back(reached->samples);
  }
  outcome.value = mean_interval(values);
  outcome.seconds = mean_interval(times);
  outcome.to_target = mean_interval(to_target);
  outcome.samples_to_target = mean_interval(samples);
  return outcome;
}

std::vector<std::size_t> ranked(const std::vector<SettingOutcome>& outcomes, bool higher_is_better) {
  std::vector<Standing> standings;
  for (const SettingOutcome& outcome : outcomes)
    standings.push_back({.epochs = outcome.complete ? kMostStudyEpochs : outcome.epochs,
                         .value = outcome.value.mean,
                         .failed = outcome.failed});
  return ranking(standings, higher_is_better);
}

std::string moment_text() {
  const auto now = static_cast<std::time_t>(wall_clock());
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%d-%H%M%S", &parts)};
}

/// One study while it runs.
class StudyRunner {
 public:
  StudyRunner(Study& study, const StudyOptions& options) : study_(study), options_(options) {}

  Status run() {
    if (Status planned = plan(); !planned) return planned;
    for (std::size_t rung = 0; rung < study_.rungs.size() && !over(); ++rung) {
      if (Status climbed = climb(rung); !climbed) return climbed;
      if (rung + 1 < study_.rungs.size() && !over()) halve(study_.rungs[rung + 1].settings);
    }
    study_.seconds = spent();
    if (options_.measure.stop.stop_requested()) study_.end = Study::End::Cancelled;
    return check();
  }

 private:
  [[nodiscard]] double spent() const { return feedline::seconds(Clock::system().now() - began_); }
  [[nodiscard]] double left() const {
    return options_.budget_s ? *options_.budget_s - spent() : std::numeric_limits<double>::infinity();
  }
  [[nodiscard]] bool over() const {
    return options_.measure.stop.stop_requested() || study_.end == Study::End::BudgetSpent;
  }

  /// How long the rungs are. A budget needs to know how long an epoch takes, which the first trial tells.
  Status plan() {
    std::uint32_t most = 0;
    bool endless = false;
    for (const StudySetting& setting : study_.settings) {
      const std::uint32_t epochs = epochs_of_run(setting.document, options_.measure.run);
      endless = endless || epochs == 0;
      most = std::max(most, epochs);
    }
    if (endless && !options_.budget_s)
      return fail(Error{.reason = "the trainer has no end (epochs=0), and the study no budget",
                        .remedy = "Give --budget 10m, or a number of epochs: --set trainer.epochs=20"});
    if (endless) most = kMostStudyEpochs;
    in_play_.resize(study_.settings.size());
    for (std::size_t i = 0; i < in_play_.size(); ++i) in_play_[i] = i;
    study_.rungs = plan_rungs(study_.settings.size(), most);
    if (!options_.budget_s) return {};
    for (StudyTrial& trial : study_.trials) {  // until one has an epoch
      if (Status trained = train(trial, 1); !trained) return trained;
      if (trial.epochs() > 0 || over()) break;
    }
    const double epoch = seconds_per_epoch();
    if (epoch > *options_.budget_s)
      return fail(budget_too_small(*options_.budget_s, epoch, study_.settings.size(), study_.seeds));
    if (epoch > 0) study_.rungs = plan_within(study_.settings.size(), study_.seeds, most, epoch, *options_.budget_s);
    return {};
  }

  /// Mean over the epochs of all trials.
  [[nodiscard]] double seconds_per_epoch() const {
    double time = 0;
    double epochs = 0;
    for (const StudyTrial& trial : study_.trials) {
      time += trial.seconds();
      epochs += trial.epochs();
    }
    return epochs > 0 ? time / epochs : 0;
  }

  /// Of all that is planned.
  [[nodiscard]] double seconds_to_go(std::size_t rung, std::size_t trials_left) const {
    const double epoch = seconds_per_epoch();
    const std::vector<Rung>& rungs = study_.rungs;
    const std::uint32_t before = rung > 0 ? rungs[rung - 1].epochs : 0;
    double epochs = static_cast<double>(trials_left) * (rungs[rung].epochs - before);
    for (std::size_t i = rung + 1; i < rungs.size(); ++i)
      epochs += static_cast<double>(rungs[i].settings * study_.seeds) * (rungs[i].epochs - rungs[i - 1].epochs);
    return std::min(epochs * epoch, std::max(left(), 0.0));
  }

  Status climb(std::size_t rung) {
    rung_ = rung;
    trials_left_ = in_play_.size() * study_.seeds;
    for (StudyTrial& trial : study_.trials) {
      if (over()) break;
      if (std::find(in_play_.begin(), in_play_.end(), trial.setting) == in_play_.end()) continue;
      if (Status trained = train(trial, study_.rungs[rung].epochs); !trained) return trained;
      --trials_left_;
    }
    return {};
  }

  Status train(StudyTrial& trial, std::uint32_t epochs) {
    if (trial.complete || trial.failure || trial.epochs() >= epochs) return {};
    if (left() <= 0) {
      study_.end = Study::End::BudgetSpent;
      return {};
    }
    const auto index = static_cast<std::size_t>(&trial - study_.trials.data());
    StudyRun run(study_, trial, options_, folder_.of(index));
    run.train(epochs, [&](const Snapshot& now) { return go_on(trial, now); });
    study_.seconds = spent();
    if (trial.failure && trial.failure->code == ErrorCode::Cancelled) trial.failure.reset();
    if (study_.end == Study::End::BudgetSpent && seconds_per_epoch() == 0 && estimate_ > 0)
      return fail(budget_too_small(*options_.budget_s, estimate_, study_.settings.size(), study_.seeds));
    if (Status named = name_metric(trial); !named) return named;
    if (options_.on_trial) options_.on_trial(study_);
    return {};
  }

  bool go_on(const StudyTrial& trial, const Snapshot& now) {
    const TrainerSample& trainer = now.trainer;
    if (trainer.total_steps > 0 && trainer.epochs > 0) {
      const double part =
          static_cast<double>(trainer.steps) * trainer.epochs / static_cast<double>(trainer.total_steps);
      if (part > kLeastPart && trainer.steps > 0) estimate_ = feedline::seconds(trainer.times.total()) / part;
    }
    options_.measure.tell(fmt::format("{}, seed {}: epoch {}", study_.settings[trial.setting].name, trial.seed,
                                      std::max<std::uint32_t>(trainer.epoch, 1)),
                          seconds_to_go(rung_, trials_left_));
    if (left() <= 0) study_.end = Study::End::BudgetSpent;
    return !over();
  }

  /// Settings are ranked by what the first epoch measured.
  Status name_metric(const StudyTrial& trial) {
    if (!study_.metric.name.empty() || trial.epochs() == 0) return {};
    if (!study_.target) {
      study_.metric = telling_metric({trial.record});
      return {};
    }
    auto kind = kind_of_target({trial.record}, study_.target->key);
    if (!kind) return fail(std::move(kind.error()));
    study_.metric = std::move(*kind);
    return {};
  }

  /// The better ones go on; the checkpoints of the others are of no more use.
  void halve(std::size_t keep) {
    std::vector<SettingOutcome> outcomes;
    for (const std::size_t setting : in_play_) {
      outcomes.push_back(outcome_of(study_, setting));
      // One that ended by itself came as far as it ever will.
      outcomes.back().epochs = study_.rungs[rung_].epochs;
      outcomes.back().complete = false;
    }
    std::vector<std::size_t> next;
    for (const std::size_t place : ranked(outcomes, study_.metric.higher_is_better))
      if (next.size() < keep && !outcomes[place].failed) next.push_back(outcomes[place].setting);
    for (std::size_t i = 0; i < study_.trials.size(); ++i)
      if (std::find(next.begin(), next.end(), study_.trials[i].setting) == next.end()) folder_.drop(i);
    in_play_ = std::move(next);
  }

  /// A study in which nothing was learnt is none: why not.
  [[nodiscard]] Status check() const {
    const auto learnt = [](const StudyTrial& trial) { return trial.epochs() > 0; };
    if (std::any_of(study_.trials.begin(), study_.trials.end(), learnt)) return {};
    for (const StudyTrial& trial : study_.trials)
      if (trial.failure) return fail(*trial.failure);
    if (study_.end != Study::End::BudgetSpent) return fail_cancelled();
    return fail(Error{.reason = "the budget was spent before one epoch was over",
                      .remedy = "Give more time",
                      .parameter = "--budget"});
  }

  Study& study_;
  const StudyOptions& options_;
  StudyFolder folder_{};
  Nanos began_ = Clock::system().now();
  std::vector<std::size_t> in_play_{};
  std::size_t rung_ = 0;
  std::size_t trials_left_ = 1;
  double estimate_ = 0;  ///< seconds an epoch, from the steps of the newest run
};

}  // namespace

double StudyTrial::seconds() const {
  const std::vector<EpochEnd> ends = epoch_ends(record);
  return ends.empty() ? 0 : ends.back().wall_s;
}

std::vector<SettingOutcome> outcomes_of(const Study& study) {
  std::vector<SettingOutcome> outcomes;
  for (std::size_t i = 0; i < study.settings.size(); ++i) outcomes.push_back(outcome_of(study, i));
  std::vector<Tradeoff> points;
  for (const SettingOutcome& outcome : outcomes) {
    Tradeoff point{.seconds = outcome.seconds.mean, .value = outcome.value.mean};
    if (study.target) point.seconds = outcome.reached == study.seeds ? outcome.to_target.mean : std::nan("");
    if (outcome.failed) point.seconds = std::nan("");
    points.push_back(point);
  }
  const std::vector<bool> front = pareto_front(points, study.metric.higher_is_better);
  for (std::size_t i = 0; i < outcomes.size(); ++i) outcomes[i].front = front[i];
  std::vector<SettingOutcome> sorted;
  for (const std::size_t place : ranked(outcomes, study.metric.higher_is_better)) sorted.push_back(outcomes[place]);
  return sorted;
}

std::string new_study_name() { return "study-" + moment_text(); }
std::string new_baselines_name() { return "baselines-" + moment_text(); }

Result<Study> run_study(std::vector<StudySetting> settings, const StudyOptions& options) {
  if (settings.empty()) return fail("there is no setting to study", "Give a graph, or values for a parameter");
  if (options.target)
    for (const StudySetting& setting : settings)
      if (Status measured = check_metric(setting.document, options.target->key, "--target"); !measured) {
        Error error = std::move(measured.error());
        if (!setting.name.empty()) error.reason = fmt::format("with {}: {}", setting.name, error.reason);
        return fail(std::move(error));
      }
  Study study{.name = options.name,
              .settings = std::move(settings),
              .seeds = std::max<std::size_t>(options.seeds, 1),
              .target = options.target};
  // A seed of all settings before the next one: whatever ends the study, each was tried.
  for (std::size_t seed = 0; seed < study.seeds; ++seed)
    for (std::size_t i = 0; i < study.settings.size(); ++i) {
      const std::int64_t first = options.measure.run.seed.value_or(trainer_number(study.settings[i].document, "seed"));
      study.trials.push_back({.setting = i, .seed = first + static_cast<std::int64_t>(seed)});
    }
  StudyRunner runner(study, options);
  if (Status done = runner.run(); !done) return fail(std::move(done.error()));
  return study;
}

}  // namespace feedline::inline tuning
