// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// When a run first reached a value of a metric, by the clock and by counts that depend on no machine. Pure.

#include "base/error.h"
#include "runs/run_record.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline runs {

/// A value of a metric that runs are to reach, better or equal. Which way is better, the metric itself says.
struct MetricTarget {
  std::string key{};  ///< as JSON names the metric: "val_accuracy"
  double value = 0;
  bool operator==(const MetricTarget&) const = default;
};
/// From "val_accuracy=0.9"; also ">=", "<=" and "90%". Error: not of this form.
[[nodiscard]] Result<MetricTarget> parse_target(std::string_view text);

/// Where a run stood behind one of its epochs, counted from its beginning.
struct EpochEnd {
  std::uint32_t epoch = 0;
  double wall_s = 0;  ///< of training and validation and what was loaded before them; pauses are left out
  double steps = RunFigures::kNone;  ///< training batches
  double samples = 0;                ///< training samples
};
/// One an epoch. Metrics of a run are compared where epochs end: running values inside an epoch begin with one batch,
/// and would count a lucky one.
[[nodiscard]] std::vector<EpochEnd> epoch_ends(const RunRecord& run);

struct Reached : EpochEnd {
  double value = 0;  ///< of the metric, there
};
/// The first epoch end at which the target was reached; none: it never was, or the metric was not measured.
[[nodiscard]] std::optional<Reached> first_reached(const RunRecord& run, const MetricTarget& target);
/// The best epoch of a metric; none: it was not measured.
[[nodiscard]] std::optional<Reached> best_epoch(const RunRecord& run, const MetricValue& kind);
/// Is `value` as good as `wanted`, or better? False for NaN.
[[nodiscard]] bool reaches(const MetricValue& kind, double value, double wanted);

/// Name, split, unit and direction of the metric that a key names, as one of the runs measured it. Error: none did;
/// the remedy lists what they measured.
[[nodiscard]] Result<MetricValue> kind_of_target(const std::vector<RunRecord>& runs, const std::string& key);
/// What says most of how good runs are: the first metric of validation that any has, else of training, else the loss of
/// validation, else the training loss.
[[nodiscard]] MetricValue telling_metric(const std::vector<RunRecord>& runs);
/// The best value that every one of the runs reached; none: one of them has not measured the metric.
[[nodiscard]] std::optional<MetricTarget> common_target(const std::vector<RunRecord>& runs, const MetricValue& kind);
/// Values of a metric on the way to the best of the runs, the easiest first: round shares, of other metrics parts of
/// the way from the first epoch; the common target and the best among them.
[[nodiscard]] std::vector<double> target_levels(const std::vector<RunRecord>& runs, const MetricValue& kind);

/// What a curve of runs runs along. All but Time depend on no machine.
enum class Along { Epochs, Time, Steps, Samples };
inline constexpr std::array kAlong = {Along::Epochs, Along::Time, Along::Steps, Along::Samples};
/// "epochs", "time", "steps", "samples".
[[nodiscard]] std::string_view name(Along along);
[[nodiscard]] std::optional<Along> along_named(std::string_view name);
/// Seconds, or a count; NaN: not known.
[[nodiscard]] double count_of(const EpochEnd& end, Along along);
/// A metric at the ends of epochs.
[[nodiscard]] std::vector<CurvePoint> metric_curve(const RunRecord& run, const MetricValue& kind, Along along);
/// The training loss of steps. Along time, from the first moment that the curves of the record hold.
[[nodiscard]] std::vector<CurvePoint> loss_curve(const RunRecord& run, Along along);

}  // namespace feedline::inline runs
