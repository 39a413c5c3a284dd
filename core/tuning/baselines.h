// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tuning/baseline_models.h"
#include "tuning/fold.h"
#include "tuning/study.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace feedline::inline tuning {

/// A model in one fold: a run.
struct BaselineFit {
  std::size_t model = 0;
  std::size_t fold = 0;
  StudyTrial trial{};
  double wall_s = 0;        ///< of all of it, from opening the sources to the last prediction
  std::uint32_t epoch = 0;  ///< whose weights it ended with, from 1; 0: the last one's
};

/// How models compare that learn from the same prepared features.
struct Baselines {
  std::string name{};
  Study::End end = Study::End::Complete;
  std::vector<BaselineModel> models{};
  std::size_t folds = 0;
  FoldKind kind = FoldKind::Folds;
  std::vector<BaselineFit> fits{};  ///< all models in the first fold, then all in the second ...
  MetricValue metric{};             ///< what they are compared by; no name before one has it
  std::optional<double> budget_s{};
  double seconds = 0;  ///< that it took
};

enum class BaselineState {
  Complete,  ///< in every fold
  Part,      ///< in some: the budget was spent, or it was stopped
  Cut,       ///< it took longer than its part of the budget: no fold of it came to its end
  Failed,
  LeftOut,  ///< it cannot learn from these data, or is not there
  Waiting   ///< it has not begun
};

/// What a model came to, over its folds.
struct BaselineOutcome {
  std::size_t model = 0;
  BaselineState state = BaselineState::Waiting;
  std::vector<double> values{};      ///< the metric, one a fold; NaN where it is not known
  MeanInterval value{};              ///< with fold_interval()
  MeanInterval fit_s{};              ///< learning alone
  MeanInterval predict_s{};          ///< once over a fold's validation records
  MeanInterval prepare_s{};          ///< the rest: sources, what fitted nodes learn, waiting for batches
  double cut_s = 0;                  ///< of one that was cut: how long it had
  std::uint32_t epochs = 0;          ///< of a network, in one fold
  bool front = false;                ///< on the Pareto front of time to fit and value
  std::vector<std::int64_t> runs{};  ///< in the record
  std::optional<Error> why{};        ///< of one that failed or was left out
};

/// One a model: those that have a value, the cheapest to fit first; then the others in their order.
[[nodiscard]] std::vector<BaselineOutcome> outcomes_of(const Baselines& baselines);

struct BaselineOptions {
  MeasureOptions measure{};  ///< device, seed and cache folder of its runs, stop, progress
  std::string name{};        ///< by which its runs are found in the record: one word
  std::size_t folds = 5;     ///< 2 or more
  std::optional<double> budget_s{};
  std::vector<std::string> models{};  ///< by name; none: all
  /// As of StudyOptions: each run of a model in a fold is a trial of a study of one setting.
  std::function<std::unique_ptr<TrialLog>(const Study&, const StudyTrial&, const RunOptions&)> open_log{};
  /// After each of them. May be empty.
  std::function<void(const Baselines& so_far)> on_fit{};
};

inline constexpr std::size_t kMostFolds = 20;

/// Runs each model in each fold, one run after the other. Features are prepared once a fold (once in all where nothing
/// learns from the training records) and kept in memory, beyond it in the cache folder: where a random node stands
/// before the batch, as far as that. In the first fold all models run, the cheapest first, and none takes more than its
/// part of half of what is left of the budget; in the others those run whose time is known to fit. What it found is a
/// result too when the budget is spent or `stop` is asked for. May take long: call it off the GUI thread. Errors: as of
/// baseline_models(); a name that is no model's; nothing could be learnt; Cancelled before anything was.
[[nodiscard]] Result<Baselines> run_baselines(const Document& document, const BaselineOptions& options);

// The reckoning, pure.

/// How long a model may take in the first fold, where so many, it included, have yet to run in it.
[[nodiscard]] double first_fold_seconds(double left_s, std::size_t models_to_go);
/// Which models run in a later fold, given seconds of a fold of each (NaN: not to be run): the cheapest first, and one
/// only if the cheaper ones can still run in all `folds_to_go` folds, this one included.
[[nodiscard]] std::vector<std::size_t> models_of_fold(const std::vector<double>& fold_s, double left_s,
                                                      std::size_t folds_to_go);
/// The 95 % interval of a mean over folds. Their training records overlap, which Student's t knows nothing of: the
/// variance is corrected by the sizes of both parts (Nadeau & Bengio 2003, "Inference for the generalization error").
[[nodiscard]] MeanInterval fold_interval(const std::vector<double>& values, std::size_t folds);

/// From one model of the Pareto front to the next one up.
struct BaselineStep {
  std::size_t from = 0;  ///< places among the outcomes
  std::size_t to = 0;
  MeanInterval gain{};  ///< of the metric, fold by fold; above 0 is better
  double more_s = 0;    ///< seconds longer a fit
  double times = 1;     ///< as long
};
[[nodiscard]] std::vector<BaselineStep> steps_up(const Baselines& baselines,
                                                 const std::vector<BaselineOutcome>& outcomes);

/// The best model, and the cheapest one that is about as good.
struct BaselineChoice {
  std::size_t best = 0;  ///< places among the outcomes; equal where nothing cheaper comes near
  std::size_t simple = 0;
  double behind = 0;  ///< of the metric, by which the simple one is worse
  double times = 1;   ///< as long as the simple one the best one takes to fit
};
/// How near is near: half a point of a share, 0.005 of a score, a hundredth of anything else.
[[nodiscard]] double near_enough(const MetricValue& metric, double best);
/// Among those that came to their end in as many folds as any; none where no model has a value.
[[nodiscard]] std::optional<BaselineChoice> choice_of(const Baselines& baselines,
                                                      const std::vector<BaselineOutcome>& outcomes);

}  // namespace feedline::inline tuning
