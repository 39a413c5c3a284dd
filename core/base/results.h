// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline base {

/// A number that nobody has measured, or that does not apply.
inline constexpr double kNotKnown = std::numeric_limits<double>::quiet_NaN();

/// The two kinds of data on which a run measures.
inline constexpr std::string_view kTrainSplit = "train";
inline constexpr std::string_view kValSplit = "val";

/// What a run minimises is measured like everything else, under this name and first in its list.
inline constexpr std::string_view kLossMetric = "loss";

/// How the value of a metric is written. Any other text is a unit, which is written behind the number.
inline constexpr std::string_view kShareUnit = "share";  ///< 0..1, written as per cent
inline constexpr std::string_view kScoreUnit = "score";  ///< a number without unit
inline constexpr std::string_view kLossUnit = "loss";    ///< the same, of any size

/// One thing that was measured of a model, on one kind of data: a value that says of itself how it is to be read. Lists
/// of them are what is shown, recorded and reported, so that a new metric touches none of that.
struct MetricValue {
  std::string name{};        ///< as people read it: "accuracy", "macro F1", "R2"
  std::string split{};       ///< kTrainSplit, kValSplit
  double value = kNotKnown;  ///< NaN: nothing was measured yet
  std::string unit{};        ///< kShareUnit, kScoreUnit, kLossUnit, or a unit
  bool higher_is_better = true;

  /// Two of one kind can be drawn on one axis.
  [[nodiscard]] bool is(std::string_view wanted, std::string_view of) const { return name == wanted && split == of; }
  bool operator==(const MetricValue&) const = default;
};
using Metrics = std::vector<MetricValue>;

[[nodiscard]] MetricValue loss_metric(std::string_view split, double value);
/// Null where there is none such, or its value is not known.
[[nodiscard]] const MetricValue* find_metric(const Metrics& metrics, std::string_view name, std::string_view split);
/// NaN where there is none such.
[[nodiscard]] double value_of(const Metrics& metrics, std::string_view name, std::string_view split);
/// The metric that says in one number how good the model is: the first that is not the loss. Null where there is none.
[[nodiscard]] const MetricValue* headline(const Metrics& metrics, std::string_view split);
/// Adds those whose value is known.
void add_known(Metrics& to, const Metrics& metrics);

/// "87.1 %", "0.913", "12.5 °C"; "-" for NaN.
[[nodiscard]] std::string metric_text(double value, std::string_view unit);
[[nodiscard]] std::string metric_text(const MetricValue& metric);
/// "training", "validation"; any other split as it is called.
[[nodiscard]] std::string_view split_title(std::string_view split);
/// "validation accuracy"
[[nodiscard]] std::string metric_title(const MetricValue& metric);
/// The name as a key of JSON and a column of tables: "accuracy", "macro_f1".
[[nodiscard]] std::string metric_key(std::string_view name);
/// With its split: "train_loss", "val_macro_f1".
[[nodiscard]] std::string metric_key(const MetricValue& metric);

/// Every name and split of several lists once, in the order in which they first come; values are left out.
template <class Lists, class Get>
[[nodiscard]] Metrics kinds_of_metrics(const Lists& lists, Get metrics_of) {
  Metrics kinds;
  for (const auto& item : lists)
    for (const MetricValue& metric : metrics_of(item)) {
      bool known = false;
      for (const MetricValue& kind : kinds) known = known || kind.is(metric.name, metric.split);
      if (!known)
        kinds.push_back({metric.name, metric.split, MetricValue{}.value, metric.unit, metric.higher_is_better});
    }
  return kinds;
}

/// Keys that reports and tables had before metrics were lists, and keep: those of a loss and of accuracy.
struct EarlierKey {
  std::string_view name{};
  std::string_view split{};
  std::string_view of_epoch{};  ///< key in an epoch
  std::string_view of_run{};    ///< key among the figures of a run
};
[[nodiscard]] const std::vector<EarlierKey>& earlier_metric_keys();

/// How long the trainer spent on one part of its work.
struct PhaseTime {
  std::string name{};  ///< key of telemetry/step_times.h: "wait", "h2d", "forward"
  double seconds = 0;
  bool operator==(const PhaseTime&) const = default;
};

}  // namespace feedline::inline base
